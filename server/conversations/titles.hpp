// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace trunkline::conversations {

/// What a message says, for people: the `value` of {"type":"string","value":…}, which older clients store, or the
/// text itself.
std::string plain_text(std::string_view content);

/// A title from the first message: its first six words, "..." when there are more, at most 256 characters.
/// Empty when the message has no words.
std::string title_from(std::string_view content);

/// The title of a conversation that was just made: "Market Chat" for the agent "market".
std::string default_title(std::string_view agent_type);

/// The beginning of a message for a list: one line, 60 characters and "..." when there are more.
std::string preview_of(std::string_view content);

} // namespace trunkline::conversations
