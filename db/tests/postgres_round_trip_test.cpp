// SPDX-License-Identifier: MIT
// Values of every type, compared with what the server itself says of them. A failure names its seed:
// TRUNKLINE_SEED=… runs that one again.
#include <support/postgres_bench.hpp>
#include <support/postgres_server.hpp>
#include <support/random_values.hpp>

#include <gtest/gtest.h>

namespace trunkline::db {
namespace {

using testing::PostgresBench;
using testing::PostgresServer;
using testing::RandomValues;
using testing::spelled;

constexpr int rounds_of_a_seed = 60;
constexpr std::uint64_t seeds_usually = 5;

/// How the server spells a value of one type: `v` in `spelling` is the value.
template <class T>
struct Kind {
    using Type = T;
    const char* name;
    const char* spelling;
    const char* made_by_server; ///< an expression of random values, `n` is a number of a series
};

const std::tuple kinds{
    Kind<bool>{"bool", "v::text", "random() < 0.5"},
    Kind<std::int16_t>{"int2", "v::text", "(random() * 65535 - 32768)::int2"},
    Kind<std::int32_t>{"int4", "v::text", "(random() * 4294967295 - 2147483648)::int4"},
    Kind<std::int64_t>{"int8", "v::text", "('x' || substr(md5(random()::text), 1, 16))::bit(64)::int8"},
    Kind<double>{"float8", "CASE WHEN v = 'NaN' THEN 'NaN' ELSE encode(float8send(v), 'hex') END",
                 "(random() - 0.5) * power(10::float8, random() * 600 - 300)"},
    Kind<std::string>{"text", "encode(convert_to(v, 'UTF8'), 'hex')",
                      "repeat(chr(1 + (random() * 55000)::int), n % 5) || chr(57344 + (random() * 1056767)::int) || "
                      "'\"\\''{},'"},
    Kind<Json>{"jsonb", "encode(convert_to(v::text, 'UTF8'), 'hex')",
               "jsonb_build_object('n', random(), 'a', jsonb_build_array(n, NULL, chr(1 + n % 300)))"},
    Kind<Bytes>{"bytea", "encode(v, 'hex')", "substr(decode(md5(random()::text), 'hex'), 1, n % 17)"},
    Kind<Uuid>{"uuid", "v::text", "gen_random_uuid()"},
    Kind<Time>{"timestamptz",
               "CASE WHEN isfinite(v) THEN trunc(extract(epoch FROM v) * 1000000)::text ELSE v::text END",
               "CASE n % 7 WHEN 0 THEN 'infinity'::timestamptz WHEN 1 THEN '4714-11-24 00:00:00+00 BC' ELSE "
               "'4714-11-24 00:00:00+00 BC'::timestamptz + random() * interval '298950 years' END"},
    Kind<Date>{
        "date", "CASE WHEN isfinite(v) THEN (v - date '1970-01-01')::text ELSE v::text END",
        "CASE n % 7 WHEN 0 THEN '-infinity'::date ELSE '4714-11-24 BC'::date + (random() * 2147483493)::int END"},
    Kind<Numeric>{"numeric", "v::text",
                  "(random()::numeric - 0.5) * power(10::numeric, (random() * 60 - 20)::int) + n % 3"}};

class PostgresRoundTrip : public ::testing::Test {
protected:
    /// Calls `check(kind)` for each type.
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

    /// Sends many values in one trip, each with a statement of its own, and answers the results.
    std::vector<Result> run(std::vector<Statement> statements)
    {
        return bench.await(connection->run(Query(std::move(statements)), testing::in(std::chrono::seconds(60))));
    }

