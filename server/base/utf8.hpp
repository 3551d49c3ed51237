// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace trunkline {

/// How many characters (code points) `text` has. REQUIRES: valid UTF-8, which everything read from JSON is.
std::size_t count_characters(std::string_view text) noexcept;

/// The first `max` characters of `text`: never cut within one.
std::string_view first_characters(std::string_view text, std::size_t max) noexcept;

/// `text` without white space at both ends.
std::string_view trimmed(std::string_view text) noexcept;

/// `text` with A–Z in lower case; other characters stay.
std::string ascii_lower(std::string_view text);

} // namespace trunkline
