// SPDX-License-Identifier: MIT
#include <support/conformance.hpp>

namespace trunkline::db::testing {
namespace {

enum class Mood { calm, in_a_hurry };
BOOST_DESCRIBE_ENUM(Mood, calm, in_a_hurry)

struct Everything {
    bool flag{};
    std::int16_t small{};
    std::int32_t middle{};
    std::int64_t large{};
    double real{};
    std::string words;
    Json document;
    Bytes raw;
    Uuid id;
    Time moment;
    Date day;
    Mood mood{};
    friend bool operator==(const Everything&, const Everything&) = default;
};
BOOST_DESCRIBE_STRUCT(Everything, (), (flag, small, middle, large, real, words, document, raw, id, moment, day, mood))

struct Aged {
    std::string name;
    std::int64_t age{};
};
BOOST_DESCRIBE_STRUCT(Aged, (), (name, age))

using Rows = std::vector<std::tuple<Uuid, std::string>>;

// -- Helpers -----------------------------------------------------------------

TEST_P(Conformance, execute_answers_how_many_rows_changed)
{
    add(pool(), "Ada");
    add(pool(), "Grace");
    EXPECT_EQ(get(pool().execute("UPDATE people SET age = $1", 36)), 2u);
    EXPECT_EQ(get(pool().execute("DELETE FROM people WHERE name = $1", "Ada")), 1u);
    EXPECT_EQ(get(pool().execute("DELETE FROM people WHERE name = $1", "Ada")), 0u);
}

TEST_P(Conformance, rows_become_structs_by_column_name_whatever_the_order_and_what_else_there_is)
{
    const Uuid id = add(pool(), "Ada");
    get(pool().execute("UPDATE people SET email = $1 WHERE id = $2", "ada@crm.example.test", id));
    const auto found = get(pool().fetch<Person>("SELECT age, email, name, id FROM people"));
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0], (Person{id, "Ada", "ada@crm.example.test"}));
}

TEST_P(Conformance, fetch_one_wants_exactly_one_row)
{
    EXPECT_EQ(failure_of<NoRows>(pool().fetch_one<Person>("SELECT id, name, email FROM people")).outcome(),
              Outcome::applied);
    const Uuid id = add(pool(), "Ada");
    EXPECT_EQ(get(pool().fetch_one<Person>("SELECT id, name, email FROM people")).id, id);
    add(pool(), "Grace");
    failure_of<TooManyRows>(pool().fetch_one<Person>("SELECT id, name, email FROM people"));
}

TEST_P(Conformance, fetch_optional_wants_one_row_at_most)
{
    EXPECT_FALSE(get(pool().fetch_optional<Person>("SELECT id, name, email FROM people")));
    add(pool(), "Ada");
    EXPECT_EQ(get(pool().fetch_optional<Person>("SELECT id, name, email FROM people")).value().name, "Ada");
    add(pool(), "Grace");
    failure_of<TooManyRows>(pool().fetch_optional<Person>("SELECT id, name, email FROM people"));
}

TEST_P(Conformance, fetch_value_wants_one_row_of_one_column)
{
    failure_of<NoRows>(pool().fetch_value<std::string>("SELECT name FROM people"));
    add(pool(), "Ada");
    EXPECT_EQ(get(pool().fetch_value<std::int64_t>("SELECT count(*) FROM people")), 1);
    failure_of<DecodeError>(pool().fetch_value<std::string>("SELECT name, email FROM people"));
    add(pool(), "Grace");
    failure_of<TooManyRows>(pool().fetch_value<std::string>("SELECT name FROM people"));
}

TEST_P(Conformance, query_answers_the_rows_as_they_are)
{
    add(pool(), "Ada");
    const Result found = get(pool().query("SELECT name, age FROM people"));
    EXPECT_EQ(found.columns(), (std::vector<std::string>{"name", "age"}));
    EXPECT_EQ(found[0].get<std::string>("name"), "Ada");
    EXPECT_TRUE(found[0][1].is_null());
}

TEST_P(Conformance, execute_many_runs_the_text_once_for_each_tuple)
{
    const Rows rows{{new_uuid(), "Ada"}, {new_uuid(), "Grace"}, {new_uuid(), "Radia"}};
    EXPECT_EQ(get(pool().execute_many("INSERT INTO people (id, name) VALUES ($1, $2)", rows)), 3u);
    EXPECT_EQ(names(pool()), (std::vector<std::string>{"Ada", "Grace", "Radia"}));
    EXPECT_EQ(get(pool().execute_many("INSERT INTO people (id, name) VALUES ($1, $2)", Rows())), 0u);
}

TEST_P(Conformance, execute_many_happens_wholly_or_not_at_all)
{
    const Rows rows{{new_uuid(), "Ada"}, {new_uuid(), ""}, {new_uuid(), "Radia"}};
    const auto failure =
        failure_of<CheckViolation>(pool().execute_many("INSERT INTO people (id, name) VALUES ($1, $2)", rows));
    EXPECT_EQ(failure.index(), 1u);
    EXPECT_TRUE(names(pool()).empty());
}

