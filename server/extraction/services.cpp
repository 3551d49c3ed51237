// SPDX-License-Identifier: MIT
#include <extraction/services.hpp>

#include <extraction/letters.hpp>

#include <algorithm>
#include <tuple>

namespace trunkline::extraction {

namespace {

/// "visas" → "visa", "companies" → "company", "boxes" → "box".
std::string singular(std::string word)
{
    const auto ends = [&](std::string_view ending) {
        return word.size() > ending.size() + 2 && word.ends_with(ending);
    };
    if (ends("'s")) word.resize(word.size() - 2);
    if (ends("ies")) return word.substr(0, word.size() - 3) + "y";
    if (ends("ses") || ends("xes") || ends("zes") || ends("ches") || ends("shes"))
        return word.substr(0, word.size() - 2);
    if (ends("s") && !ends("ss") && !ends("us") && !ends("is")) return word.substr(0, word.size() - 1);
    return word;
}

std::vector<std::string> words_of(const Reading& reading)
{
    std::vector<std::string> words;
    for (const Token& token : reading.tokens()) {
        if (token.kind != TokenKind::mark && token.kind != TokenKind::address) words.push_back(singular(token.folded));
    }
    return words;
}

std::string spaced(std::string_view code)
{
    std::string text(code);
    std::replace(text.begin(), text.end(), '_', ' ');
    std::replace(text.begin(), text.end(), '-', ' ');
    return text;
}

std::string cut(std::string text, std::size_t limit)
{
    const std::u32string characters = from_utf8(text, limit + 1);
    if (characters.size() <= limit) return text;
    return to_utf8(std::u32string_view(characters).substr(0, limit - 1)) + "…";
}

} // namespace

ServiceTerms::ServiceTerms(const std::vector<CaseType>& case_types)
{
    for (std::size_t at = 0; at < std::min(case_types.size(), case_type_limit); ++at) {
        const CaseType& type = case_types[at];
        add(type.code, at, true);
        add(spaced(type.code), at, true);
        add(type.name, at, true);
        for (std::size_t i = 0; i < std::min(type.keywords.size(), keyword_limit); ++i)
            add(type.keywords[i], at, false);
    }
    for (auto& [word, terms] : by_first_word_) {
        // Longest first, names before keywords, then in the order of the tenant's list.
        std::sort(terms.begin(), terms.end(), [](const Term& a, const Term& b) {
            return std::tuple(b.words.size(), b.by_name, a.case_type) <
                   std::tuple(a.words.size(), a.by_name, b.case_type);
        });
    }
}

void ServiceTerms::add(std::string_view text, std::size_t case_type, bool by_name)
{
    if (text.size() > 4 * term_character_limit) return;
    std::vector<std::string> words = words_of(Reading(text));
    if (words.empty() || words.size() > term_word_limit) return;
    std::string first = words.front();
    by_first_word_[std::move(first)].push_back({std::move(words), case_type, by_name});
}

std::vector<Mention> ServiceTerms::find(const Reading& reading) const
{
    std::vector<std::string> words;
    for (const Token& token : reading.tokens()) words.push_back(singular(token.folded));
    std::vector<Mention> found;
    for (std::size_t index = 0; index < words.size(); ++index) {
        auto mention = longest_at(reading, words, index);
        if (!mention) continue;
        index = mention->next_token - 1;
        found.push_back(*mention);
    }
    return found;
}

std::optional<Mention> ServiceTerms::longest_at(const Reading& reading, const std::vector<std::string>& words,
                                                std::size_t index) const
{
    const auto terms = by_first_word_.find(words[index]);
    if (terms == by_first_word_.end()) return std::nullopt;
    for (const Term& term : terms->second) {
        // "PT_PMA" and "e-visa" may hold marks in between: those do not count.
        std::size_t next = index;
        std::size_t matched = 0;
        while (matched < term.words.size() && next < words.size()) {
            const bool joint = matched > 0 && (words[next] == "_" || words[next] == "-" || words[next] == "/");
            if (!joint && words[next] != term.words[matched]) break;
            matched += joint ? 0 : 1;
            ++next;
            if (next - index > 2 * term_word_limit) break;
        }
        if (matched < term.words.size()) continue;
        const Span span{reading.tokens()[index].span.start, reading.tokens()[next - 1].span.end};
        return Mention{term.case_type, span, index, next, term.by_name};
    }
    return std::nullopt;
}

ServiceFinder::ServiceFinder(const std::vector<CaseType>& case_types)
    : case_types_(case_types), terms_(case_types), standings_(case_types.size())
{}

void ServiceFinder::hear_customer(const ReadMessage& message, const Topics& asked)
{
    for (const Mention& mention : terms_.find(message.reading)) weigh(message, mention, asked);
}

void ServiceFinder::weigh(const ReadMessage& message, const Mention& mention, const Topics& asked)
{
    constexpr std::size_t short_answer = 8; // tokens
    Standing& standing = standings_[mention.case_type];
    const Manner manner = manner_of(message.reading, mention);
    if (manner == Manner::refused) {
        standing = {};
        return;
    }
    double confidence = 0.4;
    std::string_view method = "mentioned";
    if (manner == Manner::requested) {
        const bool again = standing.last_request >= 0 && standing.last_request != message.seq;
        const double before = again ? standing.confidence + 0.05 : 0;
        confidence = std::min(0.95, std::max(mention.by_name ? 0.85 : 0.8, before));
        method = "requested";
        standing.last_request = message.seq;
    } else if (asked.service && message.reading.tokens().size() <= short_answer) {
        std::tie(confidence, method) = std::pair(0.75, std::string_view("answered"));
    } else if (manner == Manner::inquired) {
        std::tie(confidence, method) = std::pair(0.65, std::string_view("inquired"));
    }
    if (confidence < standing.confidence) return;
    standing.confidence = confidence;
    standing.evidence = fact_at(message, mention.span, case_types_[mention.case_type].code, method, confidence);
}

Intent ServiceFinder::result() const
{
    const Fact* primary = nullptr;
    const auto place = [](const Fact& fact) { return std::tuple(fact.confidence, fact.message_seq, fact.start); };
    for (const Standing& standing : standings_) {
        if (standing.evidence && (!primary || place(*standing.evidence) >= place(*primary)))
            primary = &*standing.evidence;
    }
    if (!primary) return {};
    return {true, primary->normalised, primary->confidence, cut(primary->quote, quote_character_limit), *primary};
}

} // namespace trunkline::extraction
