// SPDX-License-Identifier: MIT
#include <crm/phone_parser.hpp>

// The one file that knows libphonenumber.
#include <phonenumbers/phonenumberutil.h>

namespace trunkline::crm {

namespace {

std::optional<std::string> parse_as_dialled(std::string_view text, std::string_view region, PhoneCheck check)
{
    using Util = i18n::phonenumbers::PhoneNumberUtil;
    const Util& util = *Util::GetInstance();
    i18n::phonenumbers::PhoneNumber number;
    const std::string known_region = region.empty() ? "ZZ" : std::string(region);
    if (util.Parse(std::string(text), known_region, &number) != Util::NO_PARSING_ERROR) return std::nullopt;
    number.clear_extension();
    const bool good = check == PhoneCheck::valid ? util.IsValidNumber(number)
                                                 : util.IsPossibleNumberWithReason(number) == Util::IS_POSSIBLE;
    if (!good) return std::nullopt;
    std::string formatted;
    util.Format(number, Util::E164, &formatted);
    return formatted;
}

} // namespace

std::optional<std::string> parse_phone(std::string_view text, std::string_view region, PhoneCheck check)
{
    auto number = parse_as_dialled(text, region, check);
    if (number || !text.starts_with("00")) return number;
    return parse_as_dialled("+" + std::string(text.substr(2)), region, check);
}

} // namespace trunkline::crm
