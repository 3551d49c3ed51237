// SPDX-License-Identifier: MIT
#include <support/postgres_bench.hpp>
#include <support/postgres_server.hpp>

#include <gtest/gtest.h>

namespace trunkline::db {
namespace {

using namespace std::chrono;
using namespace std::chrono_literals;
using testing::PostgresBench;
using testing::PostgresServer;

class PostgresTypes : public ::testing::Test {
protected:
    PostgresBench bench{PostgresServer::shared().url()};
    std::unique_ptr<DriverConnection> connection = bench.connect();

    /// Sends `value` as `type`, and reads it back.
    template <class T>
    T through(const std::string& type, const T& value)
    {
        return bench.value<T>(*connection, "SELECT $1::" + type, value);
    }
    template <class T>
    T read(const std::string& expression)
    {
        return bench.value<T>(*connection, "SELECT " + expression);
    }
    std::string refusal(const std::string& expression)
    {
        try {
            bench.run(*connection, "SELECT " + expression + " AS odd");
        } catch (const DecodeError& refused) {
            EXPECT_EQ(refused.outcome(), Outcome::applied);
            return refused.what();
        }
        return "not refused";
    }
};

TEST_F(PostgresTypes, integers_survive_at_their_limits)
{
    for (const std::int64_t number : {std::numeric_limits<std::int64_t>::min(), std::int64_t{-1}, std::int64_t{0},
                                      std::numeric_limits<std::int64_t>::max()})
        EXPECT_EQ(through("int8", number), number);
    for (const std::int32_t number :
         {std::numeric_limits<std::int32_t>::min(), -1, std::numeric_limits<std::int32_t>::max()})
        EXPECT_EQ(through("int4", number), number);
    for (const std::int16_t number :
         {std::numeric_limits<std::int16_t>::min(), std::numeric_limits<std::int16_t>::max()})
        EXPECT_EQ(through("int2", number), number);
    EXPECT_EQ(read<std::int64_t>("4294967295::oid"), 4294967295);
}

TEST_F(PostgresTypes, parameters_tell_the_server_their_type_also_when_they_are_null)
{
    EXPECT_EQ(bench.value<std::string>(*connection, "SELECT pg_typeof($1)::text", std::int16_t{1}), "smallint");
    EXPECT_EQ(bench.value<std::string>(*connection, "SELECT pg_typeof($1)::text", 1), "integer");
    EXPECT_EQ(bench.value<std::string>(*connection, "SELECT pg_typeof($1)::text", std::int64_t{1}), "bigint");
    EXPECT_EQ(bench.value<std::string>(*connection, "SELECT pg_typeof($1)::text", std::optional<bool>()), "boolean");
    EXPECT_EQ(bench.value<std::string>(*connection, "SELECT pg_typeof($1)::text", std::optional<Uuid>()), "uuid");
    EXPECT_EQ(bench.value<std::string>(*connection, "SELECT pg_typeof($1)::text", std::optional<Time>()),
              "timestamp with time zone");
    EXPECT_EQ(bench.value<std::string>(*connection, "SELECT pg_typeof($1)::text", std::optional<Bytes>()), "bytea");
    EXPECT_FALSE(bench.value<std::optional<std::int64_t>>(*connection, "SELECT $1", std::optional<std::int64_t>()));
}

TEST_F(PostgresTypes, a_null_cell_keeps_the_type_of_its_column)
{
    const Result row = bench.run(*connection, "SELECT NULL::int4, NULL::uuid, NULL::jsonb, NULL::text");
    EXPECT_EQ(row[0][0], Value(Type::int32, std::monostate{}));
    EXPECT_EQ(row[0][1], Value(Type::uuid, std::monostate{}));
    EXPECT_EQ(row[0][2], Value(Type::json, std::monostate{}));
    EXPECT_EQ(row[0][3], Value(Type::text, std::monostate{}));
}

TEST_F(PostgresTypes, booleans_and_floating_point_numbers_are_exact)
{
    EXPECT_TRUE(through("bool", true));
    EXPECT_FALSE(through("bool", false));
    for (const double number : {0.1, -1.7976931348623157e308, 5e-324, 2.2250738585072014e-308, 1.0 / 3.0})
        EXPECT_EQ(through("float8", number), number);
    EXPECT_TRUE(std::signbit(through("float8", -0.0)));
    EXPECT_TRUE(std::isnan(through("float8", std::numeric_limits<double>::quiet_NaN())));
    EXPECT_EQ(through("float8", -std::numeric_limits<double>::infinity()), -std::numeric_limits<double>::infinity());
    EXPECT_EQ(read<float>("0.1::float4"), 0.1f);
    EXPECT_EQ(read<double>("0.1::float4"), static_cast<double>(0.1f));
}

TEST_F(PostgresTypes, text_keeps_every_character_and_the_empty_one_is_not_null)
{
    for (const std::string text :
         {"", " ", "'\"\\", "Grüße, 你好, 👩‍👩‍👧", "line\nline\ttab", "$1 %s \\x00"})
        EXPECT_EQ(through("text", text), text);
    EXPECT_EQ(read<std::string>("'abc'::varchar(5)"), "abc");
    EXPECT_EQ(read<std::string>("'abc'::char(5)"), "abc  ");
    EXPECT_EQ(read<std::string>("'abc'::name"), "abc");
    const std::string long_text(1'000'000, 'x');
    EXPECT_EQ(through("text", long_text), long_text);
}

TEST_F(PostgresTypes, a_nul_in_text_is_refused_before_anything_is_sent)
{
    const std::string text("a\0b", 3);
    try {
        through("text", text);
        FAIL() << "not refused";
    } catch (const Error& refused) {
        EXPECT_EQ(refused.sqlstate(), "22021");
        EXPECT_EQ(refused.outcome(), Outcome::not_sent);
        EXPECT_NE(std::string(refused.what()).find("$1"), std::string::npos);
    }
    EXPECT_EQ(connection->condition(), Condition::idle);
    EXPECT_EQ(read<int>("1"), 1);
}

TEST_F(PostgresTypes, bytes_of_every_value_survive_in_either_form_of_output)
{
    std::vector<std::byte> all;
    for (int byte = 0; byte < 256; ++byte) all.push_back(static_cast<std::byte>(byte));
    EXPECT_EQ(through("bytea", Bytes(all)), Bytes(all));
    EXPECT_EQ(through("bytea", Bytes()), Bytes());
    EXPECT_EQ(through("bytea", Bytes::from("\\\\x")), Bytes::from("\\\\x"));
    bench.run(*connection, "SET bytea_output = 'escape'");
    EXPECT_EQ(through("bytea", Bytes(all)), Bytes(all));
}

TEST_F(PostgresTypes, uuids_and_json_survive)
{
    const Uuid id = new_uuid();
    EXPECT_EQ(through("uuid", id), id);
    EXPECT_EQ(through("json", Json("{ \"a\":  1 }")).text(), "{ \"a\":  1 }");
    EXPECT_EQ(through("jsonb", Json("{ \"a\":  1 }")).text(), "{\"a\": 1}");
}

TEST_F(PostgresTypes, times_are_exact_to_the_microsecond_and_in_utc_whatever_the_zone)
{
    const Time times[] = {Time(0us),
                          Time(-1us),
                          Time(1us),
                          sys_days(2026y / 11 / 21) + 9h + 30min + 123456us,
                          sys_days(1883y / 11 / 18),
                          sys_days(9999y / 12 / 31) + 86'399'999'999us,
                          sys_days(-44y / 3 / 15)};
    for (const char* zone : {"UTC", "Asia/Kolkata", "America/St_Johns", "Europe/Amsterdam", "Africa/Monrovia"}) {
        bench.run(*connection, "SET timezone = '" + std::string(zone) + "'");
        for (const Time time : times) EXPECT_EQ(through("timestamptz", time), time) << zone;
    }
    bench.run(*connection, "SET timezone = 'UTC'");
    EXPECT_EQ(read<Time>("'2026-11-21 09:30:00.5'::timestamp"), sys_days(2026y / 11 / 21) + 9h + 30min + 500ms);
    EXPECT_EQ(read<Time>("'2026-11-21 09:30:00.5+02'::timestamptz"), sys_days(2026y / 11 / 21) + 7h + 30min + 500ms);
    EXPECT_EQ(bench.value<std::int64_t>(*connection, "SELECT (extract(epoch FROM $1) * 1000000)::int8", Time(1us)), 1);
}

TEST_F(PostgresTypes, a_server_with_german_dates_and_a_zone_of_its_own_is_asked_for_iso_and_utc)
{
    EXPECT_EQ(read<std::string>("current_setting('datestyle') || ' ' || current_setting('timezone')").substr(0, 3),
              "ISO");
    EXPECT_EQ(read<std::string>("current_setting('timezone')"), "UTC");
    EXPECT_EQ(PostgresServer::shared().sql("SHOW timezone"), "Europe/Berlin");
}

TEST_F(PostgresTypes, dates_survive_before_christ_and_after_the_years_of_chrono)
{
    const Date dates[] = {sys_days(1970y / 1 / 1), sys_days(2024y / 2 / 29), sys_days(-4713y / 11 / 24),
                          sys_days(9999y / 12 / 31)};
    for (const Date date : dates) EXPECT_EQ(through("date", date), date);
    EXPECT_EQ(read<Date>("'100000-01-01'::date").time_since_epoch().count(), 35804722);
}

TEST_F(PostgresTypes, infinity_is_later_and_minus_infinity_earlier_than_any_other_time)
{
    EXPECT_EQ(read<Time>("'infinity'::timestamptz"), Time::max());
    EXPECT_EQ(read<Time>("'-infinity'::timestamp"), Time::min());
    EXPECT_EQ(read<Date>("'infinity'::date"), Date::max());
    EXPECT_EQ(read<Date>("'-infinity'::date"), Date::min());
    EXPECT_EQ(through("timestamptz", Time::max()), Time::max());
    EXPECT_EQ(bench.value<std::string>(*connection, "SELECT $1::text || ' ' || $2::text", Time::max(), Time::min()),
              "infinity -infinity");
    EXPECT_EQ(bench.value<std::string>(*connection, "SELECT $1::text || ' ' || $2::text", Date::max(), Date::min()),
              "infinity -infinity");
}

TEST_F(PostgresTypes, a_time_beyond_those_of_the_library_is_refused_with_the_column)
{
    EXPECT_NE(refusal("'294276-12-31 23:59:59+00'::timestamptz").find("\"odd\": the time is beyond the years"),
              std::string::npos);
    EXPECT_NE(refusal("'294247-01-10 04:00:54.775807+00'::timestamptz").find("beyond the years"), std::string::npos)
        << "which would be infinity";
    EXPECT_EQ(read<Time>("'294247-01-10 04:00:54.775806+00'::timestamptz"), Time::max() - 1us);
    EXPECT_EQ(connection->condition(), Condition::idle);
    EXPECT_EQ(read<int>("1"), 1);
}

TEST_F(PostgresTypes, times_that_postgresql_cannot_store_are_refused_before_anything_is_sent)
{
    EXPECT_THROW(through("timestamptz", Time::min() + 1us), Error);
    EXPECT_THROW(through("timestamptz[]", std::vector<Time>{Time::min() + 1us}), Error);
    EXPECT_THROW(through("date", Date(days(std::numeric_limits<int>::max()))), Error);
    EXPECT_EQ(read<int>("1"), 1);
}

TEST_F(PostgresTypes, numbers_of_any_precision_and_types_that_are_not_known_come_as_their_text)
{
    EXPECT_EQ(read<std::string>("12345678901234567890.12345678901234567890::numeric"),
              "12345678901234567890.12345678901234567890");
    EXPECT_EQ(read<std::string>("'10.0.0.0/8'::inet"), "10.0.0.0/8");
    EXPECT_EQ(read<std::string>("ARRAY['10.0.0.1'::inet]"), "{10.0.0.1}");
    EXPECT_EQ(read<std::string>("interval '1 day 2 hours'"), "1 day 02:00:00");
    EXPECT_EQ(read<std::string>("int4range(1, 5)"), "[1,5)");
}

TEST_F(PostgresTypes, an_array_is_a_parameter_of_its_elements_type)
{
    const auto type = [&](const auto& values) {
        return bench.value<std::string>(*connection, "SELECT pg_typeof($1)::text", values);
    };
    EXPECT_EQ(type(std::vector<bool>{true}), "boolean[]");
    EXPECT_EQ(type(std::vector<std::int16_t>{1}), "smallint[]");
    EXPECT_EQ(type(std::vector<int>{1}), "integer[]");
    EXPECT_EQ(type(std::vector<std::int64_t>()), "bigint[]");
    EXPECT_EQ(type(std::vector<double>{1}), "double precision[]");
    EXPECT_EQ(type(std::vector<std::string>{"a"}), "text[]");
    EXPECT_EQ(type(std::vector<const char*>{"a"}), "text[]");
    EXPECT_EQ(type(std::vector<Uuid>{Uuid()}), "uuid[]");
    EXPECT_EQ(type(std::vector<Time>{Time()}), "timestamp with time zone[]");
    EXPECT_EQ(type(std::vector<Date>{Date()}), "date[]");
    EXPECT_EQ(type(std::vector<Json>{Json()}), "jsonb[]");
    EXPECT_EQ(type(std::vector<Numeric>{Numeric()}), "numeric[]");
    EXPECT_EQ(type(std::optional<std::vector<Uuid>>()), "uuid[]") << "also when it is NULL";
}

TEST_F(PostgresTypes, an_array_works_with_any_and_with_unnest)
{
    const std::vector<std::int64_t> numbers{3, 5, 8};
    EXPECT_EQ(bench.value<std::int64_t>(
                  *connection, "SELECT count(*) FROM generate_series(1::bigint, 10) AS n WHERE n = ANY($1)", numbers),
              3);
    EXPECT_EQ(bench.value<std::int64_t>(*connection, "SELECT sum(n)::bigint FROM unnest($1) AS n", numbers), 16);
    EXPECT_EQ(bench.value<std::int64_t>(*connection, "SELECT count(*) FROM unnest($1, $2) AS t(a, b) WHERE a = b",
                                        numbers, std::vector<std::int64_t>{3, 6, 8}),
              2);
    const std::vector<std::string> names{"Ada", "Grace"};
    EXPECT_TRUE(bench.value<bool>(*connection, "SELECT 'Ada'::varchar(9) = ANY($1)", names));
}

TEST_F(PostgresTypes, an_array_of_the_server_is_read_whatever_is_in_it)
{
    using Texts = std::vector<std::optional<std::string>>;
    EXPECT_EQ(read<Texts>("ARRAY[NULL, 'NULL', 'null', '', ' ', '{}', ',', '\"', '\\', 'a\\\"b', E'\\n']"),
              (Texts{std::nullopt, "NULL", "null", "", " ", "{}", ",", "\"", "\\", "a\\\"b", "\n"}));
    EXPECT_EQ(read<std::vector<int>>("'{}'::int4[]"), std::vector<int>());
    EXPECT_EQ(read<std::vector<int>>("'[5:7]={1,2,3}'::int4[]"), (std::vector<int>{1, 2, 3}));
    EXPECT_EQ(read<std::vector<std::string>>("ARRAY['a', 'b']::varchar[]"), (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(read<std::vector<float>>("ARRAY[0.1]::float4[]"), std::vector<float>{0.1f});
    EXPECT_EQ(read<std::optional<std::vector<int>>>("NULL::int4[]"), std::nullopt);
}

TEST_F(PostgresTypes, an_array_of_several_dimensions_is_refused_with_the_column)
{
    for (const char* array : {"ARRAY[[1, 2], [3, 4]]", "'[0:0][3:4]={{1,2}}'::int4[]", "ARRAY[['a']]"})
        EXPECT_NE(refusal(array).find("\"odd\": an array of several dimensions"), std::string::npos) << array;
    EXPECT_EQ(connection->condition(), Condition::idle);
    EXPECT_EQ(read<int>("1"), 1);
}

TEST_F(PostgresTypes, a_numeric_keeps_every_digit_and_what_is_no_number)
{
    for (const char* text : {"0", "-12.50", "12345678901234567890.12345678901234567890", "NaN", "Infinity", "-Infinity",
                             "0.00000000000000000000000000000000001"})
        EXPECT_EQ(through("numeric", Numeric(text)).text(), text);
    EXPECT_EQ(read<Numeric>("1.5::numeric(10, 4)").text(), "1.5000");
    EXPECT_EQ(read<std::int64_t>("sum(n) FROM generate_series(1::bigint, 3) AS n"), 6) << "sum of bigint is numeric";
    EXPECT_EQ(read<double>("avg(n) FROM generate_series(1, 2) AS n"), 1.5);
    EXPECT_EQ(read<double>("'Infinity'::numeric"), std::numeric_limits<double>::infinity());
    EXPECT_THROW(read<double>("0.1::numeric"), DecodeError) << "no double is that";
    EXPECT_THROW(read<std::int64_t>("1.5::numeric"), DecodeError);
}

TEST_F(PostgresTypes, a_result_without_columns_and_an_empty_statement_are_results_too)
{
    EXPECT_EQ(bench.run(*connection, "SELECT").columns().size(), 0u);
    EXPECT_EQ(bench.run(*connection, "").size(), 0u);
    EXPECT_EQ(bench.run(*connection, "SELECT 1 WHERE false").size(), 0u);
}

} // namespace
} // namespace trunkline::db
