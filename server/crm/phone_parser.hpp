// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace trunkline::crm {

/// How sure a number must be one.
enum class PhoneCheck {
    possible, ///< of a length that numbers of its country have
    valid,    ///< in a range that is in use there
};

/// `text` in the form E.164 ("+19776252661"), or nothing when it is no complete telephone number. A number without a
/// country code is one of `region` ("US"); an empty or unknown region leaves only those with one. "0049 …" is how most
/// of the world dials abroad, and is understood also where another prefix is dialled.
/// Threads: any.
std::optional<std::string> parse_phone(std::string_view text, std::string_view region, PhoneCheck check);

} // namespace trunkline::crm
