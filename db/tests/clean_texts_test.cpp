// SPDX-License-Identifier: MIT
// What can be said of a text without a server, and for how long a server's answer is believed.
#include "postgres/clean_texts.hpp"

#include <gtest/gtest.h>

namespace trunkline::db::postgres {
namespace {

using namespace std::chrono_literals;
using Strings = std::vector<std::string>;

constexpr auto text = "SELECT a FROM t";
constexpr auto other = "SELECT b FROM t";

// -- Words -------------------------------------------------------------------

TEST(Words, are_the_names_as_the_server_folds_them_and_the_operators)
{
    const auto words = words_of_reading("SELECT c.Name, \"Odd \"\"one\" FROM Clients c WHERE c.id=$1 AND n <> 'it''s'");
    ASSERT_TRUE(words);
    EXPECT_EQ(words->names,
              (Strings{"select", "c", "name", "Odd \"one", "from", "clients", "where", "id", "and", "n"}));
    EXPECT_EQ(words->operators, (Strings{"=", "<>"}));
}

TEST(Words, of_an_operator_with_a_sign_behind_it_are_both_readings)
{
    EXPECT_EQ(words_of_reading("SELECT 1 <-2")->operators, (Strings{"<-", "-", "<"}));
    EXPECT_EQ(words_of_reading("SELECT 1 != 2")->operators, (Strings{"!=", "<>"}));
}

TEST(Words, are_found_only_in_what_reads)
{
    for (const char* reads :
         {"select 1", "  SELECT count(*) FROM t WHERE a[1] = ANY ($1::bigint[]) LIMIT 5", "VALUES (1)",
          "WITH x AS (SELECT 1) SELECT * FROM x", "(SELECT 1) UNION (SELECT 2.5)", "SELECT ''"})
        EXPECT_TRUE(words_of_reading(reads)) << reads;
    for (const char* more : {"INSERT INTO t VALUES (1)", "SELECT a INTO u FROM t", "SELECT a FROM t FOR UPDATE",
                             "SELECT a FROM t FOR SHARE", "WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x",
                             "TABLE t", "EXPLAIN SELECT 1", "SET a = 1", "BEGIN", "DO 'x'", "COPY t TO STDOUT", "",
                             "\"select\" 1", "SELECT 1 OPERATOR(public.+) 2"})
        EXPECT_FALSE(words_of_reading(more)) << more;
}

TEST(Words, are_not_looked_for_where_the_server_might_read_something_else)
{
    for (const char* unclear :
         {"SELECT 1; SELECT f()", "SELECT 1 -- f()", "SELECT /* ' */ f() /* ' */", "SELECT E'\\' || f() || '",
          "SELECT U&\"f\\0041\"()", "SELECT u&'x'", "SELECT $$ $$", "SELECT $a$ $a$", "SELECT fü()", "SELECT B'1'",
          "SELECT 'x", "SELECT \"x", "SELECT 1e5", "SELECT 1a", "SELECT $1a", "SELECT date'2026-01-01'", "SELECT {"})
        EXPECT_FALSE(words_of_reading(unclear)) << unclear;
    EXPECT_FALSE(words_of_reading("SELECT " + std::string(64, 'f') + "()")) << "the server cuts it off";
}

TEST(Words, in_a_literal_are_none)
{
    EXPECT_EQ(words_of_reading("SELECT 'set_config(''a'')' AS \"b\"")->names, (Strings{"select", "as", "b"}));
}

TEST(NamesSessionState, when_the_text_says_so_itself)
{
    for (const char* text :
         {"SELECT set_config('a', $1, false)", "SELECT SET_CONFIG('a', 'true', $1)", "SELECT pg_advisory_lock(1)",
          "SELECT pg_try_advisory_lock_shared(1)", "select setseed(0.5)", "SELECT 1 INTO TEMP t", "EXECUTE mine",
          "CREATE TEMP TABLE t AS SELECT 1", "INSERT INTO pg_temp.t VALUES (1)",
          "SELECT set_config('a', $1, true), set_config('b', $1, false)"})
        EXPECT_TRUE(names_session_state(text)) << text;
    for (const char* text : {"SELECT set_config('a', $1, true)", "SELECT pg_advisory_xact_lock(1)", "SELECT 1",
                             "INSERT INTO settings VALUES (1)", "SELECT current_setting('a')"})
        EXPECT_FALSE(names_session_state(text)) << text;
}

// -- What is believed --------------------------------------------------------

struct CleanTextsTest : ::testing::Test {
    /// Uses the text until there is something to ask, and answers what that is.
    std::optional<CleanTexts::Question> ask(std::string_view about)
    {
        for (int i = 0; i < CleanTexts::uses_before_asking; ++i) {
            EXPECT_FALSE(texts.question(about, now)) << "too early: " << i;
            texts.use(about);
        }
        return texts.question(about, now);
    }
    bool believes(std::string_view about) { return texts.believes(*texts.find(about), now); }
    void make_clean(std::string_view about)
    {
        const auto question = ask(about);
        ASSERT_TRUE(question);
        EXPECT_EQ(question->text, about);
        texts.answered(*question, true);
        EXPECT_TRUE(believes(about));
    }

