// SPDX-License-Identifier: MIT
#pragma once

#include <extraction/extractor.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::extraction {

/// How much is read. Work and memory are linear in it.
inline constexpr std::size_t message_character_limit = 16 * 1024;     ///< of one message; the rest is not read
inline constexpr std::size_t transcript_character_limit = 256 * 1024; ///< the newest messages that fit
inline constexpr std::size_t transcript_message_limit = 2000;
inline constexpr std::size_t quote_character_limit = 500;
static_assert(message_character_limit <= transcript_character_limit);

/// A place in a text, in code points; `end` is the first that does not belong to it.
struct Span {
    std::size_t start = 0;
    std::size_t end = 0;
    bool empty() const noexcept { return start >= end; }
    bool contains(std::size_t position) const noexcept { return start <= position && position < end; }
    friend bool operator==(const Span&, const Span&) = default;
};

enum class TokenKind {
    word,    ///< letters, with apostrophes and hyphens inside: "O'Brien", "Jean-Luc", "I'm"; one ideograph
    number,  ///< digits only
    mixed,   ///< letters and digits: a user name, an account
    address, ///< an e-mail address or a URL, as one
    mark,    ///< any other visible character
};

/// A piece of a text between spaces.
struct Token {
    Span span;
    TokenKind kind = TokenKind::mark;
    bool capital = false;     ///< begins with an upper-case letter
    bool upper_case = false;  ///< all its letters are upper case
    bool starts_line = false; ///< first of its line
    std::string folded;       ///< without case; apostrophes as '
};

/// A message, read once: code points, tokens, sentences. Everything else works on this.
class Reading {
public:
    explicit Reading(std::string_view utf8);

    const std::u32string& characters() const noexcept { return characters_; }
    const std::vector<Token>& tokens() const noexcept { return tokens_; }
    const std::vector<Span>& sentences() const noexcept { return sentences_; }
    /// No letter is lower case and there are several words: case says nothing here.
    bool shouting() const noexcept { return shouting_; }

    /// The text of a span as UTF-8.
    std::string text(Span span) const;
    /// The sentence around a span, without space at its ends, at most quote_character_limit long.
    Span quote_around(Span span) const;
    /// The first token that ends after `position`; the number of tokens when there is none.
    std::size_t token_at(std::size_t position) const;
    /// How many tokens of the phrase (folded words with single spaces: "my name is") stand at `token`; 0 unless all do.
    std::size_t match(std::size_t token, std::string_view phrase) const;
    /// Whether the token at `index` is this word or mark. False past the end.
    bool is(std::size_t index, std::string_view folded) const;
    /// Whether a sentence or line ends before the token at `index`, or there is none.
    bool begins_sentence(std::size_t index) const;

private:
    void split_tokens();
    void add_token(Span span, TokenKind kind, bool starts_line);
    void split_sentences();
    bool ends_sentence(std::size_t position) const;
    void add_sentence(Span span);

    std::u32string characters_;
    std::vector<Token> tokens_;
    std::vector<Span> sentences_;
    bool shouting_ = false;
};

/// A message with its reading.
struct ReadMessage {
    db::Uuid id;
    std::int64_t seq = 0;
    Sender sender = Sender::customer;
    Reading reading;
};

/// A fact at `span` of a message.
Fact fact_at(const ReadMessage& message, Span span, std::string normalised, std::string_view method, double confidence);

/// UTF-8 of code points; what is none becomes U+FFFD.
std::string to_utf8(std::u32string_view characters);
/// Code points of UTF-8, at most `limit`; each ill-formed sequence is one U+FFFD, as the Encoding Standard has it.
std::u32string from_utf8(std::string_view text, std::size_t limit);
/// Without case, apostrophes as '.
std::string folded(std::u32string_view characters);

} // namespace trunkline::extraction
