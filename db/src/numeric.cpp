// SPDX-License-Identifier: MIT
#include <trunkline/db/numeric.hpp>

#include <trunkline/db/error.hpp>

#include <algorithm>

namespace trunkline::db {

namespace {

constexpr std::size_t digits_before_point_max = 131'072; // PostgreSQL's limits
constexpr std::size_t digits_behind_point_max = 16'383;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_word(std::string_view text, std::string_view word)
{
    return std::equal(text.begin(), text.end(), word.begin(), word.end(),
                      [](char c, char wanted) { return lower(c) == wanted; });
}

/// Takes the digits in front of `text`.
std::string_view take_digits(std::string_view& text)
{
    const auto digits = text.substr(0, std::min(text.find_first_not_of("0123456789"), text.size()));
    text.remove_prefix(digits.size());
    return digits;
}

/// A number without its sign, spelled as the server does; empty when it is none.
std::string spelled(std::string_view text)
{
    if (is_word(text, "nan")) return "NaN";
    if (is_word(text, "infinity") || is_word(text, "inf")) return "Infinity";
    std::string_view whole = take_digits(text), fraction;
    const bool point = text.starts_with('.');
    if (point) text.remove_prefix(1), fraction = take_digits(text);
    if (!text.empty() || (whole.empty() && fraction.empty())) return {};
    whole.remove_prefix(std::min(whole.find_first_not_of('0'), whole.size()));
    if (whole.size() > digits_before_point_max || fraction.size() > digits_behind_point_max) return {};
    std::string made(whole.empty() ? "0" : whole);
    if (!fraction.empty()) made.append(".").append(fraction);
    return made;
}

} // namespace

std::optional<Numeric> Numeric::parse(std::string_view text)
{
    const bool minus = text.starts_with('-'), sign = minus || text.starts_with('+');
    std::string made = spelled(text.substr(sign ? 1 : 0));
    if (made.empty() || (sign && made == "NaN")) return std::nullopt;
    const bool zero = made.find_first_not_of("0.") == made.npos; // there is no other zero than this
    if (minus && !zero) made.insert(0, 1, '-');
    Numeric number;
    number.text_ = std::move(made);
    return number;
}

Numeric::Numeric(std::string_view text)
{
    auto number = parse(text);
    if (!number) throw UsageError("the text given to db::Numeric is not a decimal number");
    text_ = std::move(number->text_);
}

} // namespace trunkline::db
