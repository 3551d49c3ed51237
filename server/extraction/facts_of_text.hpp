// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace trunkline::extraction {

/// Something a text says of the one who wrote it.
struct FactOfText {
    std::string field; ///< "full_name", "email", "phone", "whatsapp", "nationality"
    std::string value; ///< in its normal form
};

/// What a single message says of its author, in the order of the fields above: what the built-in extractor is sure
/// enough of to put it into the CRM. `default_region` is the country of numbers without a country code; may be empty.
std::vector<FactOfText> facts_of_text(std::string_view text, std::string_view default_region = "");

} // namespace trunkline::extraction
