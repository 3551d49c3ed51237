// SPDX-License-Identifier: MIT
#pragma once

#include <extraction/name_parts.hpp>

namespace trunkline::extraction {

/// A name that takes the place of one given before.
struct NameCorrection {
    WrittenName name;
    std::optional<std::size_t> replaces; ///< the part of the old name; nothing when all of it
};

/// A correction of the name with these parts (folded) in a customer's message: "sorry, it's Minh, not Min",
/// "*Minh", "I meant Crystal Minh". What is not similar to the old name is none ("sorry, it's Tuesday").
std::optional<NameCorrection> find_correction(const Reading& reading, const std::vector<std::string>& old_parts);

} // namespace trunkline::extraction