    PostgresBench bench{PostgresServer::shared().url()};
    std::unique_ptr<DriverConnection> connection = bench.connect();
};

TEST_F(PostgresRoundTrip, what_is_sent_is_what_the_server_sees_and_what_comes_back)
{
    for_each_seed([&](RandomValues& values) {
        for_each_kind([&]<class T>(const Kind<T>& kind) {
            const std::string text =
                std::string("SELECT v, ") + kind.spelling + " FROM (SELECT $1::" + kind.name + ") AS t(v)";
            std::vector<T> sent;
            std::vector<Statement> unit;
            for (int round = 0; round < rounds_of_a_seed; ++round) {
                sent.push_back(values.any<T>());
                unit.push_back(testing::statement(text, T(sent.back())));
            }
            const auto answers = run(std::move(unit));
            for (std::size_t n = 0; n < answers.size(); ++n) {
                const T value = sent[n];
                EXPECT_EQ(answers[n][0].template get<std::string>(1), spelled(value)) << kind.name << " at the server";
                EXPECT_EQ(spelled(answers[n][0].template get<T>(0)), spelled(value)) << kind.name << " back here";
            }
        });
    });
}

TEST_F(PostgresRoundTrip, an_array_is_seen_and_comes_back_element_by_element)
{
    for_each_seed([&](RandomValues& values) {
        for_each_kind([&]<class T>(const Kind<T>& kind) {
            if constexpr (!std::same_as<T, Bytes>) {
                const std::string text = std::string("SELECT $1, ARRAY(SELECT ") + kind.spelling +
                                         " FROM unnest($1) WITH ORDINALITY AS t(v, n) ORDER BY n)";
                std::vector<std::vector<std::optional<T>>> sent;
                std::vector<Statement> unit;
                for (int round = 0; round < rounds_of_a_seed / 4; ++round) {
                    sent.push_back(values.some<T>());
                    unit.push_back(testing::statement(text, sent.back()));
                }
                const auto answers = run(std::move(unit));
                for (std::size_t n = 0; n < answers.size(); ++n) {
                    std::vector<std::optional<std::string>> spellings;
                    for (const auto& element : sent[n])
                        spellings.push_back(element ? std::optional(spelled(*element)) : std::nullopt);
                    using Texts = std::vector<std::optional<std::string>>;
                    EXPECT_EQ(answers[n][0].template get<Texts>(1), spellings) << kind.name << "[] at the server";
                    EXPECT_EQ(spelled(answers[n][0].template get<std::vector<std::optional<T>>>(0)), spelled(sent[n]))
                        << kind.name << "[] back here";
                }
            }
        });
    });
}

TEST_F(PostgresRoundTrip, what_the_server_makes_is_read_as_it_says)
{
    for (const auto seed : RandomValues::seeds(seeds_usually)) {
        SCOPED_TRACE("again with TRUNKLINE_SEED=" + std::to_string(seed));
        bench.run(*connection, "SELECT setseed(" + std::to_string(static_cast<double>(seed % 1000) / 1000) + ")");
        for_each_kind([&]<class T>(const Kind<T>& kind) {
            const auto made = bench.run(*connection, std::string("SELECT v, ") + kind.spelling + " FROM (SELECT " +
                                                         kind.made_by_server +
                                                         " AS v FROM generate_series(1, 200) AS n OFFSET 0) AS made");
            for (std::size_t row = 0; row < made.size(); ++row)
                EXPECT_EQ(spelled(made[row].template get<T>(0)), made[row].template get<std::string>(1)) << kind.name;
        });
        if (HasFailure()) return;
    }
}

TEST_F(PostgresRoundTrip, arrays_that_the_server_makes_are_read_as_it_says)
{
    for (const auto seed : RandomValues::seeds(seeds_usually)) {
        SCOPED_TRACE("again with TRUNKLINE_SEED=" + std::to_string(seed));
        bench.run(*connection, "SELECT setseed(" + std::to_string(static_cast<double>(seed % 1000) / 1000) + ")");
        for_each_kind([&]<class T>(const Kind<T>& kind) {
            if constexpr (!std::same_as<T, Bytes>) {
                const auto made = bench.run(
                    *connection, std::string("SELECT array_agg(v), array_agg(") + kind.spelling +
                                     ") FROM (SELECT n, CASE WHEN n % 5 <> 0 THEN " + kind.made_by_server +
                                     " END AS v FROM generate_series(1, 100) AS n OFFSET 0) AS made GROUP BY n / 7");
                for (std::size_t row = 0; row < made.size(); ++row) {
                    const auto found = made[row].template get<std::vector<std::optional<T>>>(0);
                    const auto said = made[row].template get<std::vector<std::optional<std::string>>>(1);
                    ASSERT_EQ(found.size(), said.size());
                    for (std::size_t n = 0; n < found.size(); ++n)
                        EXPECT_EQ(found[n] ? std::optional(spelled(*found[n])) : std::nullopt, said[n]) << kind.name;
                }
            }
        });
        if (HasFailure()) return;
    }
}

} // namespace
} // namespace trunkline::db