// -- Texts -------------------------------------------------------------------

TEST_P(Conformance, by_engine_sends_the_text_of_the_engine)
{
    const auto said = get(pool().fetch_value<std::string>(by_engine{.postgresql = "SELECT 'postgresql' || $1",
                                                                    .sqlite = "SELECT 'sqlite' || $1",
                                                                    .mysql = "SELECT 'mysql' || $1"},
                                                          "!"));
    EXPECT_EQ(said, std::string(to_string(pool().engine())) + "!");
}

TEST_P(Conformance, placeholders_are_bound_by_number_and_may_repeat)
{
    add(pool(), "Ada");
    EXPECT_EQ(
        get(pool().execute("UPDATE people SET email = $2, name = $1 WHERE name <> $1", "Grace", "g@crm.example.test")),
        1u);
    const auto grace = get(pool().fetch_one<Person>("SELECT id, name, email FROM people"));
    EXPECT_EQ(grace.name, "Grace");
    EXPECT_EQ(grace.email, "g@crm.example.test");
}

TEST_P(Conformance, a_builder_joins_pieces_that_each_count_from_one)
{
    for (const auto* name : {"Ada", "Alan", "Grace"}) add(pool(), name);
    SqlBuilder sql("SELECT name FROM people WHERE name LIKE $1", "A%");
    sql.add("AND name <> $1", "Alan").add("ORDER BY name LIMIT $1", 10);
    EXPECT_EQ(get(pool().fetch<std::string>(std::move(sql).build())), (std::vector<std::string>{"Ada"}));
}

// -- Values ------------------------------------------------------------------

TEST_P(Conformance, every_type_comes_back_as_it_was_sent)
{
    get(pool().execute(by_engine{
        .postgresql =
            "CREATE TABLE everything (flag boolean, small smallint, middle integer, large bigint, real double precision, "
            "words text, document jsonb, raw bytea, id uuid, moment timestamptz, day date, mood text)",
        .sqlite = "CREATE TABLE everything (flag INTEGER, small INTEGER, middle INTEGER, large INTEGER, real REAL, "
                  "words TEXT, document TEXT, raw BLOB, id BLOB, moment INTEGER, day TEXT, mood TEXT) STRICT",
        .mysql =
            "CREATE TABLE everything (flag BOOLEAN, small SMALLINT, middle INT, large BIGINT, \"real\" DOUBLE, "
            "words TEXT CHARACTER SET utf8mb4, document JSON, raw BLOB, id BINARY(16), moment DATETIME(6), day DATE, "
            "mood VARCHAR(20))"}));
    const Everything sent{true,
                          -32768,
                          2147483647,
                          std::numeric_limits<std::int64_t>::min(),
                          0.1,
                          "Grüße, 世界 'quoted' \"twice\"",
                          Json(R"({"a": [1, null]})"),
                          Bytes::from(std::string_view("\0\xff\\", 3)),
                          new_uuid(),
                          Time(1795253400123456us),
                          Date(std::chrono::year(2024) / 2 / 29),
                          Mood::in_a_hurry};
    get(pool().execute(
        "INSERT INTO everything (flag, small, middle, large, \"real\", words, document, raw, id, moment, day, mood) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        sent.flag, sent.small, sent.middle, sent.large, sent.real, sent.words, sent.document, sent.raw, sent.id,
        sent.moment, sent.day, sent.mood));
    const auto back = get(pool().fetch_one<Everything>("SELECT * FROM everything"));
    EXPECT_EQ(back, sent);
    EXPECT_EQ(back.words, sent.words);
    EXPECT_EQ(back.document, sent.document);
    EXPECT_EQ(back.moment, sent.moment);
    const auto same = get(pool().fetch_value<std::int64_t>(
        "SELECT count(*) FROM everything WHERE flag = $1 AND large = $2 AND \"real\" = $3 AND words = $4 AND raw = $5 AND id = $6 "
        "AND moment = $7 AND day = $8",
        sent.flag, sent.large, sent.real, sent.words, sent.raw, sent.id, sent.moment, sent.day));
    EXPECT_EQ(same, 1) << "and a comparison in SQL finds it";
}

TEST_P(Conformance, an_empty_optional_is_null_both_ways)
{
    const Uuid id = add(pool(), "Ada");
    get(pool().execute("UPDATE people SET email = $1, age = $2 WHERE id = $3",
                       std::optional<std::string>("a@crm.example.test"), std::optional<std::int64_t>(36), id));
    EXPECT_EQ(get(pool().fetch_value<std::optional<std::int64_t>>("SELECT age FROM people")), 36);
    get(pool().execute("UPDATE people SET email = $1, age = $2 WHERE id = $3", std::optional<std::string>(),
                       std::optional<std::int64_t>(), id));
    EXPECT_EQ(get(pool().fetch_value<std::optional<std::int64_t>>("SELECT age FROM people")), std::nullopt);
    EXPECT_EQ(get(pool().fetch_value<std::int64_t>("SELECT count(*) FROM people WHERE email IS NULL")), 1);
}

