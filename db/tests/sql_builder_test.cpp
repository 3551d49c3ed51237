// SPDX-License-Identifier: MIT
#include <trunkline/db/error.hpp>
#include <trunkline/db/query.hpp>

#include <gtest/gtest.h>

#include <random>

namespace trunkline::db {
namespace {

using namespace std::chrono_literals;

std::string text_of(const Statement& statement, Engine engine = Engine::postgresql)
{
    return std::string(statement.text().on(engine));
}

std::string usage_error(const std::function<void()>& work)
{
    try {
        work();
    } catch (const UsageError& error) {
        return error.what();
    }
    ADD_FAILURE() << "no UsageError";
    return {};
}

TEST(SqlBuilder, pieces_are_renumbered_and_their_values_stay_in_order)
{
    SqlBuilder sql("SELECT id FROM clients WHERE tenant_id = $1", 7);
    sql.add("AND status = $1", "active").add("AND (name = $1 OR alias = $1 OR $2)", "ada", true);
    const Statement made = std::move(sql.add("ORDER BY name")).build();
    EXPECT_EQ(
        text_of(made),
        "SELECT id FROM clients WHERE tenant_id = $1 AND status = $2 AND (name = $3 OR alias = $3 OR $4) ORDER BY name");
    EXPECT_EQ(made.parameters(),
              (std::vector<Value>{to_value(7), to_value("active"), to_value("ada"), to_value(true)}));
}

TEST(SqlBuilder, quotes_comments_and_dollar_bodies_are_left_as_they_are)
{
    SqlBuilder sql("SELECT $1", 1);
    sql.add("|| '$1' || \"$1\" || $$ $1 $$ || $x$ $1 $x$ || E'\\'$1' /* $1 */ || $1", "a");
    EXPECT_EQ(text_of(std::move(sql).build()),
              "SELECT $1 || '$1' || \"$1\" || $$ $1 $$ || $x$ $1 $x$ || E'\\'$1' /* $1 */ || $2");
}

TEST(SqlBuilder, a_comment_to_the_end_of_the_line_does_not_swallow_the_next_piece)
{
    SqlBuilder sql("SELECT 1 -- one");
    sql.add("WHERE $1", true);
    EXPECT_EQ(text_of(std::move(sql).build()), "SELECT 1 -- one\nWHERE $1");
}

TEST(SqlBuilder, engines_that_differ_in_one_piece_get_their_own_whole)
{
    SqlBuilder sql("SELECT id FROM clients WHERE tenant_id = $1", 7);
    sql.add(by_engine{.postgresql = "AND name ILIKE $1 || $2", .sqlite = "AND $2 <> name AND name LIKE $1"}, "a", "b");
    sql.add("LIMIT $1", 10);
    const Statement made = std::move(sql).build();
    EXPECT_EQ(text_of(made, Engine::postgresql),
              "SELECT id FROM clients WHERE tenant_id = $1 AND name ILIKE $2 || $3 LIMIT $4");
    EXPECT_EQ(text_of(made, Engine::sqlite),
              "SELECT id FROM clients WHERE tenant_id = $1 AND $3 <> name AND name LIKE $2 LIMIT $4");
    EXPECT_EQ(made.parameters().size(), 4u);
}

TEST(SqlBuilder, it_begins_empty_and_takes_more_values_than_one_text_may)
{
    SqlBuilder sql;
    sql.add("SELECT 1 WHERE 0 IN (0");
    for (int i = 0; i < 100; ++i) sql.add(", $1", i);
    const Statement made = std::move(sql.add(")")).build();
    EXPECT_TRUE(text_of(made).ends_with(", $99 , $100 )"));
    EXPECT_EQ(made.parameters().size(), 100u);
}

TEST(SqlBuilder, the_place_is_that_of_the_first_piece)
{
    SqlBuilder sql("SELECT 1");
    const auto line = std::source_location::current().line() - 1;
    sql.add("WHERE true");
    EXPECT_EQ(std::move(sql).build().text().place().line(), line);
}

TEST(SqlBuilder, a_piece_made_at_run_time_meets_the_same_rules)
{
    const unsafe_sql open("AND name = 'a"), gap("AND $1 = $3"), many("AND $1 = $2"), fine("AND $1");
    SqlBuilder sql("SELECT 1 WHERE $1", true);
    EXPECT_NE(usage_error([&] { sql.add(open); }).find("ends inside a quote"), std::string::npos);
    EXPECT_NE(usage_error([&] { sql.add<int, int, int>(gap, 1, 2, 3); }).find("each of $1 to $3"), std::string::npos);
    EXPECT_NE(usage_error([&] { sql.add<int>(many, 1); }).find("sql_builder_test.cpp:"), std::string::npos);
    sql.add<bool>(fine, true);
    const Statement made = std::move(sql).build();
    EXPECT_EQ(text_of(made), "SELECT 1 WHERE $1 AND $2") << "what was refused left nothing behind";
    EXPECT_EQ(made.parameters().size(), 2u);
}

/// A piece of one to four noise words and placeholders, with how many arguments it takes.
struct Piece {
    std::string text;
    int arguments = 0;
};

Piece random_piece(std::mt19937& random)
{
    static constexpr std::array<std::string_view, 9> noise{"'$1'",     "\"$2\"", "/* $3 */", "$$ $1 $$", "$t$ $2 $t$",
                                                           "E'\\'$1'", "name$1", "'it''s'",  "x"};
    Piece piece;
    piece.arguments = static_cast<int>(random() % 4);
    std::vector<std::string> words;
    for (int i = 1; i <= piece.arguments; ++i) words.push_back("$" + std::to_string(i));
    for (std::size_t i = random() % 3; i > 0 && piece.arguments > 0; --i)
        words.push_back("$" + std::to_string(1 + static_cast<int>(random() % static_cast<unsigned>(piece.arguments))));
    for (std::size_t i = random() % 4 + 1; i > 0; --i) words.emplace_back(noise[random() % noise.size()]);
    std::shuffle(words.begin(), words.end(), random);
    for (const auto& word : words) piece.text += word + " ";
    return piece;
}

/// The numbers in `text` as the scanner sees them, and the text without them.
std::pair<std::vector<int>, std::string> taken_apart(std::string_view text)
{
    std::pair<std::vector<int>, std::string> parts;
    detail::PlaceholderScanner scanner(text);
    std::size_t copied = 0;
    while (const auto found = scanner.next()) {
        parts.first.push_back(found->number);
        parts.second += text.substr(copied, found->begin - copied);
        copied = found->end;
    }
    parts.second += text.substr(copied);
    return parts;
}

void add_to(SqlBuilder& sql, const Piece& piece, int& next)
{
    const unsafe_sql text(piece.text);
    const int first = next;
    next += piece.arguments;
    if (piece.arguments == 0) sql.add(text);
    if (piece.arguments == 1) sql.add<int>(text, first);
    if (piece.arguments == 2) sql.add<int, int>(text, first, first + 1);
    if (piece.arguments == 3) sql.add<int, int, int>(text, first, first + 1, first + 2);
}

TEST(SqlBuilder, whatever_the_pieces_each_placeholder_means_the_value_it_meant_in_its_piece)
{
    std::mt19937 random(20260104);
    for (int round = 0; round < 5000; ++round) {
        SqlBuilder sql;
        std::vector<int> expected_numbers;
        std::string expected_rest;
        int next = 1;
        for (std::size_t i = random() % 6 + 1; i > 0; --i) {
            const Piece piece = random_piece(random);
            const auto [numbers, rest] = taken_apart(piece.text);
            for (const int number : numbers) expected_numbers.push_back(number + next - 1);
            expected_rest += (expected_rest.empty() ? "" : " ") + rest;
            add_to(sql, piece, next);
        }
        const Statement made = std::move(sql).build();
        const auto [numbers, rest] = taken_apart(made.text().on(Engine::postgresql));
        ASSERT_EQ(numbers, expected_numbers);
        ASSERT_EQ(rest, expected_rest);
        ASSERT_EQ(made.parameters().size(), static_cast<std::size_t>(next - 1));
        for (std::size_t i = 0; i < made.parameters().size(); ++i) // value i is what $i was bound to in its piece
            ASSERT_EQ(from_value<int>(made.parameters()[i]), static_cast<int>(i) + 1);
    }
}

TEST(Query, a_limit_is_only_ever_narrowed)
{
    Query query(Statement(Sql<>("SELECT 1").text(), {}));
    EXPECT_EQ(query.limit(), std::nullopt);
    query.narrow(2s);
    query.narrow(3s);
    EXPECT_EQ(query.limit(), 2s);
    query.narrow(1s);
    EXPECT_EQ(query.limit(), 1s);
}

TEST(Query, one_statement_is_a_unit_only_when_it_is_said)
{
    const Statement statement(Sql<>("SELECT 1").text(), {});
    EXPECT_FALSE(Query(statement).is_unit());
    EXPECT_TRUE(Query(std::vector<Statement>{statement}).is_unit());
    EXPECT_EQ(Query(statement).place().line(), statement.text().place().line());
    EXPECT_EQ(Query(std::vector<Statement>{}).place().line(), 0u);
}

TEST(Batch, it_keeps_its_members_in_order)
{
    Batch batch;
    EXPECT_TRUE(batch.empty());
    batch.add("INSERT INTO messages (text) VALUES ($1)", "hello");
    batch.add(std::move(SqlBuilder("SELECT $1", 1)).build());
    ASSERT_EQ(batch.size(), 2u);
    const auto statements = std::move(batch).take();
    EXPECT_EQ(text_of(statements[0]), "INSERT INTO messages (text) VALUES ($1)");
    EXPECT_EQ(text_of(statements[1]), "SELECT $1");
    EXPECT_EQ(statements[0].parameters(), (std::vector<Value>{to_value("hello")}));
}

} // namespace
} // namespace trunkline::db
