// SPDX-License-Identifier: MIT
#include <agents/utf8_joiner.hpp>

#include <cstdint>

namespace trunkline::agents {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

/// What stands at the beginning of some bytes.
struct Found {
    std::size_t length; ///< of the character, or of the bytes that are none
    enum { character, broken, incomplete } kind;
};

/// How many bytes a character has that begins with `lead`, and the limits of its second byte (Unicode, table 3-7).
struct Shape {
    std::size_t length;
    std::uint8_t second_min, second_max;
};

Shape shape_of(std::uint8_t lead)
{
    if (lead < 0x80) return {1, 0, 0};
    if (lead >= 0xC2 && lead <= 0xDF) return {2, 0x80, 0xBF};
    if (lead == 0xE0) return {3, 0xA0, 0xBF};
    if (lead == 0xED) return {3, 0x80, 0x9F};
    if (lead >= 0xE1 && lead <= 0xEF) return {3, 0x80, 0xBF};
    if (lead == 0xF0) return {4, 0x90, 0xBF};
    if (lead >= 0xF1 && lead <= 0xF3) return {4, 0x80, 0xBF};
    if (lead == 0xF4) return {4, 0x80, 0x8F};
    return {0, 0, 0};
}

Found look_at(std::string_view bytes)
{
    const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(bytes[at]); };
    const Shape shape = shape_of(byte(0));
    if (shape.length == 0 || byte(0) == 0) return {1, Found::broken};
    for (std::size_t at = 1; at < shape.length; ++at) {
        if (at == bytes.size()) return {at, Found::incomplete};
        const std::uint8_t min = at == 1 ? shape.second_min : 0x80;
        const std::uint8_t max = at == 1 ? shape.second_max : 0xBF;
        if (byte(at) < min || byte(at) > max) return {at, Found::broken};
    }
    return {shape.length, Found::character};
}

} // namespace

std::string Utf8Joiner::push(std::string_view bytes)
{
    tail_ += bytes;
    std::string whole;
    whole.reserve(tail_.size());
    std::string_view rest = tail_;
    while (!rest.empty()) {
        const Found found = look_at(rest);
        if (found.kind == Found::incomplete) break;
        whole += found.kind == Found::character ? rest.substr(0, found.length) : replacement;
        rest.remove_prefix(found.length);
    }
    tail_ = std::string(rest);
    return whole;
}

std::string Utf8Joiner::finish()
{
    if (tail_.empty()) return {};
    tail_.clear();
    return std::string(replacement);
}

} // namespace trunkline::agents
