// SPDX-License-Identifier: MIT
#pragma once

#include <extraction/reading.hpp>

namespace trunkline::extraction {

/// What a code point is, by Unicode's tables.
bool is_space(char32_t c);
bool is_letter(char32_t c); ///< letters and the marks that combine with them
bool is_digit(char32_t c);
bool is_upper(char32_t c);
bool is_lower(char32_t c);
bool is_apostrophe(char32_t c);
bool is_dash(char32_t c);
bool is_latin(char32_t c);
/// A letter of a script that puts no spaces between words: Han, Kana, Thai and their like.
bool is_unspaced(char32_t c);
bool is_ascii_letter(char32_t c);
bool is_ascii_digit(char32_t c);
/// 0–9 of any script's digits.
int digit_value(char32_t c);
char32_t to_upper(char32_t c);
char32_t to_lower(char32_t c);
char32_t fold(char32_t c);

} // namespace trunkline::extraction
