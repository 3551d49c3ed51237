// SPDX-License-Identifier: MIT
#include <extraction/services.hpp>

#include <extraction/vocabulary.hpp>

#include <array>

namespace trunkline::extraction {

namespace {

constexpr std::size_t words_looked_at = 24;
constexpr std::size_t negation_reach = 6;

constexpr std::array<std::string_view, 48> requests{
    "i need",         "we need",        "i want",           "we want",        "i'd like",
    "i would like",   "we'd like",      "we would like",    "i'm looking",    "i am looking",
    "im looking",     "looking for",    "looking to",       "we're looking",  "how do i",
    "how do we",      "how can i",      "how can we",       "how to",         "can you help",
    "could you help", "can you please", "could you please", "help me",        "help with",
    "help us",        "can i get",      "can i apply",      "can i have",     "may i have",
    "could i get",    "interested in",  "apply for",        "applying for",   "i require",
    "we require",     "i wish to",      "i have to",        "i must",         "i gotta",
    "wanna",          "need to",        "want to",          "please arrange", "ich brauche",
    "ich möchte",     "vorrei",         "saya mau"};
constexpr std::array<std::string_view, 9> more_requests{"ho bisogno",  "necesito",    "quiero",
                                                        "j'ai besoin", "je voudrais", "i need help",
                                                        "saya perlu",  "saya butuh",  "saya ingin"};

constexpr std::array<std::string_view, 16> refusals{
    "don't need",        "dont need",   "do not need",    "don't want",
    "dont want",         "do not want", "no longer need", "no longer want",
    "not interested in", "not looking", "no need",        "won't need",
    "instead of",        "not a",       "not an",         "without"};

template <std::size_t n>
bool has_any(const Reading& reading, std::size_t index, const std::array<std::string_view, n>& phrases)
{
    for (const auto phrase : phrases) {
        if (reading.match(index, phrase) != 0) return true;
    }
    return false;
}

bool is_request_at(const Reading& reading, std::size_t index)
{
    return has_any(reading, index, requests) || has_any(reading, index, more_requests);
}

/// "…, but" and the like: what was said before is another matter.
bool divides(const Reading& reading, std::size_t index)
{
    return reading.is(index, "but") || reading.is(index, ";") || reading.is(index, ",") || reading.is(index, "just");
}

/// The first token of the sentence around `index`, at most words_looked_at before it.
std::size_t sentence_start(const Reading& reading, std::size_t index)
{
    std::size_t start = index;
    while (start > 0 && index - start < words_looked_at && !reading.begins_sentence(start)) --start;
    return start;
}

bool is_refused(const Reading& reading, const Mention& mention)
{
    for (std::size_t reach = 0; reach < negation_reach && reach < mention.first_token; ++reach) {
        const std::size_t index = mention.first_token - reach - 1;
        if (divides(reading, index)) return false;
        if (has_any(reading, index, refusals)) return true;
        if (reading.begins_sentence(index)) break;
    }
    // "a visa is not what I need"
    return reading.match(mention.next_token, "is not what") != 0 ||
           reading.match(mention.next_token, "isn't what") != 0 ||
           reading.match(mention.next_token, "is not needed") != 0;
}

/// The nearest cue before the mention in its sentence: a request counts unless it was refused since.
bool is_requested(const Reading& reading, const Mention& mention)
{
    const std::size_t start = sentence_start(reading, mention.first_token);
    for (std::size_t index = mention.first_token; index > start;) {
        --index;
        if (has_any(reading, index, refusals)) return false;
        if (is_request_at(reading, index)) return true;
    }
    // "for a visa, can you help me?"
    for (std::size_t index = mention.next_token;
         index < reading.tokens().size() && index < mention.next_token + negation_reach; ++index) {
        if (reading.begins_sentence(index)) break;
        if (reading.match(index, "can you help") != 0 || reading.match(index, "please") != 0) return true;
    }
    return false;
}

bool is_question(const Reading& reading, const Mention& mention)
{
    for (std::size_t index = mention.next_token;
         index < reading.tokens().size() && index < mention.next_token + words_looked_at; ++index) {
        if (reading.is(index, "?")) return true;
        if (index > mention.next_token && reading.begins_sentence(index)) break;
    }
    static const WordSet asking{"how what which when where who why can could do does is are"};
    return asking.contains(reading.tokens()[sentence_start(reading, mention.first_token)].folded);
}

} // namespace

Manner manner_of(const Reading& reading, const Mention& mention)
{
    if (is_refused(reading, mention)) return Manner::refused;
    if (is_requested(reading, mention)) return Manner::requested;
    return is_question(reading, mention) ? Manner::inquired : Manner::mentioned;
}

bool is_request(const Reading& reading, Span sentence)
{
    for (std::size_t index = reading.token_at(sentence.start); index < reading.tokens().size(); ++index) {
        if (reading.tokens()[index].span.start >= sentence.end) return false;
        if (is_request_at(reading, index)) return true;
    }
    return false;
}

} // namespace trunkline::extraction
