// SPDX-License-Identifier: MIT
#include <support/conformance.hpp>

namespace trunkline::db::testing {
namespace {

/// A row of the table `lists`.
struct Lists {
    std::int64_t id{};
    std::vector<std::int64_t> numbers;
    std::vector<std::optional<std::string>> words;
    std::optional<std::vector<Uuid>> ids;
    friend bool operator==(const Lists&, const Lists&) = default;
};
BOOST_DESCRIBE_STRUCT(Lists, (), (id, numbers, words, ids))

class ConformanceOfTypes : public Conformance {
protected:
    void make_lists()
    {
        get(pool().execute(by_engine{
            .postgresql = "CREATE TABLE lists (id bigint PRIMARY KEY, numbers bigint[], words text[], ids uuid[])",
            .sqlite = "CREATE TABLE lists (id INTEGER PRIMARY KEY, numbers TEXT, words TEXT, ids TEXT) STRICT"}));
    }
    void insert(const Lists& row)
    {
        get(pool().execute("INSERT INTO lists (id, numbers, words, ids) VALUES ($1, $2, $3, $4)", row.id, row.numbers,
                           row.words, row.ids));
    }
};

// -- Arrays ------------------------------------------------------------------

TEST_P(ConformanceOfTypes, arrays_come_back_as_they_were_sent)
{
    make_lists();
    const std::vector<Lists> rows{
        {1, {}, {}, std::nullopt},
        {2, {std::numeric_limits<std::int64_t>::min(), 0, 7}, {"a", std::nullopt, ""}, std::vector<Uuid>()},
        {3,
         {1},
         {"NULL", "{}", "[]", ",", "\"", "\\", "\\\"", "'", "line\nline", "Grüße, 世界 👩‍👩‍👧"},
         std::vector<Uuid>{new_uuid(), Uuid()}}};
    for (const auto& row : rows) insert(row);
    EXPECT_EQ(get(pool().fetch<Lists>("SELECT * FROM lists ORDER BY id")), rows);
}

TEST_P(ConformanceOfTypes, an_array_of_every_scalar_comes_back)
{
    const auto through = [&]<class T>(const std::vector<T>& values) {
        EXPECT_EQ(get(pool().fetch_value<std::vector<T>>("SELECT $1 AS echo", values)), values);
    };
    through(std::vector<bool>{true, false});
    through(std::vector<std::int16_t>{-32768, 32767});
    through(std::vector<std::int32_t>{});
    through(std::vector<double>{0.1, -0.0, 5e-324, 1.7976931348623157e308, 3});
    through(std::vector<Time>{Time(-1us), Time(1795253400123456us)});
    through(std::vector<Date>{Date(std::chrono::year(2024) / 2 / 29)});
    through(std::vector<Numeric>{Numeric("1.50"), Numeric("-12345678901234567890.5")});
    through(std::vector<Json>{Json("{\"a\": [1, null]}")});
    through(std::vector<std::optional<std::int64_t>>{1, std::nullopt});
}

TEST_P(ConformanceOfTypes, an_array_chooses_rows)
{
    const Uuid ada = add(pool(), "Ada"), grace = add(pool(), "Grace");
    add(pool(), "Radia");
    const std::vector<std::string> wanted{"Grace", "Radia", "Nobody"};
    EXPECT_EQ(get(pool().fetch<std::string>(
                  by_engine{.postgresql = "SELECT name FROM people WHERE name = ANY($1) ORDER BY name",
                            .sqlite = "SELECT name FROM people WHERE name IN (SELECT value FROM json_each($1)) "
                                      "ORDER BY name"},
                  wanted)),
              (std::vector<std::string>{"Grace", "Radia"}));
    const std::vector<Uuid> ids{grace, ada, new_uuid()};
    EXPECT_EQ(get(pool().fetch<std::string>(
                  by_engine{.postgresql = "SELECT name FROM people WHERE id = ANY($1) ORDER BY name",
                            .sqlite = "SELECT name FROM people WHERE id IN (SELECT unhex(value, '-') FROM "
                                      "json_each($1)) ORDER BY name"},
                  ids)),
              (std::vector<std::string>{"Ada", "Grace"}));
    EXPECT_TRUE(get(pool().fetch<std::string>(
                        by_engine{.postgresql = "SELECT name FROM people WHERE id = ANY($1)",
                                  .sqlite = "SELECT name FROM people WHERE id IN (SELECT unhex(value, '-') FROM "
                                            "json_each($1))"},
                        std::vector<Uuid>()))
                    .empty());
}

TEST_P(ConformanceOfTypes, an_array_that_does_not_fit_names_column_and_element)
{
    make_lists();
    insert({1, {70'000}, {}, std::nullopt});
    const auto narrow =
        failure_of<DecodeError>(pool().fetch_value<std::vector<std::int16_t>>("SELECT numbers FROM lists"));
    EXPECT_NE(std::string_view(narrow.what()).find("column 'numbers': element 1: found 70000"), std::string_view::npos)
        << narrow.what();
    failure_of<DecodeError>(pool().fetch_value<std::vector<Uuid>>("SELECT ids FROM lists"));
    EXPECT_EQ(get(pool().fetch_value<std::int64_t>("SELECT count(*) FROM lists")), 1) << "and the pool goes on";
}

// -- Numbers, times ----------------------------------------------------------

TEST_P(ConformanceOfTypes, a_numeric_keeps_every_digit)
{
    get(pool().execute(by_engine{.postgresql = "CREATE TABLE rates (rate numeric NOT NULL)",
                                 .sqlite = "CREATE TABLE rates (rate TEXT NOT NULL) STRICT"}));
    for (const char* text : {"0", "-12.50", "12345678901234567890.12345678901234567890"}) {
        get(pool().execute("INSERT INTO rates (rate) VALUES ($1)", Numeric(text)));
        EXPECT_EQ(get(pool().fetch_value<Numeric>("SELECT rate FROM rates")).text(), text);
        EXPECT_EQ(get(pool().fetch_value<std::string>("SELECT rate FROM rates")), text);
        get(pool().execute("DELETE FROM rates"));
    }
}

TEST_P(ConformanceOfTypes, infinity_comes_back_and_sorts_behind_every_time)
{
    get(pool().execute(by_engine{.postgresql = "CREATE TABLE spans (ends timestamptz NOT NULL, day date NOT NULL)",
                                 .sqlite = "CREATE TABLE spans (ends INTEGER NOT NULL, day TEXT NOT NULL) STRICT"}));
    const std::vector<Time> times{Time::min(), Time(-1us), Time(1795253400123456us), Time::max()};
    const std::vector<Date> dates{Date::min(), Date(std::chrono::days(-1)), Date(std::chrono::days(20'000)),
                                  Date::max()};
    for (std::size_t n = times.size(); n-- > 0;)
        get(pool().execute("INSERT INTO spans (ends, day) VALUES ($1, $2)", times[n], dates[n]));
    EXPECT_EQ(get(pool().fetch<Time>("SELECT ends FROM spans ORDER BY ends")), times);
    EXPECT_EQ(get(pool().fetch<Date>("SELECT day FROM spans ORDER BY day")), dates);
}

INSTANTIATE_TEST_SUITE_P(On, ConformanceOfTypes,
                         ::testing::Values(Road::sqlite_file, Road::sqlite_memory, Road::postgresql, Road::pgbouncer),
                         road_name);

} // namespace
} // namespace trunkline::db::testing
