// SPDX-License-Identifier: MIT
#include "postgres/cells.hpp"

#include "postgres/server_types.hpp"

#include <charconv>
#include <stdexcept>

namespace trunkline::db::postgres {

namespace {

/// Reads a text from left to right; what does not fit is an error with the text's kind.
class Reader {
public:
    Reader(std::string_view text, const char* kind) : text_(text), kind_(kind) {}

    [[noreturn]] void fail() const
    {
        throw std::invalid_argument(std::string("the server sent ") + kind_ + " that cannot be read");
    }

    bool take(std::string_view word)
    {
        if (!text_.starts_with(word)) return false;
        text_.remove_prefix(word.size());
        return true;
    }
    void need(std::string_view word)
    {
        if (!take(word)) fail();
    }
    template <class T>
    T number()
    {
        T found{};
        const auto [end, problem] = std::from_chars(text_.data(), text_.data() + text_.size(), found);
        if (problem != std::errc{}) fail();
        text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
        return found;
    }
    /// Digits without a sign, from `min` to `max`.
    std::int64_t digits(std::int64_t min, std::int64_t max)
    {
        if (text_.empty() || text_[0] < '0' || text_[0] > '9') fail();
        const auto found = number<std::int64_t>();
        if (found < min || found > max) fail();
        return found;
    }
    /// ".5" is half a million: the digits after the point, filled up to six.
    std::int64_t fraction_us()
    {
        if (!take(".")) return 0;
        std::int64_t us = 0;
        int taken = 0;
        for (; taken < 6 && !text_.empty() && text_[0] >= '0' && text_[0] <= '9'; text_.remove_prefix(1), ++taken)
            us = us * 10 + (text_[0] - '0');
        for (; taken < 6; ++taken) us *= 10;
        return us; // a seventh digit is left over, and nothing reads it
    }
    void end() const
    {
        if (!text_.empty()) fail();
    }

private:
    std::string_view text_;
    const char* kind_;
};

/// Days since 1970 of a date of the proleptic Gregorian calendar, for years beyond those of std::chrono::year too.
constexpr std::int64_t days_of(std::int64_t year, std::int64_t month, std::int64_t day)
{
    year -= month <= 2;
    const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
    const std::int64_t year_of_era = year - era * 400;
    const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146'097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719'468;
}
static_assert(days_of(1970, 1, 1) == 0 && days_of(2000, 1, 1) == epoch_days && days_of(2000, 2, 29) == epoch_days + 59);
static_assert(days_of(-4713, 11, 24) == first_day && days_of(5'874'898, 1, 1) == end_day);

constexpr std::int64_t year_max = 5'874'897; // the server's last

struct Day {
    std::int64_t year, month, day;
    std::int64_t number(bool before_christ) const { return days_of(before_christ ? 1 - year : year, month, day); }
};

Day read_day(Reader& from)
{
    const auto year = from.digits(1, year_max);
    from.need("-");
    const auto month = from.digits(1, 12);
    from.need("-");
    return {year, month, from.digits(1, 31)};
}

/// "+05:30", "-03", "+00:19:32" in seconds east of Greenwich; nothing is zero.
std::int64_t read_offset(Reader& from)
{
    const bool west = from.take("-");
    if (!west && !from.take("+")) return 0;
    std::int64_t seconds = from.digits(0, 24) * 3600;
    if (from.take(":")) seconds += from.digits(0, 59) * 60;
    if (from.take(":")) seconds += from.digits(0, 59);
    return west ? -seconds : seconds;
}

std::int64_t read_clock_us(Reader& from)
{
    const auto hour = from.digits(0, 24);
    from.need(":");
    const auto minute = from.digits(0, 59);
    from.need(":");
    const auto second = from.digits(0, 60);
    return ((hour * 60 + minute) * 60 + second) * 1'000'000 + from.fraction_us();
}

Value decode_time(std::string_view text)
{
    if (text == "infinity") return {Type::time, Time::max()};
    if (text == "-infinity") return {Type::time, Time::min()};
    Reader from(text, "a time");
    const Day day = read_day(from);
    from.need(" ");
    const std::int64_t clock = read_clock_us(from) - read_offset(from) * 1'000'000;
    const std::int64_t number = day.number(from.take(" BC"));
    from.end();
    std::int64_t us = 0;
    if (__builtin_mul_overflow(number, day_us, &us) || __builtin_add_overflow(us, clock, &us) ||
        us == Time::max().time_since_epoch().count()) // which is infinity
        throw std::invalid_argument("the time is beyond the years of db::Time");
    return {Type::time, Time(std::chrono::microseconds(us))};
}

Value decode_date(std::string_view text)
{
    if (text == "infinity") return {Type::date, Date::max()};
    if (text == "-infinity") return {Type::date, Date::min()};
    Reader from(text, "a date");
    const Day day = read_day(from);
    const std::int64_t number = day.number(from.take(" BC"));
    from.end();
    return {Type::date, Date(std::chrono::days(number))};
}

[[noreturn]] void fail_bytes() { throw std::invalid_argument("the server sent bytes that cannot be read"); }

int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    fail_bytes();
}

/// "000" to "377".
std::byte octal_byte(std::string_view digits)
{
    int value = 0;
    for (const char c : digits) {
        if (c < '0' || c > '7') fail_bytes();
        value = value * 8 + (c - '0');
    }
    if (digits.size() != 3 || value > 255) fail_bytes();
    return static_cast<std::byte>(value);
}

/// `\x0a0b`: bytea_output = hex.
std::vector<std::byte> decode_hex(std::string_view text)
{
    if (text.size() % 2 != 0) fail_bytes();
    std::vector<std::byte> bytes;
    bytes.reserve(text.size() / 2);
    for (std::size_t at = 0; at + 1 < text.size(); at += 2)
        bytes.push_back(static_cast<std::byte>(hex_digit(text[at]) * 16 + hex_digit(text[at + 1])));
    return bytes;
}

/// `a\\b\000`: bytea_output = escape.
std::vector<std::byte> decode_escaped(std::string_view text)
{
    std::vector<std::byte> bytes;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '\\') bytes.push_back(static_cast<std::byte>(text[at]));
        else if (text.substr(at, 2) == "\\\\") bytes.push_back(static_cast<std::byte>(text[++at]));
        else {
            bytes.push_back(octal_byte(text.substr(at + 1, 3)));
            at += 3;
        }
    }
    return bytes;
}

