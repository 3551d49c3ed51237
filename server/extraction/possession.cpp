// SPDX-License-Identifier: MIT
#include <extraction/possession.hpp>

#include <extraction/vocabulary.hpp>

namespace trunkline::extraction {

namespace {

constexpr std::size_t words_looked_at = 8;

const WordSet& own_words()
{
    static const WordSet words{"my mine me our us mein meine mi mon ma mio mia minha meu saya mijn"};
    return words;
}

const WordSet& others_words()
{
    static const WordSet words{
        "his her hers their theirs your yours its from called emailed phoned wrote contacted texted "
        "messaged dialled dialed received someone somebody"};
    return words;
}

const WordSet& relations()
{
    static const WordSet words{
        "wife husband spouse partner boss friend brother sister mother mom mum father dad son daughter colleague "
        "coworker assistant manager lawyer accountant landlord agent secretary roommate girlfriend boyfriend fiance "
        "fiancee uncle aunt cousin neighbor neighbour doctor bank hotel wife's husband's spouse's partner's boss's "
        "friend's brother's sister's mother's mom's mum's father's dad's son's daughter's colleague's"};
    return words;
}

/// "Anna's", but not "it's".
bool is_possessive(const Token& token)
{
    static const WordSet not_possessive{"it's that's here's what's who's let's name's email's mail's number's phone's "
                                        "he's she's there's cell's address's mobile's"};
    return token.folded.ends_with("'s") && !not_possessive.contains(token.folded);
}

bool ends_the_look(const Reading& reading, std::size_t index)
{
    const Token& token = reading.tokens()[index];
    const bool long_number = token.kind == TokenKind::number && token.span.end - token.span.start >= 4;
    return token.kind == TokenKind::address || long_number || token.folded == ";";
}

Owner said_before(const Reading& reading, std::size_t index)
{
    bool relation = false;
    for (std::size_t looked = 0; looked < words_looked_at && index > 0; ++looked) {
        if (reading.begins_sentence(index)) break;
        --index;
        const Token& token = reading.tokens()[index];
        if (ends_the_look(reading, index)) break;
        if (token.folded == "you" && looked < 2) return Owner::other;
        if (is_possessive(token) || others_words().contains(token.folded)) return Owner::other;
        relation |= relations().contains(token.folded);
        if (own_words().contains(token.folded)) return relation ? Owner::other : Owner::customer;
    }
    return relation ? Owner::other : Owner::unsaid;
}

Owner said_after(const Reading& reading, std::size_t index)
{
    for (std::size_t looked = 0; looked < 4 && index < reading.tokens().size(); ++looked, ++index) {
        if (reading.begins_sentence(index)) break;
        const Token& token = reading.tokens()[index];
        const bool linking = token.folded == "is" || token.folded == "," || token.folded == "(" || token.folded == "-";
        if (linking) continue;
        const bool relation =
            index + 1 < reading.tokens().size() && relations().contains(reading.tokens()[index + 1].folded);
        if (token.folded == "my" || token.folded == "mine") return relation ? Owner::other : Owner::customer;
        if (token.folded == "his" || token.folded == "her" || token.folded == "their") return Owner::other;
        break;
    }
    return Owner::unsaid;
}

} // namespace

Owner owner_of(const Reading& reading, Span span)
{
    const Owner before = said_before(reading, reading.token_at(span.start));
    return before == Owner::unsaid ? said_after(reading, reading.token_at(span.end)) : before;
}

} // namespace trunkline::extraction