    CleanTexts texts;
    Deadline now = Deadline() + 1h;
};

TEST_F(CleanTextsTest, a_text_is_asked_about_once_it_is_used_often_and_believed_when_the_server_says_so)
{
    make_clean(text);
    EXPECT_FALSE(texts.question(text, now));
    EXPECT_EQ(texts.revocations(), 0u);
}

TEST_F(CleanTextsTest, a_text_that_is_not_clean_is_asked_about_once)
{
    const auto question = ask(text);
    EXPECT_FALSE(believes(text));
    texts.answered(*question, false);
    EXPECT_FALSE(believes(text));
    texts.use(text);
    EXPECT_FALSE(texts.question(text, now + 1h));
}

TEST_F(CleanTextsTest, nothing_is_asked_about_a_text_that_cannot_be_read)
{
    EXPECT_FALSE(ask("SELECT f(); SELECT 1"));
    EXPECT_FALSE(believes("SELECT f(); SELECT 1"));
}

TEST_F(CleanTextsTest, an_answer_is_believed_for_a_second_and_then_asked_for_again_for_all_together)
{
    make_clean(text);
    make_clean(other);
    now += 999ms;
    EXPECT_TRUE(believes(text));
    EXPECT_FALSE(texts.question(text, now));
    now += 1ms;
    EXPECT_FALSE(believes(text));
    const auto again = texts.question(other, now);
    ASSERT_TRUE(again);
    EXPECT_TRUE(again->text.empty());
    EXPECT_TRUE(believes(text)) << "while the answer is under way";
    EXPECT_FALSE(texts.question(text, now)) << "one question is enough";
    texts.answered(*again, true);
    now += 999ms;
    EXPECT_TRUE(believes(text));
    EXPECT_EQ(texts.revocations(), 0u);
}

TEST_F(CleanTextsTest, when_the_answer_has_become_no_nothing_is_believed_and_whoever_relied_on_it_can_see_that)
{
    make_clean(text);
    make_clean(other);
    now += 2s;
    texts.answered(*texts.question(text, now), false);
    EXPECT_EQ(texts.revocations(), 1u);
    EXPECT_FALSE(believes(text));
    EXPECT_FALSE(believes(other));
    make_clean(other); // each by itself, from the beginning
    EXPECT_FALSE(believes(text));
}

TEST_F(CleanTextsTest, a_question_that_was_never_answered_is_asked_again_and_makes_nobody_believe)
{
    make_clean(text);
    now += 2s;
    for (int i = 0; i < 3; ++i) {
        const auto question = texts.question(text, now);
        ASSERT_TRUE(question);
        texts.answered(*question, std::nullopt);
        EXPECT_FALSE(believes(text));
    }
    EXPECT_EQ(texts.revocations(), 0u);
    ASSERT_TRUE(texts.question(text, now)); // and its connection was lost together with its coroutine
    EXPECT_TRUE(believes(text));
    now += 1s;
    EXPECT_FALSE(believes(text));
    EXPECT_TRUE(texts.question(text, now));
}

TEST_F(CleanTextsTest, when_the_schema_changed_it_is_asked_at_once_and_an_answer_from_before_does_not_count)
{
    make_clean(text);
    now += 2s;
    const auto before = texts.question(text, now);
    texts.distrust();
    texts.answered(*before, true);
    EXPECT_FALSE(believes(text));
    const auto after = texts.question(text, now);
    ASSERT_TRUE(after);
    texts.answered(*after, true);
    EXPECT_TRUE(believes(text));
}

TEST_F(CleanTextsTest, texts_without_end_do_not_make_it_grow)
{
    make_clean(text);
    for (std::size_t i = 0; i <= CleanTexts::texts_max; ++i) texts.use("SELECT " + std::to_string(i));
    EXPECT_EQ(texts.find(text), nullptr);
    EXPECT_EQ(texts.revocations(), 1u) << "who relied on what is forgotten is reset";
    make_clean(text);
}

TEST_F(CleanTextsTest, the_question_names_no_operator_that_a_search_path_could_choose)
{
    const std::string& question = question_text();
    for (const char* symbol : {" = ", " <> ", " < ", " > ", " >= "}) EXPECT_EQ(question.find(symbol), question.npos);
    EXPECT_NE(question.find(" OPERATOR(pg_catalog.=) ANY"), question.npos);
}

} // namespace
} // namespace trunkline::db::postgres
