// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>
#include <vector>

namespace trunkline {

/// The word of `known` that `typed` was most likely meant to be, or empty when none is near: at most a third of its
/// characters inserted, deleted or replaced.
std::string_view nearest(std::string_view typed, const std::vector<std::string_view>& known);

} // namespace trunkline
