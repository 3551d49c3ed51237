// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace trunkline::db {

/// A decimal number of any precision, kept as its text and never rounded: numeric on PostgreSQL, TEXT elsewhere. It
/// carries numbers from and to a database and does no arithmetic: say that in SQL. (Money is a bigint of minor units.)
///
/// It is spelled as PostgreSQL spells it: "-12.50", "0.001", "NaN", "Infinity", "-Infinity". Zeros at the end stay,
/// since they are what `numeric(10, 2)` keeps. Two are equal when they are spelled alike, so 1.5 and 1.50 are not.
class Numeric {
public:
    /// 0.
    Numeric() : text_("0") {}
    /// Throws UsageError when `text` is none (see `parse`).
    explicit Numeric(std::string_view text);
    template <std::integral T>
        requires(!std::same_as<T, bool>)
    explicit Numeric(T value) : text_(std::to_string(value))
    {}

    /// Reads digits with a sign and a point, or NaN, Infinity, inf in letters of either case; no exponent. A plus and
    /// zeros in front are dropped. Anything else is nothing, and what PostgreSQL could not hold (more than 131,072
    /// digits before the point, or 16,383 behind it).
    static std::optional<Numeric> parse(std::string_view text);

    const std::string& text() const& noexcept { return text_; }
    std::string text() && noexcept { return std::move(text_); }

    friend bool operator==(const Numeric&, const Numeric&) = default;

private:
    std::string text_;
};

} // namespace trunkline::db
