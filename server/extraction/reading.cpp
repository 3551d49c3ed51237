// SPDX-License-Identifier: MIT
#include <extraction/reading.hpp>

#include <extraction/emails.hpp>
#include <extraction/letters.hpp>

#include <algorithm>
#include <array>

namespace trunkline::extraction {

namespace {

bool is_word_part(const std::u32string& text, std::size_t at)
{
    if (is_letter(text[at]) || is_digit(text[at])) return !is_unspaced(text[at]);
    // An apostrophe or hyphen between letters.
    return (is_apostrophe(text[at]) || text[at] == U'-' || text[at] == U'\u2010') && at > 0 && at + 1 < text.size() &&
           is_letter(text[at - 1]) && is_letter(text[at + 1]);
}

TokenKind kind_of(std::u32string_view word)
{
    const bool digits = std::any_of(word.begin(), word.end(), is_digit);
    const bool letters = std::any_of(word.begin(), word.end(), is_letter);
    if (digits) return letters ? TokenKind::mixed : TokenKind::number;
    return TokenKind::word;
}

bool is_line_end(char32_t c) { return c == U'\n' || c == U'\r' || c == U'\u2028' || c == U'\u2029'; }

/// Ends a sentence without a space after it.
bool is_wide_stop(char32_t c) { return c == U'。' || c == U'！' || c == U'？'; }

bool is_stop(char32_t c) { return c == U'.' || c == U'!' || c == U'?' || c == U'…' || is_wide_stop(c); }

bool is_abbreviation(std::string_view word)
{
    static constexpr std::array<std::string_view, 14> known{"mr", "mrs", "ms", "dr",  "prof", "st",  "jr",
                                                            "sr", "no",  "nr", "tel", "ext",  "mob", "approx"};
    return std::find(known.begin(), known.end(), word) != known.end();
}

Span trimmed(const std::u32string& text, Span span)
{
    while (!span.empty() && is_space(text[span.start])) ++span.start;
    while (!span.empty() && is_space(text[span.end - 1])) --span.end;
    return span;
}

} // namespace

Reading::Reading(std::string_view utf8) : characters_(from_utf8(utf8, message_character_limit))
{
    split_tokens();
    split_sentences();
    const bool lower = std::any_of(characters_.begin(), characters_.end(), is_lower);
    const auto words =
        std::count_if(tokens_.begin(), tokens_.end(), [](const Token& token) { return token.kind == TokenKind::word; });
    shouting_ = !lower && words > 1;
}

void Reading::split_tokens()
{
    const std::vector<Span> addresses = find_address_like(characters_);
    auto address = addresses.begin();
    bool starts_line = true;
    for (std::size_t at = 0; at < characters_.size();) {
        while (address != addresses.end() && address->end <= at) ++address;
        Span span{at, at + 1};
        auto kind = TokenKind::mark;
        if (address != addresses.end() && address->start == at) {
            span = *address;
            kind = TokenKind::address;
        } else if (is_space(characters_[at])) {
            starts_line |= is_line_end(characters_[at++]);
            continue;
        } else if (is_unspaced(characters_[at]) && is_letter(characters_[at])) {
            kind = TokenKind::word;
        } else if (is_word_part(characters_, at)) {
            const std::size_t stop = address != addresses.end() ? address->start : characters_.size();
            while (span.end < stop && is_word_part(characters_, span.end)) ++span.end;
            kind = kind_of(std::u32string_view(characters_).substr(span.start, span.end - span.start));
        }
        add_token(span, kind, starts_line);
        starts_line = false;
        at = span.end;
    }
}

void Reading::add_token(Span span, TokenKind kind, bool starts_line)
{
    const auto letters = std::u32string_view(characters_).substr(span.start, span.end - span.start);
    Token token{span, kind, is_upper(letters.front()), false, starts_line, folded(letters)};
    token.upper_case = token.capital && std::none_of(letters.begin(), letters.end(), is_lower);
    tokens_.push_back(std::move(token));
}

bool Reading::ends_sentence(std::size_t position) const
{
    const std::size_t next = position + 1;
    if (is_wide_stop(characters_[position])) return true;
    if (next < characters_.size() && !is_space(characters_[next])) return false;
    if (characters_[position] != U'.') return true;
    // Not after "Dr." or an initial.
    const std::size_t mark = token_at(position);
    if (mark == 0 || mark >= tokens_.size()) return true;
    const Token& before = tokens_[mark - 1];
    if (before.kind != TokenKind::word || before.span.end != position) return true;
    const bool initial = before.span.end - before.span.start == 1 && before.capital && before.folded != "i";
    return !initial && !is_abbreviation(before.folded);
}

void Reading::split_sentences()
{
    std::size_t from = 0;
    for (std::size_t at = 0; at < characters_.size(); ++at) {
        const bool line = is_line_end(characters_[at]);
        if (!line && !(is_stop(characters_[at]) && ends_sentence(at))) continue;
        add_sentence({from, at + 1});
        from = at + 1;
    }
    add_sentence({from, characters_.size()});
}

void Reading::add_sentence(Span span)
{
    span = trimmed(characters_, span);
    if (!span.empty()) sentences_.push_back(span);
}

std::string Reading::text(Span span) const
{
    return to_utf8(std::u32string_view(characters_).substr(span.start, span.end - span.start));
}

Span Reading::quote_around(Span span) const
{
    Span quote = span;
    const auto ends_after = [](const Span& sentence, std::size_t position) { return sentence.end <= position; };
    for (auto it = std::lower_bound(sentences_.begin(), sentences_.end(), span.start, ends_after);
         it != sentences_.end() && it->start < span.end; ++it) {
        quote = {std::min(quote.start, it->start), std::max(quote.end, it->end)};
    }
    if (quote.end - quote.start <= quote_character_limit) return quote;
    const std::size_t spare = quote_character_limit - std::min(quote_character_limit, span.end - span.start);
    quote.start = std::max(quote.start, span.start - std::min(span.start, spare / 2));
    quote.end = std::min(quote.end, std::max(span.end, quote.start + quote_character_limit));
    return quote;
}

std::size_t Reading::token_at(std::size_t position) const
{
    const auto found = std::lower_bound(tokens_.begin(), tokens_.end(), position,
                                        [](const Token& token, std::size_t at) { return token.span.end <= at; });
    return static_cast<std::size_t>(found - tokens_.begin());
}

std::size_t Reading::match(std::size_t token, std::string_view phrase) const
{
    std::size_t count = 0;
    while (!phrase.empty()) {
        const std::size_t space = std::min(phrase.find(' '), phrase.size());
        if (!is(token + count, phrase.substr(0, space))) return 0;
        phrase.remove_prefix(std::min(space + 1, phrase.size()));
        ++count;
    }
    return count;
}

bool Reading::is(std::size_t index, std::string_view folded) const
{
    return index < tokens_.size() && tokens_[index].folded == folded;
}

bool Reading::begins_sentence(std::size_t index) const
{
    if (index == 0 || index >= tokens_.size() || tokens_[index].starts_line) return true;
    const Token& before = tokens_[index - 1];
    return before.kind == TokenKind::mark && is_stop(characters_[before.span.start]) &&
           ends_sentence(before.span.end - 1);
}

Fact fact_at(const ReadMessage& message, Span span, std::string normalised, std::string_view method, double confidence)
{
    const Reading& reading = message.reading;
    return {reading.text(span),
            std::move(normalised),
            message.id,
            message.seq,
            static_cast<std::int64_t>(span.start),
            static_cast<std::int64_t>(span.end),
            reading.text(reading.quote_around(span)),
            std::string(method),
            confidence};
}

} // namespace trunkline::extraction
