// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace trunkline::extraction {

/// A fixed set of folded words.
class WordSet {
public:
    /// Words with single spaces between them; a word that holds a space is written with "_".
    /// REQUIRES: `words` outlives the set (it is a literal).
    explicit WordSet(std::string_view words);
    bool contains(std::string_view word) const noexcept;

private:
    std::vector<std::string_view> sorted_;
};

// What the recognisers know of language. All words are folded; lists are for reading chats, not complete.

/// Pronouns, verbs of asking, greetings, thanks: words that are part of no name, however they are written.
bool is_function_word(std::string_view word);
/// Words of everyday and shop talk, function words included. Some are names as well ("will", "rose").
bool is_common_word(std::string_view word);
/// Given names that many people bear.
bool is_first_name(std::string_view word);
/// Cities, countries, months, days.
bool is_place_or_time(std::string_view word);
/// "van", "de", "bin": part of a name, never all of it.
bool is_name_particle(std::string_view word);
/// Brands that look like a person ("michael kors").
bool is_brand(std::string_view words);

const WordSet& top_level_domains();
const WordSet& file_endings();

} // namespace trunkline::extraction
