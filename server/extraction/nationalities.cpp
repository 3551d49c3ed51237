// SPDX-License-Identifier: MIT
#include <extraction/nationalities.hpp>

#include <extraction/letters.hpp>
#include <extraction/possession.hpp>
#include <extraction/vocabulary.hpp>

#include <algorithm>
#include <array>

namespace trunkline::extraction {

namespace {

struct Country {
    std::string_view name; ///< folded
    std::string_view adjective;
};

constexpr std::array countries{Country{"afghanistan", "afghan"},
                               Country{"albania", "albanian"},
                               Country{"algeria", "algerian"},
                               Country{"argentina", "argentinian"},
                               Country{"argentina", "argentine"},
                               Country{"armenia", "armenian"},
                               Country{"australia", "australian"},
                               Country{"austria", "austrian"},
                               Country{"azerbaijan", "azerbaijani"},
                               Country{"bangladesh", "bangladeshi"},
                               Country{"belarus", "belarusian"},
                               Country{"belgium", "belgian"},
                               Country{"bolivia", "bolivian"},
                               Country{"bosnia", "bosnian"},
                               Country{"brazil", "brazilian"},
                               Country{"bulgaria", "bulgarian"},
                               Country{"cambodia", "cambodian"},
                               Country{"canada", "canadian"},
                               Country{"chile", "chilean"},
                               Country{"china", "chinese"},
                               Country{"colombia", "colombian"},
                               Country{"croatia", "croatian"},
                               Country{"cuba", "cuban"},
                               Country{"cyprus", "cypriot"},
                               Country{"czechia", "czech"},
                               Country{"denmark", "danish"},
                               Country{"ecuador", "ecuadorian"},
                               Country{"egypt", "egyptian"},
                               Country{"england", "english"},
                               Country{"estonia", "estonian"},
                               Country{"ethiopia", "ethiopian"},
                               Country{"finland", "finnish"},
                               Country{"france", "french"},
                               Country{"georgia", "georgian"},
                               Country{"germany", "german"},
                               Country{"ghana", "ghanaian"},
                               Country{"greece", "greek"},
                               Country{"guatemala", "guatemalan"},
                               Country{"hungary", "hungarian"},
                               Country{"iceland", "icelandic"},
                               Country{"india", "indian"},
                               Country{"indonesia", "indonesian"},
                               Country{"iran", "iranian"},
                               Country{"iraq", "iraqi"},
                               Country{"ireland", "irish"},
                               Country{"israel", "israeli"},
                               Country{"italy", "italian"},
                               Country{"jamaica", "jamaican"},
                               Country{"japan", "japanese"},
                               Country{"jordan", "jordanian"},
                               Country{"kazakhstan", "kazakh"},
                               Country{"kenya", "kenyan"},
                               Country{"kuwait", "kuwaiti"},
                               Country{"laos", "laotian"},
                               Country{"latvia", "latvian"},
                               Country{"lebanon", "lebanese"},
                               Country{"libya", "libyan"},
                               Country{"lithuania", "lithuanian"},
                               Country{"luxembourg", "luxembourgish"},
                               Country{"malaysia", "malaysian"},
                               Country{"malta", "maltese"},
                               Country{"mexico", "mexican"},
                               Country{"moldova", "moldovan"},
                               Country{"mongolia", "mongolian"},
                               Country{"morocco", "moroccan"},
                               Country{"nepal", "nepali"},
                               Country{"netherlands", "dutch"},
                               Country{"nigeria", "nigerian"},
                               Country{"norway", "norwegian"},
                               Country{"pakistan", "pakistani"},
                               Country{"peru", "peruvian"},
                               Country{"philippines", "filipino"},
                               Country{"poland", "polish"},
                               Country{"portugal", "portuguese"},
                               Country{"romania", "romanian"},
                               Country{"russia", "russian"},
                               Country{"scotland", "scottish"},
                               Country{"senegal", "senegalese"},
                               Country{"serbia", "serbian"},
                               Country{"singapore", "singaporean"},
                               Country{"slovakia", "slovak"},
                               Country{"slovenia", "slovenian"},
                               Country{"somalia", "somali"},
                               Country{"spain", "spanish"},
                               Country{"sweden", "swedish"},
                               Country{"switzerland", "swiss"},
                               Country{"syria", "syrian"},
                               Country{"taiwan", "taiwanese"},
                               Country{"tanzania", "tanzanian"},
                               Country{"thailand", "thai"},
                               Country{"tunisia", "tunisian"},
                               Country{"turkey", "turkish"},
                               Country{"uganda", "ugandan"},
                               Country{"uk", "british"},
                               Country{"ukraine", "ukrainian"},
                               Country{"uruguay", "uruguayan"},
                               Country{"us", "american"},
                               Country{"usa", "american"},
                               Country{"uzbekistan", "uzbek"},
                               Country{"venezuela", "venezuelan"},
                               Country{"vietnam", "vietnamese"},
                               Country{"wales", "welsh"},
                               Country{"yemen", "yemeni"},
                               Country{"zimbabwe", "zimbabwean"}};

std::string_view adjective_of(std::string_view country)
{
    for (const auto& known : countries) {
        if (known.name == country) return known.adjective;
    }
    return {};
}

std::string shown(std::string_view adjective)
{
    std::string text(adjective);
    if (!text.empty()) text[0] = static_cast<char>(text[0] - 'a' + 'A');
    return text;
}

std::size_t skip(const Reading& reading, std::size_t index, std::string_view words)
{
    while (!words.empty()) {
        const std::size_t space = std::min(words.find(' '), words.size());
        if (reading.is(index, words.substr(0, space))) ++index;
        words.remove_prefix(std::min(space + 1, words.size()));
    }
    return index;
}

std::optional<Fact> claim(const ReadMessage& message, std::size_t index, std::string_view method, double confidence)
{
    const Reading& reading = message.reading;
    if (index >= reading.tokens().size()) return std::nullopt;
    const Token& token = reading.tokens()[index];
    const std::string_view adjective =
        is_nationality_word(token.folded) ? std::string_view(token.folded) : adjective_of(token.folded);
    if (adjective.empty()) return std::nullopt;
    return fact_at(message, token.span, shown(adjective), method, confidence);
}

std::size_t match_any(const Reading& reading, std::size_t index, const std::vector<std::string_view>& phrases)
{
    for (const auto phrase : phrases) {
        if (const std::size_t length = reading.match(index, phrase)) return length;
    }
    return 0;
}

/// "an Italian passport", "Italian citizen", said of himself.
bool is_papers(const Reading& reading, std::size_t index)
{
    return is_nationality_word(reading.tokens()[index].folded) &&
           match_any(reading, index + 1, {"passport", "citizen", "national", "nationality", "citizenship"}) != 0;
}

bool is_of_himself(const Reading& reading, std::size_t index)
{
    for (std::size_t looked = 0; looked < 6 && index > 0 && !reading.begins_sentence(index); ++looked) {
        --index;
        if (match_any(reading, index, {"i", "i'm", "im", "my", "i've"}) != 0) return true;
        if (match_any(reading, index, {"his", "her", "their", "he", "she", "wife", "husband", "not", "don't"}) != 0)
            return false;
    }
    return false;
}

bool ends_clause(const Reading& reading, std::size_t index)
{
    if (index >= reading.tokens().size() || reading.tokens()[index].starts_line) return true;
    return reading.tokens()[index].kind == TokenKind::mark ||
           match_any(reading, index, {"and", "but", "living", "by", "from", "based", "with", "so", "who"}) != 0;
}

std::optional<Fact> nationality_at(const ReadMessage& message, std::size_t index)
{
    const Reading& reading = message.reading;
    if (const auto length =
            match_any(reading, index, {"my nationality is", "nationality :", "citizenship :", "nationality is"})) {
        return claim(message, index + length, "labelled", 0.95);
    }
    if (is_papers(reading, index) && is_of_himself(reading, index)) return claim(message, index, "citizen", 0.9);
    if (const auto length = match_any(reading, index, {"citizen of"}); length != 0 && is_of_himself(reading, index)) {
        return claim(message, skip(reading, index + length, "the"), "citizen", 0.9);
    }
    if (const auto length = match_any(reading, index, {"i'm from", "i am from", "im from", "i come from"})) {
        return claim(message, skip(reading, index + length, "the"), "from", 0.6);
    }
    if (const auto length = match_any(reading, index, {"i'm", "i am", "im", "we are", "we're"})) {
        const std::size_t word = skip(reading, index + length, "a an");
        if (word < reading.tokens().size() && is_nationality_word(reading.tokens()[word].folded) &&
            ends_clause(reading, word + 1)) {
            return claim(message, word, "introduced", 0.8);
        }
    }
    return std::nullopt;
}

} // namespace

bool is_nationality_word(std::string_view folded)
{
    return std::any_of(countries.begin(), countries.end(),
                       [&](const Country& country) { return country.adjective == folded; });
}

std::optional<Fact> find_nationality(const ReadMessage& message)
{
    std::optional<Fact> best;
    for (std::size_t index = 0; index < message.reading.tokens().size(); ++index) {
        auto fact = nationality_at(message, index);
        if (fact && (!best || fact->confidence >= best->confidence)) best = std::move(fact);
    }
    return best;
}

} // namespace trunkline::extraction
