// SPDX-License-Identifier: MIT
#pragma once

#include <base/json.hpp>

namespace trunkline::extraction {

/// The address in "Ada Lovelace <ada@crm.example.test>", or in the bare form; nothing when there is none.
std::optional<Email> sender_address(std::string_view sender);

} // namespace trunkline::extraction
