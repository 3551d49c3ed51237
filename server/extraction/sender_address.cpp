// SPDX-License-Identifier: MIT
#include <extraction/sender_address.hpp>

namespace trunkline::extraction {

std::optional<Email> sender_address(std::string_view sender)
{
    // The name may hold angle brackets of its own in quotes: the address is in the last pair.
    const std::size_t open = sender.rfind('<');
    if (open == std::string_view::npos) return Email::parse(sender);
    const std::size_t close = sender.find('>', open);
    if (close == std::string_view::npos) return std::nullopt;
    return Email::parse(sender.substr(open + 1, close - open - 1));
}

} // namespace trunkline::extraction