TEST_P(Conformance, empty_text_and_empty_bytes_are_not_null)
{
    add(pool(), "Ada");
    get(pool().execute("UPDATE people SET email = $1", ""));
    EXPECT_EQ(get(pool().fetch_value<std::optional<std::string>>("SELECT email FROM people")), "");
    EXPECT_EQ(get(pool().fetch_value<std::optional<Bytes>>("SELECT $1 AS blank", Bytes())), Bytes());
}

TEST_P(Conformance, what_does_not_fit_is_an_error_that_names_the_column)
{
    const auto says = [](const DecodeError& error, std::string_view word) {
        return std::string_view(error.what()).find(word) != std::string_view::npos;
    };
    add(pool(), "Ada");
    EXPECT_TRUE(says(failure_of<DecodeError>(pool().fetch<Aged>("SELECT name, age FROM people")), "age")) << "NULL";
    EXPECT_TRUE(says(failure_of<DecodeError>(pool().fetch<Aged>("SELECT name FROM people")), "age"))
        << "a missing column";
    EXPECT_TRUE(says(failure_of<DecodeError>(pool().fetch_value<std::int16_t>("SELECT 70000 AS wide")), "wide"))
        << "narrowing";
    EXPECT_TRUE(
        says(failure_of<DecodeError>(pool().fetch_value<std::int64_t>("SELECT name AS worded FROM people")), "worded"));
    EXPECT_EQ(get(pool().fetch_value<std::int64_t>("SELECT 1")), 1) << "and the pool goes on";
}

// -- Refusals ----------------------------------------------------------------

TEST_P(Conformance, a_duplicate_is_a_unique_violation_that_names_what_was_violated)
{
    get(pool().execute("INSERT INTO people (id, name, email) VALUES ($1, $2, $3)", new_uuid(), "Ada",
                       "a@crm.example.test"));
    const auto again = failure_of<UniqueViolation>(pool().execute(
        "INSERT INTO people (id, name, email) VALUES ($1, $2, $3)", new_uuid(), "Eve", "a@crm.example.test"));
    EXPECT_EQ(again.sqlstate(), "23505");
    EXPECT_EQ(again.outcome(), Outcome::rejected);
    EXPECT_EQ(again.constraint(), is_postgresql() || is_mysql() ? "people_email_once" : "people.email");
    EXPECT_FALSE(again.retryable());
    EXPECT_TRUE(again.statement().starts_with("INSERT INTO people"));
    EXPECT_NE(std::string_view(again.place().file_name()).find("conformance_statements_test"), std::string_view::npos);
    EXPECT_EQ(std::string_view(again.what()).find("a@crm.example.test"), std::string_view::npos)
        << "values are nobody's business";
    EXPECT_EQ(names(pool()), (std::vector<std::string>{"Ada"}));
}

TEST_P(Conformance, an_unknown_parent_is_a_foreign_key_violation)
{
    const auto failure = failure_of<ForeignKeyViolation>(
        pool().execute("INSERT INTO notes (id, person_id) VALUES ($1, $2)", new_uuid(), new_uuid()));
    EXPECT_EQ(failure.sqlstate(), "23503");
    EXPECT_EQ(failure.outcome(), Outcome::rejected);
    EXPECT_EQ(failure.constraint(), is_postgresql() || is_mysql() ? "notes_person_known" : "")
        << "SQLite does not say which";
}

TEST_P(Conformance, a_failed_check_and_a_missing_value_are_check_violations)
{
    const auto check =
        failure_of<CheckViolation>(pool().execute("INSERT INTO people (id, name) VALUES ($1, $2)", new_uuid(), ""));
    EXPECT_EQ(check.sqlstate(), "23514");
    EXPECT_EQ(check.constraint(), "people_name_filled");
    const auto missing = failure_of<CheckViolation>(pool().execute("INSERT INTO people (id) VALUES ($1)", new_uuid()));
    EXPECT_EQ(missing.sqlstate(), "23502");
    EXPECT_EQ(missing.outcome(), Outcome::rejected);
}

TEST_P(Conformance, mistakes_in_the_text_have_the_same_states_everywhere)
{
    const auto state = [&](std::string text) {
        const unsafe_sql made(std::move(text));
        return failure_of<Error>(pool().execute(made)).sqlstate();
    };
    EXPECT_EQ(state("SELEKT 1"), "42601");
    EXPECT_EQ(state("SELECT 1 FROM nowhere"), "42P01");
    EXPECT_EQ(state("SELECT colour FROM people"), "42703");
    EXPECT_EQ(state("SELECT no_such_function(1)"), "42883");
    EXPECT_EQ(state("CREATE TABLE people (id integer)"), "42P07");
}

INSTANTIATE_TEST_SUITE_P(On, Conformance, ::testing::ValuesIn(all_roads), road_name);

} // namespace
} // namespace trunkline::db::testing
