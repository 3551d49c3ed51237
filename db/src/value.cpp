// SPDX-License-Identifier: MIT
#include <trunkline/db/error.hpp>
#include <trunkline/db/value.hpp>

#include "decimal.hpp"
#include "json_array.hpp"

#include <cmath>
#include <limits>

namespace trunkline::db {

// -- Array -------------------------------------------------------------------------

Array::Array(std::vector<Value> elements) noexcept : elements_(std::move(elements)) {}
Array::Array(const Array&) = default;
Array::Array(Array&&) noexcept = default;
Array& Array::operator=(const Array&) = default;
Array& Array::operator=(Array&&) noexcept = default;
Array::~Array() = default;

bool operator==(const Array& a, const Array& b) { return a.elements_ == b.elements_; }

} // namespace trunkline::db

namespace trunkline::db::detail {

namespace {

std::string_view words(Type type)
{
    switch (type) {
    case Type::boolean: return "a boolean";
    case Type::int16: return "a 16-bit integer";
    case Type::int32: return "a 32-bit integer";
    case Type::int64: return "a 64-bit integer";
    case Type::float64: return "a floating-point number";
    case Type::text: return "text";
    case Type::bytes: return "bytes";
    case Type::uuid: return "a UUID";
    case Type::time: return "a time";
    case Type::date: return "a date";
    case Type::json: return "JSON";
    case Type::numeric: return "a numeric";
    }
    return "something unknown";
}

std::string words(const Value& value)
{
    if (!value.is_array()) return std::string(words(value.type()));
    return "an array (each element " + std::string(words(value.type())) + ")";
}

/// The statement itself went through: `applied`, so that nobody runs it again for this.
[[noreturn]] void fail(std::string_view sqlstate, std::string message)
{
    ErrorInfo info;
    info.message = std::move(message);
    info.sqlstate = sqlstate;
    info.outcome = Outcome::applied;
    throw DecodeError(std::move(info));
}

template <class T>
const T* held(const Value& value) noexcept
{
    return std::get_if<T>(&value.content());
}

[[noreturn]] void refuse(const Value& value, std::string_view wanted)
{
    if (value.is_null()) decode_null();
    decode_mismatch(value, wanted);
}

/// The text of a numeric, which may be wanted as another kind of number.
const std::string* numeric_text(const Value& value) noexcept
{
    return value.type() == Type::numeric ? held<std::string>(value) : nullptr;
}

[[noreturn]] void refuse_inexact(std::string_view wanted)
{
    fail("22003", "found a number that is not exactly " + std::string(wanted) +
                      ": read it as db::Numeric, or round it in the SQL with a cast");
}

/// The number that all of `text` is, or -1.
int number(std::string_view text)
{
    int value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return -1;
        value = value * 10 + (c - '0');
    }
    return value;
}

std::optional<Date> parse_date(std::string_view text)
{
    if (text == "infinity") return Date::max();
    if (text == "-infinity") return Date::min();
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
    const int year = number(text.substr(0, 4)), month = number(text.substr(5, 2)), day = number(text.substr(8, 2));
    if (year < 0 || month < 0 || day < 0) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    if (!date.ok()) return std::nullopt;
    return std::chrono::sys_days(date);
}

} // namespace

void decode_null() { fail("22002", "found NULL where a value is wanted: use std::optional if it may be absent"); }

void decode_mismatch(const Value& found, std::string_view wanted)
{
    fail("42804", "found " + words(found) + " where " + std::string(wanted) + " is wanted");
}

void decode_narrowing(std::int64_t found, std::string_view wanted)
{
    fail("22003", "found " + std::to_string(found) + " where " + std::string(wanted) + " is wanted");
}

void decode_unknown_name(std::string_view)
{
    // The text itself stays out: a column that was mixed up may hold a person's name.
    fail("22P02", "found text that is none of the enumerators' names");
}

std::int64_t decode_integer(const Value& value, std::int64_t min, std::int64_t max, std::string_view wanted)
{
    const auto* found = held<std::int64_t>(value);
    std::optional<std::int64_t> exact;
    if (const auto* text = numeric_text(value)) {
        exact = exact_integer(*text);
        if (!exact) refuse_inexact(wanted);
        found = &*exact;
    }
    if (!found) refuse(value, wanted);
    if (*found < min || *found > max)
        decode_narrowing(*found, std::string(wanted) + " from " + std::to_string(min) + " to " + std::to_string(max));
    return *found;
}

