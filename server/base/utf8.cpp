// SPDX-License-Identifier: MIT
#include <base/utf8.hpp>

#include <algorithm>

namespace trunkline {

namespace {

bool continues(char c) noexcept { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }
bool is_space(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }

} // namespace

std::size_t count_characters(std::string_view text) noexcept
{
    return text.size() - static_cast<std::size_t>(std::ranges::count_if(text, continues));
}

std::string_view first_characters(std::string_view text, std::size_t max) noexcept
{
    std::size_t end = 0;
    for (std::size_t count = 0; end < text.size(); ++end)
        if (!continues(text[end]) && count++ == max) break;
    return text.substr(0, end);
}

std::string_view trimmed(std::string_view text) noexcept
{
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

std::string ascii_lower(std::string_view text)
{
    std::string lower(text);
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return lower;
}

} // namespace trunkline
