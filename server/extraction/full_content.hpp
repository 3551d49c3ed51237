// SPDX-License-Identifier: MIT
#pragma once

#include <extraction/extractor.hpp>

namespace trunkline::extraction {

inline constexpr std::size_t full_content_bytes_max = 256 * 1024;

/// The conversation as "USER: …", "ASSISTANT: …" and "SYSTEM: …" lines; of one that is longer than the limit the newest
/// messages, and a first line that says how many are missing.
std::string full_content(const std::vector<TranscriptMessage>& messages);

/// `text` as every database stores it: valid UTF-8, without U+0000 (both become U+FFFD).
std::string stored_text(std::string_view text);

} // namespace trunkline::extraction
