// SPDX-License-Identifier: MIT
#include <crm/form_fields.hpp>

namespace trunkline::crm {

std::optional<Phone> Phone::parse(std::string_view text)
{
    constexpr std::size_t digits_min = 3, digits_max = 15;
    constexpr std::string_view separators = " -./()";
    Phone phone;
    for (const char c : trimmed(text)) {
        const bool plus = c == '+' && phone.value_.empty();
        if (plus || (c >= '0' && c <= '9')) phone.value_ += c;
        else if (separators.find(c) == std::string_view::npos) return std::nullopt;
    }
    const std::size_t digits = phone.value_.size() - (phone.value_.starts_with('+') ? 1 : 0);
    if (digits < digits_min || digits > digits_max) return std::nullopt;
    return phone;
}

} // namespace trunkline::crm

namespace trunkline {

bool JsonCodec<crm::Phone>::read(const json::value& from, crm::Phone& to, JsonProblems& problems)
{
    const auto phone = from.is_string() ? crm::Phone::parse(from.get_string()) : std::nullopt;
    if (!phone)
        return problems.add("must be a telephone number: 3 to 15 digits, best with + and the country's code"), false;
    to = *phone;
    return true;
}

json::value JsonCodec<crm::Phone>::schema(JsonSchemas&)
{
    return {{"type", "string"}, {"minLength", 3}, {"maxLength", 50}};
}

} // namespace trunkline
