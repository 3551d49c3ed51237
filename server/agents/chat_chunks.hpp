// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace trunkline::agents {

/// What one piece of a chat completion says.
struct ChatChunk {
    std::string text;                 ///< bytes: a server may cut a character between two pieces
    std::optional<std::string> error; ///< what the server says went wrong
    bool done = false;                ///< nothing comes after it
    bool cut = false;                 ///< the model stopped at its limit of length
};

/// Reads one event of a streamed chat completion of the OpenAI form: `{"choices":[{"delta":{"content":…}}]}`, an
/// `{"error":…}` in any of its forms, or `[DONE]`. What it does not know says nothing; what is not JSON is an error.
ChatChunk read_chunk(std::string_view data);

/// Reads a whole completion, of a server that does not stream: `{"choices":[{"message":{"content":…}}]}`.
ChatChunk read_completion(std::string_view body);

/// Why a server refused, from the body of a 4xx or 5xx: the `message` of its error when there is one, in one line of
/// at most 300 characters. Empty when it says nothing that can be shown.
std::string read_error(std::string_view body);

} // namespace trunkline::agents