template <class T>
T decode_number(std::string_view text, const char* kind)
{
    Reader from(text, kind);
    const T number = from.number<T>();
    from.end();
    return number;
}

Type type_of(Oid type)
{
    switch (type) {
    case bool_oid: return Type::boolean;
    case int2_oid: return Type::int16;
    case int4_oid: return Type::int32;
    case int8_oid:
    case oid_oid: return Type::int64;
    case float4_oid:
    case float8_oid: return Type::float64;
    case bytea_oid: return Type::bytes;
    case uuid_oid: return Type::uuid;
    case timestamp_oid:
    case timestamptz_oid: return Type::time;
    case date_oid: return Type::date;
    case json_oid:
    case jsonb_oid: return Type::json;
    case numeric_oid: return Type::numeric;
    default: return Type::text;
    }
}

/// The type of an array's elements; 0 when `type` is none of the arrays that are read as such.
Oid element_of(Oid type)
{
    switch (type) {
    case bool_array_oid: return bool_oid;
    case int2_array_oid: return int2_oid;
    case int4_array_oid: return int4_oid;
    case int8_array_oid: return int8_oid;
    case oid_array_oid: return oid_oid;
    case float4_array_oid: return float4_oid;
    case float8_array_oid: return float8_oid;
    case uuid_array_oid: return uuid_oid;
    case timestamp_array_oid: return timestamp_oid;
    case timestamptz_array_oid: return timestamptz_oid;
    case date_array_oid: return date_oid;
    case numeric_array_oid: return numeric_oid;
    case json_array_oid: return json_oid;
    case jsonb_array_oid: return jsonb_oid;
    case name_array_oid:
    case text_array_oid:
    case bpchar_array_oid:
    case varchar_array_oid: return text_oid;
    default: return 0;
    }
}

