// SPDX-License-Identifier: MIT
#include <trunkline/db/error.hpp>
#include <trunkline/db/value.hpp>

#include "json_array.hpp"

#include <boost/describe/enum.hpp>
#include <gtest/gtest.h>

#include <cmath>
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
    EXPECT_EQ(from_value<T>(Value(encoded)), value); // taken
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

TEST(Value, who_takes_a_long_one_makes_no_copy)
{
    const auto in_place = [](auto value) {
        Value cell = to_value(value);
        const void* before = nullptr;
        if (auto* text = std::get_if<std::string>(&cell.content())) before = text->data();
        if (auto* bytes = std::get_if<Bytes>(&cell.content())) before = bytes->value().data();
        return std::pair(before, from_value<decltype(value)>(std::move(cell)));
    };
    const std::string text(1000, 'x');
    const auto [of_text, taken_text] = in_place(text);
    EXPECT_EQ(of_text, taken_text.data());
    const auto [of_optional, taken_optional] = in_place(std::optional(text));
    EXPECT_EQ(of_optional, taken_optional->data());
    const auto [of_json, taken_json] = in_place(Json(text));
    EXPECT_EQ(of_json, taken_json.text().data());
    const auto [of_bytes, taken_bytes] = in_place(Bytes::from(text));
    EXPECT_EQ(of_bytes, taken_bytes.value().data());
    EXPECT_THROW((void)from_value<std::string>(to_value(1)), DecodeError);
    EXPECT_THROW((void)from_value<Bytes>(to_value(1)), DecodeError);
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

// -- Numbers that are wanted as others ---------------------------------------------

TEST(Value, a_double_is_read_only_from_an_integer_that_it_can_hold)
{
    constexpr std::int64_t odd = (std::int64_t{1} << 53) + 1;
    EXPECT_EQ(from_value<double>(to_value(odd - 1)), 9007199254740992.0);
    EXPECT_EQ(refusal<double>(to_value(odd)).sqlstate, "22003");
    EXPECT_EQ(refusal<double>(to_value(std::numeric_limits<std::int64_t>::max())).sqlstate, "22003");
    EXPECT_EQ(from_value<double>(to_value(std::numeric_limits<std::int64_t>::min())), -0x1p63);
}

TEST(Value, a_float_is_read_only_from_a_double_that_it_can_hold)
{
    EXPECT_EQ(from_value<float>(to_value(0.5)), 0.5f);
    EXPECT_EQ(from_value<float>(to_value(0.1f)), 0.1f);
    EXPECT_EQ(refusal<float>(to_value(0.1)).sqlstate, "22003");
    EXPECT_EQ(refusal<float>(to_value(1e300)).sqlstate, "22003");
    EXPECT_TRUE(std::isnan(from_value<float>(to_value(std::numeric_limits<double>::quiet_NaN()))));
    EXPECT_EQ(from_value<float>(to_value(-HUGE_VAL)), -HUGE_VALF);
}

TEST(Value, a_numeric_is_read_as_another_number_only_when_nothing_is_lost)
{
    const auto numeric = [](std::string_view text) { return to_value(Numeric(text)); };
    EXPECT_EQ(from_value<std::int64_t>(numeric("9223372036854775807")), std::numeric_limits<std::int64_t>::max());
    EXPECT_EQ(from_value<std::int16_t>(numeric("-12.000")), -12);
    for (const char* text : {"9223372036854775808", "12.5", "NaN", "Infinity"})
        EXPECT_EQ(refusal<std::int64_t>(numeric(text)).sqlstate, "22003") << text;
    EXPECT_EQ(refusal<std::int16_t>(numeric("40000")).sqlstate, "22003");
    EXPECT_EQ(from_value<double>(numeric("0.5000")), 0.5);
    EXPECT_EQ(from_value<double>(numeric("-1208925819614629174706176")), -0x1p80);
    EXPECT_EQ(from_value<double>(numeric("0.0000000000000000000000000000000000000000000000000000")), 0.0);
    EXPECT_EQ(from_value<double>(numeric("-Infinity")), -HUGE_VAL);
    EXPECT_TRUE(std::isnan(from_value<double>(numeric("NaN"))));
    for (const char* text : {"0.1", "9007199254740993", "0.50000000000000000000000000000000000000000000000001"})
        EXPECT_NE(refusal<double>(numeric(text)).message.find("db::Numeric"), std::string::npos) << text;
    EXPECT_EQ(from_value<std::string>(numeric("1.50")), "1.50") << "as text it can always be read";
}

// -- Numeric -----------------------------------------------------------------------

TEST(NumericText, it_is_kept_as_postgresql_would_spell_it)
{
    const std::pair<const char*, const char*> spellings[] = {
        {"0", "0"},
        {"-0", "0"},
        {"-0.00", "0.00"},
        {"+1", "1"},
        {"007", "7"},
        {".5", "0.5"},
        {"5.", "5"},
        {"-12.50", "-12.50"},
        {"nan", "NaN"},
        {"INF", "Infinity"},
        {"-inf", "-Infinity"},
        {"+Infinity", "Infinity"},
        {"12345678901234567890.12345678901234567890", "12345678901234567890.12345678901234567890"}};
    for (const auto& [given, kept] : spellings) EXPECT_EQ(Numeric(given).text(), kept);
    EXPECT_EQ(Numeric().text(), "0");
    EXPECT_EQ(Numeric(-42).text(), "-42");
    EXPECT_EQ(Numeric(0), Numeric());
}

TEST(NumericText, what_is_not_a_decimal_number_is_refused)
{
    for (const char* text :
         {"", "-", ".", "1e5", "1,5", " 1", "1 ", "0x10", "--1", "+-1", "1.2.3", "-NaN", "nano", "١"})
        EXPECT_FALSE(Numeric::parse(text)) << text;
    EXPECT_THROW(Numeric("twelve"), UsageError);
    EXPECT_TRUE(Numeric::parse(std::string(131'072, '9') + '.' + std::string(16'383, '9')));
    EXPECT_FALSE(Numeric::parse(std::string(131'073, '9')));
    EXPECT_FALSE(Numeric::parse("0." + std::string(16'384, '9')));
}

TEST(NumericText, two_are_equal_when_they_are_spelled_alike)
{
    EXPECT_EQ(Numeric("1.50"), Numeric("+01.50"));
    EXPECT_NE(Numeric("1.5"), Numeric("1.50"));
}

// -- Arrays ------------------------------------------------------------------------

TEST(ValueArray, it_comes_back_as_it_went_in_and_keeps_the_type_of_its_elements)
{
    const auto round_trip = []<class T>(const std::vector<T>& values, Type type) {
        const Value encoded = to_value(values);
        EXPECT_TRUE(encoded.is_array());
        EXPECT_EQ(encoded.type(), type);
        EXPECT_EQ(from_value<std::vector<T>>(encoded), values);
    };
    round_trip(std::vector<bool>{true, false, true}, Type::boolean);
    round_trip(std::vector<std::int32_t>{1, -2, 3}, Type::int32);
    round_trip(std::vector<std::int64_t>{}, Type::int64);
    round_trip(std::vector<std::string>{"", "a", "\"{}\\"}, Type::text);
    round_trip(std::vector<Uuid>{new_uuid(), Uuid()}, Type::uuid);
    round_trip(std::vector<Numeric>{Numeric("1.50")}, Type::numeric);
    round_trip(std::vector<Status>{Status::on_hold, Status::active}, Type::text);
    round_trip(std::vector<std::optional<double>>{0.1, std::nullopt}, Type::float64);
}

TEST(ValueArray, an_empty_optional_is_a_null_that_is_still_an_array)
{
    const Value null = to_value(std::optional<std::vector<Uuid>>());
    EXPECT_TRUE(null.is_null());
    EXPECT_TRUE(null.is_array());
    EXPECT_EQ(null.type(), Type::uuid);
    EXPECT_NE(null, to_value(std::optional<Uuid>()));
    EXPECT_EQ(from_value<std::optional<std::vector<Uuid>>>(null), std::nullopt);
    EXPECT_EQ(refusal<std::vector<Uuid>>(null).sqlstate, "22002");
}

TEST(ValueArray, an_element_that_does_not_fit_is_named_by_its_number)
{
    const Value holed = to_value(std::vector<std::optional<int>>{1, std::nullopt});
    EXPECT_NE(refusal<std::vector<int>>(holed).message.find("element 2: found NULL"), std::string::npos);
    const Value wide = to_value(std::vector<int>{70'000});
    EXPECT_EQ(refusal<std::vector<std::int16_t>>(wide).message,
              "element 1: found 70000 where an integer from -32768 to 32767 is wanted");
}

TEST(ValueArray, it_is_no_scalar_and_a_scalar_is_no_array)
{
    EXPECT_EQ(refusal<int>(to_value(std::vector<int>{1})).message,
              "found an array (each element a 32-bit integer) where an integer is wanted");
    EXPECT_EQ(refusal<std::vector<int>>(to_value(1)).message, "found a 32-bit integer where an array is wanted");
}

TEST(ValueArray, where_there_are_no_arrays_it_is_json)
{
    const auto json = [](const auto& values) {
        const Value array = to_value(values);
        return detail::to_json(std::get<Array>(array.content()));
    };
    EXPECT_EQ(json(std::vector<int>{}), "[]");
    EXPECT_EQ(json(std::vector<std::optional<int>>{1, std::nullopt, -3}), "[1,null,-3]");
    EXPECT_EQ(json(std::vector<bool>{true, false}), "[true,false]");
    EXPECT_EQ(json(std::vector<double>{0.1, 5, -0.0, 1e22, -HUGE_VAL}), "[0.1,5.0,-0.0,1e+22,-1e999]");
    EXPECT_EQ(json(std::vector<std::string>{"", "a\"\\\n\x01", "Grüße"}), R"(["","a\"\\\u000a\u0001","Grüße"])");
    EXPECT_EQ(json(std::vector<Time>{at(-1)}), "[-1]");
    EXPECT_EQ(json(std::vector<Date>{Date(std::chrono::year(2024) / 2 / 29)}), R"(["2024-02-29"])");
    EXPECT_EQ(json(std::vector<Uuid>{Uuid()}), R"(["00000000-0000-0000-0000-000000000000"])");
    EXPECT_EQ(json(std::vector<Numeric>{Numeric("1.50")}), R"(["1.50"])");
    EXPECT_EQ(json(std::vector<Json>{Json("{\"a\":1}")}), R"(["{\"a\":1}"])");
    EXPECT_THROW(json(std::vector<double>{std::numeric_limits<double>::quiet_NaN()}), Error);
}

TEST(ValueArray, json_is_read_whoever_wrote_it)
{
    EXPECT_EQ(from_value<std::vector<int>>(to_value(" [ 1 ,\n2 ] ")), (std::vector<int>{1, 2}));
    EXPECT_EQ(from_value<std::vector<std::string>>(to_value(R"(["\u00fc\ud83d\ude00\/\b\f\t"])")),
              (std::vector<std::string>{"ü😀/\b\f\t"}));
    EXPECT_EQ(from_value<std::vector<double>>(to_value("[1,2.5,1E3,-1e999]")),
              (std::vector<double>{1, 2.5, 1000, -HUGE_VAL}));
    for (const char* text : {"", "{}", "[", "[1", "[1,]", "[,]", "[1] 2", "[[1]]", "[{}]", "[nul]", "[+1]", "[\"a]",
                             "[\"\\x\"]", "[\"\\ud800\"]", "[1e-999]", "1"})
        EXPECT_EQ(refusal<std::vector<std::optional<double>>>(to_value(text)).sqlstate, "22P02") << text;
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
