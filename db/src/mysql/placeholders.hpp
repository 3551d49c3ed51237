// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::db::mysql {

/// A text as MySQL takes it: `$n` became `?`, which MySQL binds in the order of the text.
struct Rewritten {
    std::string text;
    std::vector<std::uint8_t> order; ///< for each `?` the parameter bound to it, counted from 0
    std::string problem;             ///< why it cannot be sent, or nothing
};

/// Reads the text by MySQL's own rules: what it does not see as quoted or a comment is not skipped here either.
Rewritten rewrite(std::string_view text, std::size_t arguments);

} // namespace trunkline::db::mysql
