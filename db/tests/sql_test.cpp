// SPDX-License-Identifier: MIT
// What must not compile stands in tests/refused.
#include <trunkline/db/sql.hpp>

#include <gtest/gtest.h>

#include <random>

namespace trunkline::db {
namespace {

constexpr bool finds(std::string_view text, int highest)
{
    const Placeholders found = scan_placeholders(text);
    return found.highest == highest && found.gapless() && !found.unterminated && !found.question_mark &&
           !found.backslash && !found.too_many;
}

constexpr std::uint64_t seen(std::string_view text) { return scan_placeholders(text).seen; }
constexpr bool open(std::string_view text) { return scan_placeholders(text).unterminated; }

// Plain ones, in any order, repeated, at either end.
static_assert(finds("SELECT 1", 0));
static_assert(finds("$1", 1));
static_assert(finds("SELECT $1::text, $2", 2));
static_assert(finds("SELECT $2, $1, $2", 2));
static_assert(seen("SELECT $1, $3") == 0b101 && !scan_placeholders("SELECT $1, $3").gapless());
static_assert(finds("IN ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)", 10));
static_assert(scan_placeholders("$64").highest == 64 && seen("$64") == std::uint64_t{1} << 63);
static_assert(scan_placeholders("$65").too_many);
static_assert(scan_placeholders("$0").too_many);
static_assert(scan_placeholders("$99999999999999999999").too_many);

// Strings.
static_assert(finds("'$1'", 0));
static_assert(finds("'it''s $1' || $1", 1));
static_assert(finds("'' || $1", 1));
static_assert(finds("E'\\'$1' || $1", 1));
static_assert(finds("e'\\\\' || $1", 1));
static_assert(scan_placeholders("'\\' || $1").backslash && scan_placeholders("'\\' || $1").highest == 1);
static_assert(scan_placeholders("name'\\'").backslash, "an E at the end of a word is not an E''");
static_assert(open("'$1") && open("E'\\'") && open("'it''"));
static_assert(finds("\"$1\" = $1", 1));
static_assert(finds("\"a\"\"$2\" = $1", 1));
static_assert(open("\"a"));
static_assert(finds("'\"' || $1 || '\"'", 1));

// Comments.
static_assert(finds("SELECT $1 -- $2 'open", 1));
static_assert(finds("-- $2\n$1", 1));
static_assert(finds("/* $2 ' */ $1", 1));
static_assert(finds("/* /* $2 */ $3 */ $1", 1));
static_assert(open("/* /* */") && open("/*/"));
static_assert(finds("1 - $1 / $2 * 2", 2));

// Dollar quotes, and dollars that are none.
static_assert(finds("$$ $1 ' $$ || $1", 1));
static_assert(finds("$body$ $1 $$ $other$ $body$ || $1", 1));
static_assert(open("$$ $1") && open("$a$ $b$"));
static_assert(finds("a$1 = $1", 1), "a dollar inside a name belongs to it");
static_assert(finds("price$ = $1", 1));

// What no engine here takes.
static_assert(scan_placeholders("id = ?").question_mark);
static_assert(!scan_placeholders("'?' -- ?").question_mark);

// The scanner hands out each place.
constexpr int total(std::string_view text)
{
    detail::PlaceholderScanner scanner(text);
    int sum = 0;
    while (const auto found = scanner.next()) sum += found->number;
    return sum;
}
static_assert(total("$3 '$9' $20 /* $9 */ $3") == 26);

TEST(Scanner, each_placeholder_is_given_with_its_place)
{
    const std::string_view text = "a = $1 AND b = '$2' AND c = $12";
    detail::PlaceholderScanner scanner(text);
    std::vector<std::string_view> found;
    while (const auto next = scanner.next()) found.push_back(text.substr(next->begin, next->end - next->begin));
    EXPECT_EQ(found, (std::vector<std::string_view>{"$1", "$12"}));
    EXPECT_FALSE(scanner.next()) << "there are no more the second time either";
}

TEST(Scanner, any_text_at_all_is_walked_to_its_end_within_bounds)
{
    constexpr std::string_view alphabet = "$1290'\"-/*\\\n Eea_?x$";
    std::mt19937 random(20260103);
    for (int i = 0; i < 200'000; ++i) {
        std::string text(random() % 24, ' ');
        for (char& c : text) c = alphabet[random() % alphabet.size()];
        detail::PlaceholderScanner scanner(text);
        std::uint64_t seen = 0;
        std::size_t last = 0;
        while (const auto found = scanner.next()) {
            ASSERT_LE(last, found->begin) << text;
            ASSERT_LE(found->end, text.size()) << text;
            ASSERT_EQ(text[found->begin], '$') << text;
            last = found->end;
            seen |= std::uint64_t{1} << (found->number - 1);
        }
        ASSERT_EQ(seen, scan_placeholders(text).seen) << text;
    }
}

TEST(Sql, it_remembers_where_it_was_written)
{
    const Sql<int> sql("SELECT $1");
    const auto line = std::source_location::current().line() - 1;
    EXPECT_EQ(sql.text().place().line(), line);
    EXPECT_TRUE(std::string_view(sql.text().place().file_name()).ends_with("sql_test.cpp"));
}

TEST(Sql, each_engine_gets_its_text)
{
    const SqlText same = Sql<int>("SELECT $1").text();
    EXPECT_EQ(same.on(Engine::postgresql), same.on(Engine::sqlite));
    const SqlText own = Sql<int>(by_engine{.postgresql = "a ILIKE $1", .sqlite = "a LIKE $1 ESCAPE '\\'"}).text();
    EXPECT_EQ(own.on(Engine::postgresql), "a ILIKE $1");
    EXPECT_EQ(own.on(Engine::sqlite), "a LIKE $1 ESCAPE '\\'");
}

TEST(Sql, text_made_at_run_time_is_owned_by_what_it_became)
{
    const auto text = [] {
        const unsafe_sql made("SELECT " + std::string(100, '1'));
        return Sql<>(made).text();
    }();
    EXPECT_EQ(text.on(Engine::sqlite), "SELECT " + std::string(100, '1'));
}

TEST(Sql, texts_that_are_pieces_of_one_live_as_long_as_a_copy_does)
{
    std::optional<SqlText> text;
    {
        const auto all = std::make_shared<const std::string>("SELECT 1SELECT 22SELECT 333");
        const std::string_view whole = *all;
        text.emplace(all, by_engine{whole.substr(0, 8), whole.substr(8, 9), whole.substr(17)},
                     std::source_location::current());
    }
    const SqlText copy = *text;
    text.reset();
    EXPECT_EQ(copy.on(Engine::postgresql), "SELECT 1");
    EXPECT_EQ(copy.on(Engine::sqlite), "SELECT 22");
    EXPECT_EQ(copy.on(Engine::mysql), "SELECT 333");
}

TEST(Sql, a_text_may_be_left_out_for_mysql_alone)
{
    EXPECT_EQ(Sql<>("SELECT 1").text().on(Engine::mysql), "SELECT 1");
    EXPECT_EQ(Sql<>(by_engine{.postgresql = "SELECT 1", .sqlite = "SELECT 1"}).text().on(Engine::mysql), "");
    const Sql<int> own(by_engine{.postgresql = "SELECT $1", .sqlite = "SELECT $1", .mysql = "SELECT `$9`, $1 # $8"});
    EXPECT_EQ(own.text().on(Engine::mysql), "SELECT `$9`, $1 # $8");
}

TEST(Sql, mysql_has_quotes_and_comments_of_its_own)
{
    const auto highest = [](std::string_view text) { return scan_placeholders(text, Syntax::mysql).highest; };
    EXPECT_EQ(highest("`$1`"), 0);
    EXPECT_EQ(highest("`a``$1` $2"), 2);
    EXPECT_EQ(highest("'$1' \"$2\""), 0);
    EXPECT_EQ(highest("'a\\' $1"), 1) << "a backslash is a character like any other";
    EXPECT_EQ(highest("# $1\n$2"), 2);
    EXPECT_EQ(highest("-- $1"), 0);
    EXPECT_EQ(highest("5--$1"), 1) << "minus, minus";
    EXPECT_EQ(highest("/* /* $1 */ $2"), 2) << "comments do not nest";
    EXPECT_EQ(highest("/*!50000 $1 */ $2"), 2);
    EXPECT_EQ(highest("/*M! $3 */"), 3) << "what the server executes is no comment";
    EXPECT_EQ(highest("$a$ $1 $a$"), 1) << "a dollar is a letter";
    EXPECT_EQ(highest("a$1"), 0);
    EXPECT_EQ(highest("e'\\'$1"), 1) << "there are no E'' strings";
    for (const std::string_view text : {"'", "`", "\"", "/*", "/*! $1", "'it''s"})
        EXPECT_TRUE(scan_placeholders(text, Syntax::mysql).unterminated) << text;
    EXPECT_TRUE(scan_placeholders("a ? b", Syntax::mysql).question_mark);
}

} // namespace
} // namespace trunkline::db
