// SPDX-License-Identifier: MIT
#pragma once

#include <base/json.hpp>

#include <boost/describe/class.hpp>

namespace trunkline::crm {

/// Three capital letters (ISO 4217): "EUR". Small ones are read as capitals.
class Currency {
public:
    Currency() = default;
    static std::optional<Currency> parse(std::string_view text);

    const std::string& value() const noexcept { return value_; }
    friend bool operator==(const Currency&, const Currency&) = default;

private:
    std::string value_;
};

/// A number of the currency's smallest units (cents), never negative, at most 2^53 - 1: what JavaScript can say.
class MinorUnits {
public:
    static constexpr std::int64_t max = (std::int64_t{1} << 53) - 1;

    MinorUnits() = default;
    /// REQUIRES: 0 <= value <= max.
    explicit MinorUnits(std::int64_t value) : value_(value) {}

    std::int64_t value() const noexcept { return value_; }
    friend bool operator==(const MinorUnits&, const MinorUnits&) = default;

private:
    std::int64_t value_ = 0;
};

/// A price. Always both: amounts without a currency cannot be added up.
struct Money {
    MinorUnits amount;
    Currency currency;
    friend bool operator==(const Money&, const Money&) = default;
};
BOOST_DESCRIBE_STRUCT(Money, (), (amount, currency))

/// The two columns of a price. Both are empty, or neither.
inline std::optional<std::int64_t> amount_of(const std::optional<Money>& price)
{
    return price ? std::optional(price->amount.value()) : std::nullopt;
}
inline std::optional<std::string> currency_of(const std::optional<Money>& price)
{
    return price ? std::optional(price->currency.value()) : std::nullopt;
}
std::optional<Money> money_from(std::optional<std::int64_t> amount, const std::optional<std::string>& currency);

} // namespace trunkline::crm

namespace trunkline {

template <>
struct JsonCodec<crm::Currency> {
    static json::value write(const crm::Currency& currency) { return json::value(currency.value()); }
    static bool read(const json::value& from, crm::Currency& to, JsonProblems& problems);
    static json::value schema(JsonSchemas&) { return {{"type", "string"}, {"pattern", "^[A-Za-z]{3}$"}}; }
};

template <>
struct JsonCodec<crm::MinorUnits> {
    static json::value write(crm::MinorUnits amount) { return amount.value(); }
    static bool read(const json::value& from, crm::MinorUnits& to, JsonProblems& problems);
    static json::value schema(JsonSchemas&) { return detail::integer_schema(0, crm::MinorUnits::max); }
};

} // namespace trunkline
