// SPDX-License-Identifier: MIT
#include <extraction/summary.hpp>

#include <extraction/services.hpp>

namespace trunkline::extraction {

namespace {

constexpr std::size_t words_character_limit = 360;
constexpr std::size_t code_character_limit = 100;

enum Worth { nothing, anything, statement, question, request };

Worth worth_of(const Reading& reading, Span sentence)
{
    constexpr std::size_t greeting_words = 3;
    if (is_request(reading, sentence)) return request;
    const std::size_t words = reading.token_at(sentence.end) - reading.token_at(sentence.start);
    if (words <= greeting_words) return anything;
    return reading.characters()[sentence.end - 1] == U'?' ? question : statement;
}

std::string first_characters(std::u32string_view text, std::size_t limit)
{
    return text.size() <= limit ? to_utf8(text) : to_utf8(text.substr(0, limit - 1)) + "…";
}

} // namespace

void Summary::hear_customer(const Reading& reading)
{
    if (worth_ == request) return;
    for (const Span sentence : reading.sentences()) {
        const Worth worth = worth_of(reading, sentence);
        if (worth <= worth_) continue;
        const std::u32string_view characters = reading.characters();
        words_ =
            first_characters(characters.substr(sentence.start, sentence.end - sentence.start), words_character_limit);
        worth_ = worth;
    }
}

std::string Summary::text(const Intent& intent) const
{
    if (words_.empty()) return {};
    std::string summary = "The customer said: “" + words_ + "”";
    if (intent.detected && intent.case_type_code) {
        summary += " Service: " +
                   first_characters(from_utf8(*intent.case_type_code, code_character_limit + 1), code_character_limit) +
                   ".";
    }
    return summary;
}

} // namespace trunkline::extraction
