// SPDX-License-Identifier: MIT
#include <extraction/full_content.hpp>

#include <extraction/letters.hpp>

#include <algorithm>

namespace trunkline::extraction {

namespace {

std::string_view role_of(Sender sender)
{
    switch (sender) {
    case Sender::customer: return "USER: ";
    case Sender::agent: return "ASSISTANT: ";
    case Sender::system: return "SYSTEM: ";
    }
    return "";
}

} // namespace

std::string full_content(const std::vector<TranscriptMessage>& messages)
{
    std::size_t bytes = 0;
    std::size_t first = messages.size();
    for (; first > 0; --first) {
        bytes += role_of(messages[first - 1].sender).size() + messages[first - 1].text.size() + 1;
        if (bytes > full_content_bytes_max) break;
    }
    std::string content;
    if (first > 0) content = "(" + std::to_string(first) + " earlier messages are in the conversation)\n";
    for (std::size_t i = first; i < messages.size(); ++i) {
        content += role_of(messages[i].sender);
        content += messages[i].text;
        content += '\n';
    }
    if (!content.empty()) content.pop_back();
    return content;
}

std::string stored_text(std::string_view text)
{
    std::u32string characters = from_utf8(text, text.size());
    std::ranges::replace(characters, U'\0', U'\ufffd');
    return to_utf8(characters);
}

} // namespace trunkline::extraction
