// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/value.hpp>

#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>

namespace trunkline::db::testing {

/// Values of every type, drawn by chance so that the odd ones come often; the same for the same seed.
class RandomValues {
public:
    explicit RandomValues(std::uint64_t seed) : random_(seed) {}

    /// The seeds of a run: TRUNKLINE_SEED alone, or `usually` of them.
    static std::vector<std::uint64_t> seeds(std::uint64_t usually)
    {
        const char* const asked = std::getenv("TRUNKLINE_SEED");
        if (asked) return {std::strtoull(asked, nullptr, 10)};
        std::vector<std::uint64_t> seeds(usually);
        for (std::uint64_t n = 0; n < usually; ++n) seeds[n] = n + 1;
        return seeds;
    }

    template <class T>
    T any()
    {
        T value{};
        draw(value);
        return value;
    }
    /// Up to eight, and none quite often; every fifth of an optional is NULL.
    template <class T>
    std::vector<std::optional<T>> some()
    {
        std::vector<std::optional<T>> values(below(9));
        for (auto& value : values)
            if (!one_in(5)) value = any<T>();
        return values;
    }

    std::uint64_t below(std::uint64_t end) { return random_() % end; }
    bool one_in(std::uint64_t many) { return below(many) == 0; }

private:
    void draw(bool& value) { value = one_in(2); }
    template <std::signed_integral T>
    void draw(T& value)
    {
        switch (below(4)) {
        case 0: value = std::numeric_limits<T>::min() + static_cast<T>(below(2)); return;
        case 1: value = std::numeric_limits<T>::max() - static_cast<T>(below(2)); return;
        default: value = static_cast<T>(static_cast<T>(random_()) >> below(sizeof(T) * 8));
        }
    }
    void draw(double& value)
    {
        constexpr double odd[] = {0.0,
                                  -0.0,
                                  0.1,
                                  5e-324,
                                  -2.2250738585072014e-308,
                                  1.7976931348623157e308,
                                  HUGE_VAL,
                                  -HUGE_VAL,
                                  std::numeric_limits<double>::quiet_NaN()};
        if (one_in(4)) value = odd[below(std::size(odd))];
        else if (one_in(3)) value = static_cast<double>(any<std::int64_t>() % 100'000) / 100;
        else value = std::bit_cast<double>(random_());
        if (value != value) value = std::numeric_limits<double>::quiet_NaN(); // of all of them, one
    }
    void draw(std::string& value)
    {
        for (auto length = below(12); length > 0; --length) append_character(value);
    }
    /// In the spelling of jsonb, so that it stays as it is.
    void draw(Json& value)
    {
        std::string text = "{\"k\": [" + std::to_string(any<std::int32_t>()) + ", null, ";
        text += one_in(2) ? "true, \"" : "false, \"";
        for (const char c : any<std::string>()) append_json(text, c);
        value = Json(text + "\"]}");
    }
    void draw(Bytes& value)
    {
        std::vector<std::byte> bytes(below(20));
        for (auto& byte : bytes) byte = static_cast<std::byte>(random_());
        value = Bytes(std::move(bytes));
    }
    void draw(Uuid& value)
    {
        Uuid::Bytes16 bytes{};
        for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random_());
        value = Uuid(bytes);
    }
    /// From 4714 BC to the last one there is, and the infinities.
    void draw(Time& value)
    {
        constexpr std::int64_t first = -210'866'803'200'000'000;
        if (one_in(8)) value = one_in(2) ? Time::max() : Time::min();
        else if (one_in(8)) value = Time(std::chrono::microseconds(one_in(2) ? first : -1));
        else if (one_in(2)) value = Time(std::chrono::microseconds(any<std::int32_t>()));
        else
            value = Time(std::chrono::microseconds(
                static_cast<std::int64_t>(static_cast<std::uint64_t>(first) + below(9'434'238'839'975'807'000u))));
    }
    /// All that PostgreSQL has, the years of SQLite more often.
    void draw(Date& value)
    {
        if (one_in(8)) value = one_in(2) ? Date::max() : Date::min();
        else if (one_in(3)) value = Date(std::chrono::days(static_cast<int>(below(2'147'483'494)) - 2'440'588));
        else value = Date(std::chrono::days(static_cast<int>(below(3'652'000)) - 719'000));
    }
    void draw(Numeric& value)
    {
        if (one_in(8)) return void(value = Numeric(one_in(2) ? "NaN" : one_in(2) ? "Infinity" : "-Infinity"));
        std::string text(one_in(2) ? "" : "-");
        for (auto digits = 1 + below(40); digits > 0; --digits) text += static_cast<char>('0' + below(10));
        if (one_in(2)) text += '.';
        if (text.back() == '.')
            for (auto digits = 1 + below(40); digits > 0; --digits) text += static_cast<char>('0' + below(10));
        value = Numeric(text);
    }

    /// Any code point but NUL; those that something may trip over more often.
    void append_character(std::string& to)
    {
        constexpr std::string_view odd = "\"'\\{}[],; \n\r\t$%?:x\x01\x1f\x7f";
        if (one_in(2)) {
            to += odd[below(odd.size())];
            return;
        }
        constexpr unsigned ends[] = {0x80, 0x800, 0x10000, 0x110000};
        unsigned point = 1 + static_cast<unsigned>(below(ends[below(4)] - 1));
        if (point >= 0xd800 && point < 0xe000) point -= 0x800;
        append_utf8(to, point);
    }
    static void append_utf8(std::string& to, unsigned point)
    {
        const auto byte = [&to](unsigned bits) { to += static_cast<char>(bits); };
        if (point < 0x80) return byte(point);
        if (point < 0x800) byte(0xc0 | point >> 6);
        else if (point < 0x10000) byte(0xe0 | point >> 12), byte(0x80 | (point >> 6 & 0x3f));
        else byte(0xf0 | point >> 18), byte(0x80 | (point >> 12 & 0x3f)), byte(0x80 | (point >> 6 & 0x3f));
        byte(0x80 | (point & 0x3f));
    }
    static void append_json(std::string& to, char c)
    {
        char escape[8];
        switch (c) {
        case '"': to += "\\\""; return;
        case '\\': to += "\\\\"; return;
        case '\b': to += "\\b"; return;
        case '\f': to += "\\f"; return;
        case '\n': to += "\\n"; return;
        case '\r': to += "\\r"; return;
        case '\t': to += "\\t"; return;
        default: break;
        }
        if (static_cast<unsigned char>(c) >= 0x20) to += c;
        else to.append(escape, static_cast<std::size_t>(std::snprintf(escape, sizeof escape, "\\u%04x", c)));
    }

    std::mt19937_64 random_;
};

// -- A spelling of a value that two can compare ------------------------------------

template <class Bytewise>
std::string hex(const Bytewise& bytes)
{
    std::string text;
    for (const auto byte : bytes) {
        char digits[4];
        std::snprintf(digits, sizeof digits, "%02x", static_cast<unsigned>(static_cast<unsigned char>(byte)));
        text += digits;
    }
    return text;
}

inline std::string spelled(bool value) { return value ? "true" : "false"; }
inline std::string spelled(std::signed_integral auto value) { return std::to_string(value); }
inline std::string spelled(double value)
{
    char bits[24];
    std::snprintf(bits, sizeof bits, "%016llx", static_cast<unsigned long long>(std::bit_cast<std::uint64_t>(value)));
    return value == value ? bits : "NaN";
}
inline std::string spelled(const std::string& value) { return hex(value); }
inline std::string spelled(const Json& value) { return hex(value.text()); }
inline std::string spelled(const Bytes& value) { return hex(value.view()); }
inline std::string spelled(const Uuid& value) { return to_string(value); }
inline std::string spelled(const Numeric& value) { return value.text(); }
inline std::string spelled(Time value)
{
    if (value == Time::max()) return "infinity";
    return value == Time::min() ? "-infinity" : std::to_string(value.time_since_epoch().count());
}
inline std::string spelled(Date value)
{
    if (value == Date::max()) return "infinity";
    return value == Date::min() ? "-infinity" : std::to_string(value.time_since_epoch().count());
}
template <class T>
std::string spelled(const std::vector<std::optional<T>>& values)
{
    std::string text = "[";
    for (const auto& value : values) text += (value ? spelled(*value) : "NULL") + ';';
    return text + ']';
}

} // namespace trunkline::db::testing
