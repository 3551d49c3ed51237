// SPDX-License-Identifier: MIT
// Values of every type, compared with what SQLite itself says of them. A failure names its seed:
// TRUNKLINE_SEED=… runs that one again.
#include <support/random_values.hpp>
#include <support/sqlite_bed.hpp>

namespace trunkline::db::sqlite {
namespace {

using namespace std::chrono_literals;
using testing::RandomValues;
using testing::spelled;

constexpr int rounds_of_a_seed = 60;
constexpr std::uint64_t seeds_usually = 5;

/// How SQLite spells a value of one type: `v` in `spelling` is the value.
template <class T>
struct Kind {
    using Type = T;
    const char* name;
    const char* spelling;
};

const std::tuple kinds{Kind<bool>{"bool", "CASE v WHEN 1 THEN 'true' WHEN 0 THEN 'false' END"},
                       Kind<std::int16_t>{"int16", "CAST(v AS TEXT)"},
                       Kind<std::int32_t>{"int32", "CAST(v AS TEXT)"},
                       Kind<std::int64_t>{"int64", "CAST(v AS TEXT)"},
                       Kind<double>{"double", "NULL"},
                       Kind<std::string>{"text", "lower(hex(v))"},
                       Kind<Json>{"json", "lower(hex(v))"},
                       Kind<Bytes>{"bytes", "lower(hex(v))"},
                       Kind<Uuid>{"uuid", "lower(hex(v))"},
                       Kind<Time>{"time", "CAST(v AS TEXT)"},
                       Kind<Date>{"date", "NULL"},
                       Kind<Numeric>{"numeric", "v"}};

/// What SQLite has no place for: NaN, a date beyond four digits of a year.
bool fits(double value) { return value == value; }
bool fits(Date value)
{
    using namespace std::chrono;
    return value == Date::max() || value == Date::min() ||
           (value >= Date(0y / 1 / 1) && value <= Date(9999y / 12 / 31));
}
template <class T>
bool fits(const T&)
{
    return true;
}

/// As SQLite spells it, where that differs.
template <class T>
std::string spelled_here(const T& value)
{
    return spelled(value);
}
std::string spelled_here(const Uuid& value) { return testing::hex(value.bytes()); }
std::string spelled_here(Time value) { return std::to_string(value.time_since_epoch().count()); }

class SqliteRoundTrip : public ::testing::Test {
protected:
    template <class Check>
    static void for_each_kind(Check check)
    {
        std::apply([&](const auto&... kind) { (check(kind), ...); }, kinds);
    }
    template <class Check>
    static void for_each_seed(Check check)
    {
        for (const auto seed : RandomValues::seeds(seeds_usually)) {
            SCOPED_TRACE("again with TRUNKLINE_SEED=" + std::to_string(seed));
            RandomValues values(seed);
            check(values);
            if (HasFailure()) return;
        }
    }
    std::vector<Result> run(std::vector<Statement> unit)
    {
        return testing::Running(io, connection->run(Query(std::move(unit)), testing::Steady::now() + 60s)).get();
    }
    static Options in_memory()
    {
        Options options;
        options.target = ":memory:";
        return options;
    }

    asio::io_context io;
    std::unique_ptr<Driver> driver = make_sqlite_driver(io.get_executor(), in_memory());
    std::unique_ptr<DriverConnection> connection =
        testing::Pending<std::unique_ptr<DriverConnection>>(io, driver->connect(testing::Steady::now() + 60s)).get();
};

TEST_F(SqliteRoundTrip, what_is_sent_is_what_sqlite_sees_and_what_comes_back)
{
    for_each_seed([&](RandomValues& values) {
        for_each_kind([&]<class T>(const Kind<T>& kind) {
            const std::string text = std::string("SELECT v, ") + kind.spelling + " FROM (SELECT $1 AS v)";
            std::vector<T> sent;
            std::vector<Statement> unit;
            while (sent.size() < rounds_of_a_seed) {
                const T value = values.any<T>();
                if (!fits(value)) continue;
                sent.push_back(value);
                unit.push_back(testing::statement(text, value));
            }
            const auto answers = run(std::move(unit));
            for (std::size_t n = 0; n < answers.size(); ++n) {
                const T value = sent[n];
                EXPECT_EQ(spelled(answers[n][0].template get<T>(0)), spelled(value)) << kind.name << " back here";
                if (!answers[n][0][1].is_null()) {
                    EXPECT_EQ(answers[n][0].template get<std::string>(1), spelled_here(value))
                        << kind.name << " at SQLite";
                }
            }
        });
    });
}

TEST_F(SqliteRoundTrip, an_array_comes_back_whole_and_json_each_sees_each_element)
{
    for_each_seed([&](RandomValues& values) {
        for_each_kind([&]<class T>(const Kind<T>& kind) {
            if constexpr (!std::same_as<T, Bytes>) {
                const std::string text = "SELECT $1, (SELECT count(*) FROM json_each($1)), (SELECT count(*) FROM "
                                         "json_each($1) WHERE value IS NULL)";
                std::vector<std::vector<std::optional<T>>> sent;
                std::vector<Statement> unit;
                while (sent.size() < rounds_of_a_seed / 4) {
                    auto some = values.some<T>();
                    std::erase_if(some, [](const auto& element) { return element && !fits(*element); });
                    unit.push_back(testing::statement(text, some));
                    sent.push_back(std::move(some));
                }
                const auto answers = run(std::move(unit));
                for (std::size_t n = 0; n < answers.size(); ++n) {
                    const auto row = answers[n][0];
                    EXPECT_EQ(spelled(row.template get<std::vector<std::optional<T>>>(0)), spelled(sent[n]))
                        << kind.name;
                    EXPECT_EQ(row.template get<std::int64_t>(1), static_cast<std::int64_t>(sent[n].size()))
                        << kind.name;
                    EXPECT_EQ(row.template get<std::int64_t>(2),
                              std::count(sent[n].begin(), sent[n].end(), std::nullopt))
                        << kind.name;
                }
            }
        });
    });
}

TEST_F(SqliteRoundTrip, unhex_turns_the_text_of_a_uuid_into_the_blob_that_it_is_kept_as)
{
    const Uuid id = new_uuid();
    const std::vector<Uuid> ids{id};
    std::vector<Statement> unit;
    unit.push_back(testing::statement("SELECT $1 = unhex(value, '-') FROM json_each($2)", id, ids));
    unit.push_back(testing::statement("SELECT hex(unhex('00fF')) || coalesce(unhex('0'), 'none') || "
                                      "coalesce(unhex('0-0', '-'), 'none') || coalesce(unhex(NULL), 'null')"));
    const auto answers = run(std::move(unit));
    EXPECT_TRUE(answers[0][0].get<bool>(0));
    EXPECT_EQ(answers[1][0].get<std::string>(0), "00FFnonenonenull");
}

} // namespace
} // namespace trunkline::db::sqlite