Value decode_scalar(Oid type, std::string_view text)
{
    switch (type_of(type)) {
    case Type::boolean:
        if (text != "t" && text != "f") throw std::invalid_argument("the server sent a boolean that cannot be read");
        return {Type::boolean, text == "t"};
    case Type::int16:
    case Type::int32:
    case Type::int64: return {type_of(type), decode_number<std::int64_t>(text, "an integer")};
    case Type::float64:
        // The shortest text of a float4 is exact as a float, and as a double it would be another number.
        if (type == float4_oid) return {Type::float64, static_cast<double>(decode_number<float>(text, "a number"))};
        return {Type::float64, decode_number<double>(text, "a number")};
    case Type::bytes:
        return {Type::bytes, Bytes(text.starts_with("\\x") ? decode_hex(text.substr(2)) : decode_escaped(text))};
    case Type::uuid: {
        const auto id = Uuid::parse(text);
        if (!id) throw std::invalid_argument("the server sent a uuid that cannot be read");
        return {Type::uuid, *id};
    }
    case Type::time: return decode_time(text);
    case Type::date: return decode_date(text);
    case Type::json:
    case Type::numeric:
    case Type::text: break;
    }
    return {type_of(type), std::string(text)};
}

/// Reads `{1,NULL,"a \"quoted\" one"}`.
class ArrayReader {
public:
    ArrayReader(Oid element, std::string_view text) : element_(element), rest_(text) {}

    Array read()
    {
        skip_bounds();
        need('{');
        std::vector<Value> elements;
        if (!take('}')) {
            do elements.push_back(element());
            while (take(','));
            need('}');
        }
        if (!rest_.empty()) fail();
        return Array(std::move(elements));
    }

private:
    [[noreturn]] static void fail() { throw std::invalid_argument("the server sent an array that cannot be read"); }

    bool take(char wanted)
    {
        if (!rest_.starts_with(wanted)) return false;
        rest_.remove_prefix(1);
        return true;
    }
    void need(char wanted)
    {
        if (!take(wanted)) fail();
    }

    /// `[0:2]=`, in front of an array whose first element is not the first: a vector has no such thing.
    void skip_bounds()
    {
        if (!rest_.starts_with('[')) return;
        const auto equals = rest_.find('=');
        if (equals == rest_.npos) fail();
        if (rest_.substr(0, equals).find('[', 1) != rest_.npos) refuse_dimensions();
        rest_.remove_prefix(equals + 1);
    }

    [[noreturn]] static void refuse_dimensions()
    {
        throw std::invalid_argument("an array of several dimensions has no place in a std::vector of scalars");
    }

    Value element()
    {
        if (rest_.starts_with('{')) refuse_dimensions();
        if (take('"')) return decode_scalar(element_, quoted());
        const auto plain = rest_.substr(0, std::min(rest_.find_first_of(",}"), rest_.size()));
        rest_.remove_prefix(plain.size());
        if (plain.empty()) fail();
        if (plain == "NULL") return {type_of(element_), std::monostate{}};
        return decode_scalar(element_, plain);
    }

    std::string quoted()
    {
        std::string text;
        while (!take('"')) {
            take('\\');
            if (rest_.empty()) fail();
            text += rest_.front();
            rest_.remove_prefix(1);
        }
        return text;
    }

    Oid element_;
    std::string_view rest_;
};

} // namespace

Value decode_null(Oid type)
{
    if (const Oid element = element_of(type)) return Value::null_array(type_of(element));
    return {type_of(type), std::monostate{}};
}

Value decode(Oid type, std::string_view text)
{
    const Oid element = element_of(type);
    if (element == 0) return decode_scalar(type, text);
    return {type_of(element), ArrayReader(element, text).read()};
}

} // namespace trunkline::db::postgres