double decode_double(const Value& value)
{
    constexpr auto wanted = "a floating-point number";
    if (const auto* found = held<double>(value)) return *found;
    if (const auto* found = held<std::int64_t>(value)) {
        const auto made = static_cast<double>(*found);
        if (made >= 0x1p63 || static_cast<std::int64_t>(made) != *found) decode_narrowing(*found, wanted);
        return made;
    }
    const auto* text = numeric_text(value);
    if (!text) refuse(value, wanted);
    const auto exact = exact_double(*text);
    if (!exact) refuse_inexact(wanted);
    return *exact;
}

float decode_float(const Value& value)
{
    const double found = decode_double(value);
    const auto made = static_cast<float>(found);
    if (static_cast<double>(made) != found && !std::isnan(found)) refuse_inexact("a floating-point number of 32 bits");
    return made;
}

bool decode_bool(const Value& value)
{
    if (const auto* found = held<bool>(value)) return *found;
    const auto* found = held<std::int64_t>(value);
    if (!found) refuse(value, "a boolean");
    if (*found != 0 && *found != 1) decode_narrowing(*found, "a boolean (0 or 1)");
    return *found == 1;
}

const std::string& decode_text(const Value& value)
{
    if (const auto* found = held<std::string>(value)) return *found;
    refuse(value, "text");
}

std::string decode_text(Value&& value)
{
    if (auto* found = std::get_if<std::string>(&value.content())) return std::move(*found);
    refuse(value, "text");
}

Bytes decode_bytes(const Value& value)
{
    if (const auto* found = held<Bytes>(value)) return *found;
    refuse(value, "bytes");
}

Bytes decode_bytes(Value&& value)
{
    if (auto* found = std::get_if<Bytes>(&value.content())) return std::move(*found);
    refuse(value, "bytes");
}

Uuid decode_uuid(const Value& value)
{
    if (const auto* found = held<Uuid>(value)) return *found;
    if (const auto* found = held<Bytes>(value)) {
        const std::string_view bytes = found->view();
        Uuid::Bytes16 made{};
        if (bytes.size() != made.size())
            fail("22P02", "found " + std::to_string(bytes.size()) + " bytes where a UUID of 16 is wanted");
        std::copy(bytes.begin(), bytes.end(), made.begin());
        return Uuid(made);
    }
    const auto* text = held<std::string>(value);
    if (!text) refuse(value, "a UUID");
    const auto made = Uuid::parse(*text);
    if (!made) fail("22P02", "found text that is not a UUID of the form 8-4-4-4-12");
    return *made;
}

Time decode_time(const Value& value)
{
    if (const auto* found = held<Time>(value)) return *found;
    if (const auto* found = held<std::int64_t>(value)) return Time(std::chrono::microseconds(*found));
    refuse(value, "a time");
}

Date decode_date(const Value& value)
{
    if (const auto* found = held<Date>(value)) return *found;
    const auto* text = held<std::string>(value);
    if (!text) refuse(value, "a date");
    const auto made = parse_date(*text);
    if (!made) fail("22007", "found text that is not a date of the form YYYY-MM-DD");
    return *made;
}

Numeric decode_numeric(const Value& value)
{
    if (const auto* found = held<std::int64_t>(value)) return Numeric(*found);
    const auto* text = held<std::string>(value);
    if (!text) refuse(value, "a numeric");
    auto made = Numeric::parse(*text);
    if (!made) fail("22P02", "found text that is not a decimal number");
    return std::move(*made);
}

Array decode_array(const Value& value)
{
    if (const auto* found = held<Array>(value)) return *found;
    const auto* text = held<std::string>(value);
    if (!text) refuse(value, "an array");
    auto made = read_json_array(*text);
    if (!made) fail("22P02", "found text that is not a JSON array of scalars");
    return std::move(*made);
}

void rethrow_for_element(std::size_t index)
{
    try {
        throw;
    } catch (const DecodeError& error) {
        ErrorInfo info = error.info();
        info.message = "element " + std::to_string(index + 1) + ": " + info.message;
        throw DecodeError(std::move(info));
    }
}

} // namespace trunkline::db::detail
