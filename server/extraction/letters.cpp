// SPDX-License-Identifier: MIT
#include <extraction/letters.hpp>

#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

namespace trunkline::extraction {

namespace {

UChar32 icu(char32_t c) { return static_cast<UChar32>(c); }

UScriptCode script_of(char32_t c)
{
    UErrorCode error = U_ZERO_ERROR;
    const UScriptCode script = uscript_getScript(icu(c), &error);
    return U_SUCCESS(error) ? script : USCRIPT_COMMON;
}

} // namespace

bool is_space(char32_t c) { return u_isUWhiteSpace(icu(c)) || c == U'\u200b' || c == U'\ufeff'; }

bool is_letter(char32_t c)
{
    return is_ascii_letter(c) || (c > 0x7f && (U_GET_GC_MASK(icu(c)) & (U_GC_L_MASK | U_GC_M_MASK)) != 0);
}

bool is_digit(char32_t c) { return u_isdigit(icu(c)); }

bool is_upper(char32_t c) { return u_isupper(icu(c)) || u_istitle(icu(c)); }

bool is_lower(char32_t c) { return u_islower(icu(c)); }

bool is_apostrophe(char32_t c) { return c == U'\'' || c == U'\u2019' || c == U'\u02bc' || c == U'`' || c == U'\u00b4'; }

bool is_dash(char32_t c) { return c == U'-' || (c >= U'\u2010' && c <= U'\u2015') || c == U'\u2212' || c == U'\uff0d'; }

bool is_latin(char32_t c) { return script_of(c) == USCRIPT_LATIN; }

bool is_unspaced(char32_t c)
{
    if (c < 0xe00) return false;
    switch (script_of(c)) {
    case USCRIPT_HAN:
    case USCRIPT_HIRAGANA:
    case USCRIPT_KATAKANA:
    case USCRIPT_THAI:
    case USCRIPT_LAO:
    case USCRIPT_KHMER:
    case USCRIPT_MYANMAR: return true;
    default: return false;
    }
}

bool is_ascii_letter(char32_t c) { return (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z'); }

bool is_ascii_digit(char32_t c) { return c >= U'0' && c <= U'9'; }

int digit_value(char32_t c) { return u_charDigitValue(icu(c)); }

char32_t to_upper(char32_t c) { return static_cast<char32_t>(u_toupper(icu(c))); }

char32_t to_lower(char32_t c) { return static_cast<char32_t>(u_tolower(icu(c))); }

char32_t fold(char32_t c)
{
    return is_apostrophe(c) ? U'\'' : static_cast<char32_t>(u_foldCase(icu(c), U_FOLD_CASE_DEFAULT));
}

std::string to_utf8(std::u32string_view characters)
{
    std::string text;
    text.reserve(characters.size());
    for (const char32_t character : characters) {
        const bool scalar = character < 0xd800 || (character > 0xdfff && character <= 0x10ffff);
        char bytes[U8_MAX_LENGTH];
        std::int32_t length = 0;
        U8_APPEND_UNSAFE(bytes, length, scalar ? icu(character) : 0xfffd);
        text.append(bytes, static_cast<std::size_t>(length));
    }
    return text;
}

std::u32string from_utf8(std::string_view text, std::size_t limit)
{
    // A code point has at most four bytes, so what lies beyond cannot be reached.
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
    const auto length = static_cast<std::int64_t>(std::min(text.size(), 4 * limit));
    std::u32string characters;
    for (std::int64_t at = 0; at < length && characters.size() < limit;) {
        UChar32 character = 0;
        U8_NEXT(bytes, at, length, character);
        characters.push_back(character < 0 ? U'\ufffd' : static_cast<char32_t>(character));
    }
    return characters;
}

std::string folded(std::u32string_view characters)
{
    std::u32string same(characters);
    for (char32_t& character : same) character = fold(character);
    return to_utf8(same);
}

} // namespace trunkline::extraction
