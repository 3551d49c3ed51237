// SPDX-License-Identifier: MIT
#include <trunkline/db/error.hpp>
#include <trunkline/db/value.hpp>

#include <boost/describe/enum.hpp>
#include <gtest/gtest.h>

#include <random>

namespace trunkline::db {
namespace {

using namespace std::chrono_literals;

enum class Status { active, on_hold };
BOOST_DESCRIBE_ENUM(Status, active, on_hold)

/// The error that reading `value` as a T ends in; a test failure when it does not.
template <class T>
ErrorInfo refusal(const Value& value)
{
    try {
        (void)from_value<T>(value);
    } catch (const DecodeError& error) {
        return error.info();
    }
    ADD_FAILURE() << "was read";
    return {};
}

template <class T>
void expect_round_trip(const T& value, Type type)
{
    const Value encoded = to_value(value);
    EXPECT_EQ(encoded.type(), type);
    EXPECT_EQ(from_value<T>(encoded), value);
}

Time at(std::int64_t microseconds) { return Time(std::chrono::microseconds(microseconds)); }

TEST(Value, each_type_comes_back_as_it_went_in)
{
    expect_round_trip(true, Type::boolean);
    expect_round_trip(std::int16_t{-32768}, Type::int16);
    expect_round_trip(std::numeric_limits<std::int32_t>::min(), Type::int32);
    expect_round_trip(std::numeric_limits<std::int64_t>::max(), Type::int64);
    expect_round_trip(std::numeric_limits<std::uint32_t>::max(), Type::int64);
    expect_round_trip(2.5, Type::float64);
    expect_round_trip(std::string("zero \0 inside", 13), Type::text);
    expect_round_trip(Json(R"({"a":1})"), Type::json);
    expect_round_trip(Bytes::from(std::string_view("\0\xff", 2)), Type::bytes);
    expect_round_trip(new_uuid(), Type::uuid);
    expect_round_trip(at(-1), Type::time);
    expect_round_trip(Date(std::chrono::year(2024) / 2 / 29), Type::date);
    expect_round_trip(Status::on_hold, Type::text);
    expect_round_trip(std::optional<std::int32_t>(7), Type::int32);
}

TEST(Value, an_empty_optional_is_a_null_that_keeps_its_type)
{
    const Value null = to_value(std::optional<Uuid>());
    EXPECT_TRUE(null.is_null());
    EXPECT_EQ(null.type(), Type::uuid);
    EXPECT_EQ(from_value<std::optional<Uuid>>(null), std::nullopt);
    EXPECT_TRUE(to_value(std::nullopt).is_null());
}

TEST(Value, null_is_refused_where_nothing_may_be_missing)
{
    const Value null(Type::int32, std::monostate{});
    for (const ErrorInfo& info :
         {refusal<bool>(null), refusal<int>(null), refusal<double>(null), refusal<std::string>(null),
          refusal<Bytes>(null), refusal<Uuid>(null), refusal<Time>(null), refusal<Date>(null), refusal<Status>(null)}) {
        EXPECT_EQ(info.sqlstate, "22002");
        EXPECT_NE(info.message.find("std::optional"), std::string::npos);
    }
}

TEST(Value, a_literal_is_text)
{
    EXPECT_EQ(to_value("ada").content(), Value::Content(std::string("ada")));
    EXPECT_EQ(to_value(std::string_view("ada")).type(), Type::text);
}

TEST(Value, an_integer_that_does_not_fit_names_the_range)
{
    const ErrorInfo info = refusal<std::int16_t>(to_value(40'000));
    EXPECT_EQ(info.sqlstate, "22003");
    EXPECT_EQ(info.message, "found 40000 where an integer from -32768 to 32767 is wanted");
    EXPECT_EQ(info.outcome, Outcome::applied) << "the statement itself was done";
    EXPECT_EQ(refusal<std::uint32_t>(to_value(-1)).sqlstate, "22003");
    EXPECT_EQ(refusal<std::uint8_t>(to_value(256)).sqlstate, "22003");
    EXPECT_EQ(from_value<std::uint8_t>(to_value(255)), 255);
    EXPECT_EQ(from_value<std::int16_t>(to_value(std::int64_t{-32768})), -32768);
}

TEST(Value, integers_of_every_width_agree_with_their_limits)
{
    std::mt19937_64 random(20260101);
    for (int i = 0; i < 20'000; ++i) {
        const auto number = static_cast<std::int64_t>(random()) >> (random() % 64);
        const Value value(Type::int64, number);
        if (number >= INT32_MIN && number <= INT32_MAX) EXPECT_EQ(from_value<std::int32_t>(value), number);
        else EXPECT_THROW(from_value<std::int32_t>(value), DecodeError);
        if (number >= 0 && number <= UINT16_MAX) EXPECT_EQ(from_value<std::uint16_t>(value), number);
        else EXPECT_THROW(from_value<std::uint16_t>(value), DecodeError);
    }
}

TEST(Value, a_type_that_does_not_match_is_named_with_the_one_that_is_wanted)
{
    const ErrorInfo info = refusal<std::int64_t>(to_value("secret words"));
    EXPECT_EQ(info.sqlstate, "42804");
    EXPECT_EQ(info.message, "found text where an integer is wanted");
    EXPECT_EQ(refusal<std::string>(to_value(1)).message, "found a 32-bit integer where text is wanted");
    EXPECT_EQ(refusal<std::string>(to_value(Bytes())).message, "found bytes where text is wanted");
    EXPECT_EQ(refusal<Bytes>(to_value("a")).message, "found text where bytes is wanted");
    EXPECT_EQ(refusal<Time>(to_value("2026-11-21")).sqlstate, "42804");
    EXPECT_EQ(refusal<std::int64_t>(to_value(1.0)).sqlstate, "42804");
    EXPECT_EQ(refusal<bool>(to_value("true")).sqlstate, "42804");
    EXPECT_EQ(refusal<double>(to_value("1")).sqlstate, "42804");
    EXPECT_EQ(refusal<Uuid>(to_value(1)).sqlstate, "42804");
    EXPECT_EQ(refusal<Date>(to_value(1)).sqlstate, "42804");
}

TEST(Value, a_boolean_may_be_kept_as_0_or_1)
{
    EXPECT_TRUE(from_value<bool>(to_value(1)));
    EXPECT_FALSE(from_value<bool>(to_value(0)));
    EXPECT_EQ(refusal<bool>(to_value(2)).sqlstate, "22003");
}

TEST(Value, a_double_may_be_kept_as_an_integer) { EXPECT_EQ(from_value<double>(to_value(3)), 3.0); }

TEST(Value, a_uuid_may_be_kept_as_16_bytes_or_as_text)
{
    const Uuid id = new_uuid();
    const Bytes bytes = Bytes::from({reinterpret_cast<const char*>(id.bytes().data()), 16});
    EXPECT_EQ(from_value<Uuid>(to_value(bytes)), id);
    EXPECT_EQ(from_value<Uuid>(to_value(to_string(id))), id);
    EXPECT_EQ(refusal<Uuid>(to_value(Bytes::from("short"))).sqlstate, "22P02");
    EXPECT_EQ(refusal<Uuid>(to_value("ada@example.test")).message,
              "found text that is not a UUID of the form 8-4-4-4-12");
}

TEST(Value, a_time_may_be_kept_as_microseconds) { EXPECT_EQ(from_value<Time>(to_value(std::int64_t{-1})), at(-1)); }

TEST(Value, a_date_may_be_kept_as_text)
{
    EXPECT_EQ(from_value<Date>(to_value("2024-02-29")), Date(std::chrono::year(2024) / 2 / 29));
    EXPECT_EQ(from_value<Date>(to_value("0001-01-01")), Date(std::chrono::year(1) / 1 / 1));
    for (const char* text : {"2023-02-29", "2024-2-29", "2024-13-01", "2024-00-01", "2024-02-29 ", "24-02-29",
                             "-024-02-01", "2024/02/29", "+024-02-01", "2024-02-+1", ""})
        EXPECT_EQ(refusal<Date>(to_value(text)).sqlstate, "22007") << text;
}

TEST(Value, a_name_that_no_enumerator_has_is_refused_and_not_repeated)
{
    EXPECT_EQ(from_value<Status>(to_value("active")), Status::active);
    const ErrorInfo info = refusal<Status>(to_value("Ada Lovelace"));
    EXPECT_EQ(info.sqlstate, "22P02");
    EXPECT_EQ(info.message.find("Ada"), std::string::npos);
}

TEST(Rfc3339, a_fraction_is_written_only_when_there_is_one)
{
    EXPECT_EQ(to_rfc3339(at(0)), "1970-01-01T00:00:00Z");
    EXPECT_EQ(to_rfc3339(at(1'795'253'400'000'000)), "2026-11-21T09:30:00Z");
    EXPECT_EQ(to_rfc3339(at(1'795'253'400'500'000)), "2026-11-21T09:30:00.5Z");
    EXPECT_EQ(to_rfc3339(at(1'795'253'400'000'001)), "2026-11-21T09:30:00.000001Z");
    EXPECT_EQ(to_rfc3339(at(1'795'253'400'120'300)), "2026-11-21T09:30:00.1203Z");
    EXPECT_EQ(to_rfc3339(at(1'709'164'800'000'000)), "2024-02-29T00:00:00Z");
}

TEST(Rfc3339, times_before_1970_count_forward_within_their_second)
{
    EXPECT_EQ(to_rfc3339(at(-1)), "1969-12-31T23:59:59.999999Z");
    EXPECT_EQ(to_rfc3339(at(-1'000'000)), "1969-12-31T23:59:59Z");
    EXPECT_EQ(to_rfc3339(at(-500'000)), "1969-12-31T23:59:59.5Z");
    EXPECT_EQ(to_rfc3339(at(-86'400'000'000)), "1969-12-31T00:00:00Z");
}

TEST(Rfc3339, years_that_four_digits_cannot_say_have_a_sign_and_six)
{
    EXPECT_EQ(to_rfc3339(at(253'402'300'799'999'999)), "9999-12-31T23:59:59.999999Z");
    EXPECT_EQ(to_rfc3339(at(253'402'300'800'000'000)), "+010000-01-01T00:00:00Z");
    EXPECT_EQ(to_rfc3339(at(-62'167'219'200'000'000)), "0000-01-01T00:00:00Z");
    EXPECT_EQ(to_rfc3339(at(-62'167'219'200'000'001)), "-000001-12-31T23:59:59.999999Z");
    EXPECT_EQ(to_rfc3339(Time::max()), "+294247-01-10T04:00:54.775807Z");
    EXPECT_EQ(to_rfc3339(Time::min()), "-290308-12-21T19:59:05.224192Z");
}

TEST(Rfc3339, it_agrees_with_the_calendar_of_the_standard_library)
{
    std::mt19937_64 random(20260102);
    std::uniform_int_distribution<std::int64_t> seconds(-62'135'596'800, 253'402'300'799);
    for (int i = 0; i < 20'000; ++i) {
        const std::chrono::sys_seconds time(std::chrono::seconds(seconds(random)));
        const auto day = std::chrono::floor<std::chrono::days>(time);
        const std::chrono::year_month_day date(day);
        const std::chrono::hh_mm_ss clock(time - day);
        char text[64];
        std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", int{date.year()}, unsigned{date.month()},
                      unsigned{date.day()}, static_cast<int>(clock.hours().count()),
                      static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()));
        ASSERT_EQ(to_rfc3339(time), text);
    }
}

TEST(Engine, it_has_a_name)
{
    EXPECT_EQ(to_string(Engine::postgresql), "postgresql");
    EXPECT_EQ(to_string(Engine::sqlite), "sqlite");
}

} // namespace
} // namespace trunkline::db
