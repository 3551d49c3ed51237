// SPDX-License-Identifier: MIT
#include <conversations/titles.hpp>

#include <base/utf8.hpp>
#include <conversations/conversation.hpp>

#include <boost/json/parse.hpp>

namespace trunkline::conversations {

namespace {

/// The next word of `rest`, which loses it.
std::string_view take_word(std::string_view& rest)
{
    rest = trimmed(rest);
    const std::size_t end = std::min(rest.find_first_of(" \t\r\n\v\f"), rest.size());
    const std::string_view word = rest.substr(0, end);
    rest.remove_prefix(end);
    return word;
}

std::string shortened(std::string_view text, std::size_t chars_max)
{
    if (count_characters(text) <= chars_max) return std::string(text);
    return std::string(first_characters(text, chars_max)) + "...";
}

} // namespace

std::string plain_text(std::string_view content)
{
    if (!trimmed(content).starts_with('{')) return std::string(content);
    boost::system::error_code failure;
    const json::value document = json::parse(content, failure);
    if (failure || !document.is_object()) return std::string(content);
    const json::value* value = document.get_object().if_contains("value");
    return value && value->is_string() ? std::string(value->get_string()) : std::string(content);
}

std::string title_from(std::string_view content)
{
    constexpr int words_max = 6;
    const std::string text = plain_text(content);
    std::string_view rest = text;
    std::string title;
    for (int words = 0; words < words_max; ++words) {
        const std::string_view word = take_word(rest);
        if (word.empty()) break;
        if (!title.empty()) title += ' ';
        title += word;
    }
    if (!trimmed(rest).empty()) title += "...";
    return std::string(first_characters(title, title_chars_max));
}

std::string default_title(std::string_view agent_type)
{
    std::string title(agent_type);
    if (!title.empty() && title[0] >= 'a' && title[0] <= 'z') title[0] = static_cast<char>(title[0] - 'a' + 'A');
    return title + " Chat";
}

std::string preview_of(std::string_view content)
{
    const std::string text = plain_text(content);
    std::string_view rest = text;
    std::string line;
    while (count_characters(line) <= preview_chars_max) {
        const std::string_view word = take_word(rest);
        if (word.empty()) break;
        if (!line.empty()) line += ' ';
        line += word;
    }
    return shortened(line, preview_chars_max);
}

} // namespace trunkline::conversations
