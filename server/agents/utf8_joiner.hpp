// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace trunkline::agents {

/// Makes whole characters of bytes that come in pieces cut anywhere. What is no UTF-8 becomes U+FFFD, and so does
/// U+0000, which a database does not keep in text.
class Utf8Joiner {
public:
    /// The characters that are complete with `bytes`.
    std::string push(std::string_view bytes);
    /// The end: a character that is still incomplete becomes U+FFFD.
    std::string finish();

private:
    std::string tail_; ///< the beginning of a character, at most three bytes
};

} // namespace trunkline::agents
