// SPDX-License-Identifier: MIT
#include <support/conformance.hpp>

namespace trunkline::db::testing {
namespace {

using People = std::vector<std::tuple<Uuid, std::string>>;

class ConformanceOfCopy : public Conformance {
protected:
    static People people(std::initializer_list<const char*> names)
    {
        People rows;
        for (const char* name : names) rows.emplace_back(new_uuid(), name);
        return rows;
    }
    std::int64_t count(Executor& db) { return get(db.fetch_value<std::int64_t>("SELECT count(*) FROM people")); }
};

TEST_P(ConformanceOfCopy, copy_in_adds_all_rows_and_answers_how_many)
{
    const People rows = people({"Ada", "Grace", "Radia"});
    EXPECT_EQ(get(pool().copy_in("people", {"id", "name"}, rows)), 3u);
    EXPECT_EQ(names(pool()), (std::vector<std::string>{"Ada", "Grace", "Radia"}));
    EXPECT_EQ(get(pool().copy_in("people", {"id", "name"}, People())), 0u);
}

TEST_P(ConformanceOfCopy, the_columns_may_be_the_fields_of_a_struct)
{
    const std::vector<Person> rows{{new_uuid(), "Ada", "ada@crm.example.test"}, {new_uuid(), "Grace", std::nullopt}};
    EXPECT_EQ(get(pool().copy_in("people", rows)), 2u);
    EXPECT_EQ(get(pool().fetch<Person>("SELECT id, name, email FROM people ORDER BY name")), rows);
}

TEST_P(ConformanceOfCopy, any_range_of_tuples_will_do)
{
    const auto rows = std::views::iota(0, 2500) | std::views::transform([](int n) {
                          return std::tuple(new_uuid(), "person " + std::to_string(n), std::int64_t{n});
                      });
    EXPECT_EQ(get(pool().copy_in("people", {"id", "name", "age"}, rows)), 2500u);
    EXPECT_EQ(
        get(pool().fetch_value<std::int64_t>(by_engine{.postgresql = "SELECT CAST(sum(age) AS bigint) FROM people",
                                                       .sqlite = "SELECT sum(age) FROM people"})),
        2500 * 2499 / 2);
}

TEST_P(ConformanceOfCopy, every_value_arrives_as_it_was)
{
    get(pool().execute(by_engine{
        .postgresql = "CREATE TABLE everything (n bigint, flag boolean, small smallint, real double precision, words "
                      "text, document jsonb, raw bytea, id uuid, moment timestamptz, day date, rate numeric, list "
                      "text[], numbers bigint[])",
        .sqlite = "CREATE TABLE everything (n INTEGER, flag INTEGER, small INTEGER, real REAL, words TEXT, document "
                  "TEXT, raw BLOB, id BLOB, moment INTEGER, day TEXT, rate TEXT, list TEXT, numbers TEXT) STRICT"}));
    using Texts = std::vector<std::optional<std::string>>;
    using Row = std::tuple<std::int64_t, bool, std::int16_t, double, std::string, Json, Bytes, Uuid, Time, Date,
                           Numeric, Texts, std::vector<std::int64_t>>;
    std::string words = "\\N \\. 'quoted' \"twice\" tab\tline\nreturn\r\\n \x01 Grüße, 世界";
    const std::vector<Row> rows{{1,
                                 true,
                                 -32768,
                                 0.1,
                                 "\\.",
                                 Json("{\"a\": [1, null]}"),
                                 Bytes::from(std::string_view("\0\xff\\", 3)),
                                 new_uuid(),
                                 Time(1795253400123456us),
                                 Date(std::chrono::year(2024) / 2 / 29),
                                 Numeric("1.50"),
                                 {"a", std::nullopt, "", "NULL", "{,}\"\\"},
                                 {}},
                                {2,
                                 false,
                                 32767,
                                 -1e300,
                                 words,
                                 Json("\"\\n\""),
                                 Bytes(),
                                 Uuid(),
                                 Time(-1us),
                                 Date(),
                                 Numeric("-7"),
                                 {},
                                 {1, 2}},
                                {3,
                                 false,
                                 0,
                                 5e-324,
                                 "",
                                 Json("null"),
                                 Bytes::from("\\\\x"),
                                 Uuid(),
                                 Time::max(),
                                 Date::min(),
                                 Numeric(),
                                 {words},
                                 {std::numeric_limits<std::int64_t>::min()}}};
    const Columns columns{"n",  "flag",   "small", "real", "words", "document", "raw",
                          "id", "moment", "day",   "rate", "list",  "numbers"};
    EXPECT_EQ(get(pool().copy_in("everything", columns, rows)), 3u);
    const Result back = get(pool().query("SELECT * FROM everything ORDER BY n"));
    ASSERT_EQ(back.size(), rows.size());
    for (std::size_t n = 0; n < rows.size(); ++n) {
        EXPECT_EQ(back[n].get<bool>("flag"), std::get<1>(rows[n]));
        EXPECT_EQ(back[n].get<std::int16_t>("small"), std::get<2>(rows[n]));
        EXPECT_EQ(back[n].get<double>("real"), std::get<3>(rows[n]));
        EXPECT_EQ(back[n].get<std::string>("words"), std::get<4>(rows[n]));
        EXPECT_EQ(back[n].get<Json>("document"), std::get<5>(rows[n]));
        EXPECT_EQ(back[n].get<Bytes>("raw"), std::get<6>(rows[n]));
        EXPECT_EQ(back[n].get<Uuid>("id"), std::get<7>(rows[n]));
        EXPECT_EQ(back[n].get<Time>("moment"), std::get<8>(rows[n]));
        EXPECT_EQ(back[n].get<Date>("day"), std::get<9>(rows[n]));
        EXPECT_EQ(back[n].get<Numeric>("rate"), std::get<10>(rows[n]));
        EXPECT_EQ(back[n].get<Texts>("list"), std::get<11>(rows[n]));
        EXPECT_EQ(back[n].get<std::vector<std::int64_t>>("numbers"), std::get<12>(rows[n]));
    }
}

TEST_P(ConformanceOfCopy, an_empty_optional_is_null)
{
    const std::vector<std::tuple<Uuid, std::string, std::optional<std::int64_t>>> rows{
        {new_uuid(), "Ada", std::nullopt}};
    get(pool().copy_in("people", {"id", "name", "age"}, rows));
    EXPECT_EQ(get(pool().fetch_value<std::optional<std::int64_t>>("SELECT age FROM people")), std::nullopt);
}

TEST_P(ConformanceOfCopy, names_are_quoted_whatever_is_in_them)
{
    get(pool().execute(
        by_engine{.postgresql = R"(CREATE TABLE "Odd ""name""; --" ("Select" bigint, "it's" text))",
                  .sqlite = R"(CREATE TABLE "Odd ""name""; --" ("Select" INTEGER, "it's" TEXT) STRICT)"}));
    const std::vector<std::tuple<std::int64_t, std::string>> rows{{1, "a"}, {2, "b"}};
    EXPECT_EQ(get(pool().copy_in("Odd \"name\"; --", {"Select", "it's"}, rows)), 2u);
    EXPECT_EQ(get(pool().fetch<std::string>(R"(SELECT "it's" FROM "Odd ""name""; --" ORDER BY "Select")")),
              (std::vector<std::string>{"a", "b"}));
}

TEST_P(ConformanceOfCopy, all_rows_are_added_or_none_and_the_error_names_the_row)
{
    const auto failure =
        failure_of<CheckViolation>(pool().copy_in("people", {"id", "name"}, people({"Ada", "Grace", "", "Radia"})));
    EXPECT_EQ(failure.index(), 2u);
    EXPECT_EQ(failure.outcome(), Outcome::rejected);
    EXPECT_NE(std::string_view(failure.place().file_name()).find("conformance_copy_test"), std::string_view::npos);
    EXPECT_TRUE(names(pool()).empty());
    People twice = people({"Ada", "Grace"});
    twice.push_back(twice.front());
    EXPECT_EQ(failure_of<UniqueViolation>(pool().copy_in("people", {"id", "name"}, twice)).index(), 2u);
    EXPECT_TRUE(names(pool()).empty());
    EXPECT_EQ(get(pool().copy_in("people", {"id", "name"}, people({"Ada"}))), 1u) << "and the pool goes on";
}

TEST_P(ConformanceOfCopy, what_is_no_table_or_no_column_is_an_error_like_any_other)
{
    const People rows = people({"Ada"});
    EXPECT_EQ(failure_of<Error>(pool().copy_in("nowhere", {"id", "name"}, rows)).sqlstate(), "42P01");
    EXPECT_EQ(failure_of<Error>(pool().copy_in("people", {"id", "colour"}, rows)).sqlstate(), "42703");
    EXPECT_EQ(count(pool()), 0);
}

TEST_P(ConformanceOfCopy, what_cannot_be_meant_is_refused_where_it_is_called)
{
    const People rows = people({"Ada"});
    EXPECT_THROW(get(pool().copy_in("people", {"id"}, rows)), UsageError) << "a field without a column";
    EXPECT_THROW(get(pool().copy_in("people", {"id", "name", "age"}, rows)), UsageError) << "a column without a field";
    EXPECT_THROW(get(pool().copy_in("", {"id", "name"}, rows)), UsageError);
    EXPECT_THROW(get(pool().copy_in("people.", {"id", "name"}, rows)), UsageError);
    EXPECT_THROW(get(pool().copy_in("people", {"id", ""}, rows)), UsageError);
}

TEST_P(ConformanceOfCopy, in_a_transaction_it_is_a_savepoint)
{
    auto tx = get(pool().begin());
    add(tx, "Ada");
    failure_of<CheckViolation>(tx.copy_in("people", {"id", "name"}, people({"Grace", ""})));
    EXPECT_EQ(names(tx), (std::vector<std::string>{"Ada"})) << "the transaction goes on";
    EXPECT_EQ(get(tx.copy_in("people", {"id", "name"}, people({"Radia"}))), 1u);
    get(tx.commit());
    EXPECT_EQ(names(pool()), (std::vector<std::string>{"Ada", "Radia"}));
}

TEST_P(ConformanceOfCopy, what_it_added_goes_with_a_transaction_that_is_rolled_back)
{
    {
        auto tx = get(pool().begin());
        EXPECT_EQ(get(tx.copy_in("people", {"id", "name"}, people({"Ada", "Grace"}))), 2u);
        get(tx.rollback());
    }
    EXPECT_EQ(count(pool()), 0);
}

TEST_P(ConformanceOfCopy, a_connection_of_ones_own_copies_too_and_works_on)
{
    auto connection = get(pool().acquire());
    EXPECT_EQ(get(connection.copy_in("people", {"id", "name"}, people({"Ada"}))), 1u);
    failure_of<CheckViolation>(connection.copy_in("people", {"id", "name"}, people({""})));
    EXPECT_EQ(count(connection), 1);
}

/// One transaction holds what another wants to copy, so that it has to wait.
class ConformanceOfCopyInTheWay : public ConformanceOfCopy {};

TEST_P(ConformanceOfCopyInTheWay, at_its_deadline_it_is_stopped_and_nothing_remains)
{
    People rows = people({"Ada", "Grace"});
    auto other = get(pool().begin());
    get(other.execute("INSERT INTO people (id, name) VALUES ($1, $2)", std::get<0>(rows[0]), "first"));
    failure_of<CommandTimeout>(pool().within(200ms).copy_in("people", {"id", "name"}, rows));
    get(other.rollback());
    EXPECT_EQ(count(pool()), 0);
    EXPECT_EQ(get(pool().copy_in("people", {"id", "name"}, rows)), 2u);
}

TEST_P(ConformanceOfCopyInTheWay, when_its_caller_gives_up_it_is_stopped_and_nothing_remains)
{
    People rows = people({"Ada", "Grace"});
    auto other = get(pool().begin());
    get(other.execute("INSERT INTO people (id, name) VALUES ($1, $2)", std::get<0>(rows[0]), "first"));
    Errand& errand = go(drop(pool().copy_in("people", {"id", "name"}, rows)));
    until([&] { return pool().stats().in_use == 2; });
    cancel(errand);
    EXPECT_THROW(finish(errand), boost::system::system_error);
    get(other.rollback());
    EXPECT_EQ(count(pool()), 0);
    EXPECT_EQ(get(pool().copy_in("people", {"id", "name"}, rows)), 2u);
}

INSTANTIATE_TEST_SUITE_P(On, ConformanceOfCopy,
                         ::testing::Values(Road::sqlite_file, Road::sqlite_memory, Road::postgresql, Road::pgbouncer),
                         road_name);
INSTANTIATE_TEST_SUITE_P(On, ConformanceOfCopyInTheWay,
                         ::testing::Values(Road::sqlite_file, Road::postgresql, Road::pgbouncer), road_name);

} // namespace
} // namespace trunkline::db::testing
