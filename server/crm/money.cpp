// SPDX-License-Identifier: MIT
#include <crm/money.hpp>

namespace trunkline {

std::optional<crm::Currency> crm::Currency::parse(std::string_view text)
{
    if (text.size() != 3) return std::nullopt;
    Currency currency;
    for (const char c : text) {
        const char capital = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        if (capital < 'A' || capital > 'Z') return std::nullopt;
        currency.value_ += capital;
    }
    return currency;
}

std::optional<crm::Money> crm::money_from(std::optional<std::int64_t> amount,
                                          const std::optional<std::string>& currency)
{
    const auto known = currency ? Currency::parse(*currency) : std::nullopt;
    if (!amount || !known) return std::nullopt;
    return Money{MinorUnits(*amount), *known};
}

bool JsonCodec<crm::Currency>::read(const json::value& from, crm::Currency& to, JsonProblems& problems)
{
    const auto currency = from.is_string() ? crm::Currency::parse(from.get_string()) : std::nullopt;
    if (!currency) return problems.add("must be the three letters of a currency, such as EUR"), false;
    to = *currency;
    return true;
}

bool JsonCodec<crm::MinorUnits>::read(const json::value& from, crm::MinorUnits& to, JsonProblems& problems)
{
    std::int64_t amount = 0;
    if (!detail::read_integer(from, amount, 0, crm::MinorUnits::max, problems)) return false;
    to = crm::MinorUnits(amount);
    return true;
}

} // namespace trunkline
