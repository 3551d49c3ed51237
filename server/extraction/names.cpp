// SPDX-License-Identifier: MIT
#include <extraction/names.hpp>

#include <extraction/name_corrections.hpp>
#include <extraction/vocabulary.hpp>

#include <algorithm>
#include <array>

namespace trunkline::extraction {

namespace {

constexpr std::size_t agent_name_limit = 20;
constexpr std::size_t lead_in_limit = 12;

/// "my name is", in the languages the built-in extractor reads; the name follows.
constexpr std::array<std::string_view, 23> naming{
    "my name is",       "my name's",  "my names",     "my full name is", "my first name is", "my real name is",
    "my legal name is", "call me",    "i am called",  "i'm called",      "mein name ist",    "ich heiße",
    "ich heisse",       "me llamo",   "mi nombre es", "je m'appelle",    "mon nom est",      "mi chiamo",
    "il mio nome è",    "meu nome é", "me chamo",     "nama saya",       "mijn naam is"};
constexpr std::array<std::string_view, 7> introducing{"i'm", "i am", "im", "this is", "ich bin", "soy", "sono"};

double sureness(const WrittenName& name, double one_part, double several)
{
    return name.weight() > 1 ? several : one_part;
}

bool is_end(const Reading& reading, std::size_t index)
{
    if (index >= reading.tokens().size()) return true;
    const Token& token = reading.tokens()[index];
    return token.starts_line || token.kind != TokenKind::word;
}

/// What may follow a name that somebody introduced himself with: "from Acme", "and I …".
bool is_followed_well(const Reading& reading, std::size_t index)
{
    static const WordSet connecting{
        "from and here calling writing speaking with at again by but i i'm i've i'd im my can could "
        "would how just trying looking having need want please is it's who user username"};
    return is_end(reading, index) || connecting.contains(reading.tokens()[index].folded);
}

bool leads_in(const Token& token)
{
    static const WordSet words{
        "hi hello hey hiya hola ciao hallo bonjour good morning afternoon evening day there yes yeah yep ya sure ok "
        "okay "
        "of course certainly absolutely alright thing no problem ah oh um umm well so and thanks thank you please "
        "dear sir madam team everyone again , ! : - . … hmm yup"};
    return words.contains(token.folded);
}

/// Past the words in front of what a message has to say: "hi", "yes sure,", "ok".
std::size_t skip_lead_in(const Reading& reading, std::size_t index)
{
    while (index < reading.tokens().size() && leads_in(reading.tokens()[index])) ++index;
    return index;
}

/// Whether only such words stand between the beginning of the sentence and `index`.
bool is_opening(const Reading& reading, std::size_t index)
{
    for (std::size_t looked = 0; looked < lead_in_limit; ++looked, --index) {
        if (reading.begins_sentence(index)) return true;
        if (!leads_in(reading.tokens()[index - 1])) return false;
    }
    return false;
}

class NameScan {
public:
    NameScan(const Reading& reading, bool asked) : reading_(reading), asked_(asked) {}

    std::vector<NameClaim> run()
    {
        for (std::size_t index = 0; index < reading_.tokens().size(); ++index) {
            if (named(index) || labelled(index) || introduced(index) || on_account(index) || presented(index) ||
                signed_below(index)) {
                index = std::max(index, claims_.back().name.next_token - 1);
            }
        }
        if (asked_ && claims_.empty()) answered();
        return std::move(claims_);
    }

private:
    bool claim(std::optional<WrittenName> name, std::string_view method, double confidence)
    {
        if (!name || confidence < 0.5) return false;
        claims_.push_back({std::move(*name), method, confidence});
        return true;
    }

    bool claim_labelled(std::size_t index)
    {
        auto name = read_name(reading_, index, NameHint::labelled);
        return name && claim(name, "labelled", sureness(*name, 0.85, 0.95));
    }

    bool named(std::size_t index)
    {
        for (const auto phrase : naming) {
            const std::size_t length = reading_.match(index, phrase);
            if (length == 0) continue;
            return claim_labelled(index + length + (reading_.is(index + length, ":") ? 1 : 0));
        }
        return false;
    }

    /// "Name: …", "the name is …"
    bool labelled(std::size_t index)
    {
        if (!reading_.is(index, "name") && !reading_.is(index, "nama") && !reading_.is(index, "nombre")) return false;
        std::size_t start = index;
        for (int words = 0; words < 3 && start > 0 && !reading_.begins_sentence(start) && is_qualifier(start - 1);
             ++words)
            --start;
        const bool first = is_start(start);
        for (const auto* link : {":", "=", "-", "is :", "is", "'s"}) {
            const std::size_t length = reading_.match(index + 1, link);
            const bool word = std::string_view(link) == "is" || std::string_view(link) == "'s";
            if (length != 0 && first && !(word && reading_.is(start, "last")))
                return claim_labelled(index + 1 + length);
        }
        return false;
    }

    bool is_qualifier(std::size_t index) const
    {
        static const WordSet words{"my the full first complete legal real your customer contact client account-holder"};
        return words.contains(reading_.tokens()[index].folded);
    }

    bool is_start(std::size_t index) const
    {
        if (reading_.begins_sentence(index) || is_opening(reading_, index)) return true;
        const Token& before = reading_.tokens()[index - 1];
        return before.kind == TokenKind::mark || before.folded == "and" || before.kind == TokenKind::number ||
               is_qualifier(index);
    }

    bool introduced(std::size_t index)
    {
        for (const auto phrase : introducing) {
            const std::size_t length = reading_.match(index, phrase);
            if (length == 0 || (phrase == "this is" && !is_opening(reading_, index))) continue;
            auto name = read_name(reading_, index + length, asked_ ? NameHint::answered : NameHint::introduced);
            if (!name || !is_followed_well(reading_, name->next_token)) return false;
            // Without a capital and unasked, only a given name that many bear.
            return claim(name, "introduced", sureness_of(*name, 0.85));
        }
        return false;
    }

    static double sureness_of(const WrittenName& name, double several)
    {
        const double one = name.begins_with_known ? 0.7 : 0.55;
        return sureness(name, one, several);
    }

    /// "Crystal Minh here"
    bool presented(std::size_t index)
    {
        if (!is_opening(reading_, index)) return false;
        auto name = read_name(reading_, index, NameHint::introduced);
        if (!name || (!reading_.is(name->next_token, "here") && !reading_.is(name->next_token, "speaking")))
            return false;
        return is_followed_well(reading_, name->next_token + 1) && claim(name, "introduced", sureness_of(*name, 0.85));
    }

    /// "the name on the account is …", "it's under the name of …"
    bool on_account(std::size_t index)
    {
        for (const auto* phrase :
             {"name on the account is", "name on my account is", "name on the order is",
              "name on the order :", "name on the account :", "under the name of", "under the name", "account is under",
              "order is under", "account holder is", "account holder :", "account belongs to"}) {
            const std::size_t length = reading_.match(index, phrase);
            if (length == 0) continue;
            auto name = read_name(reading_, index + length, NameHint::answered);
            if (name) return claim(name, "account", sureness(*name, 0.7, 0.75));
        }
        return false;
    }

    /// A name alone in a line below "Best regards".
    bool signed_below(std::size_t index)
    {
        static const WordSet closing{
            "regards thanks sincerely cheers thank you yours best wishes greetings grüße grüßen saluti saludos "
            "cordialement hormat -- salam"};
        if (index == 0 || !reading_.tokens()[index].starts_line) return false;
        std::size_t before = index - 1;
        if (before > 0 && reading_.tokens()[before].kind == TokenKind::mark && !reading_.is(before, "-"))
            --before; // "Thanks,"
        const bool dashes = reading_.is(before, "-") && before > 0 && reading_.is(before - 1, "-");
        if (!dashes && !closing.contains(reading_.tokens()[before].folded)) return false;
        auto name = read_name(reading_, index, NameHint::answered);
        if (!name || !name->capitalised || !is_line_end(name->next_token)) return false;
        return claim(name, "signed", sureness(*name, 0.55, 0.75));
    }

    bool is_line_end(std::size_t index) const
    {
        if (reading_.is(index, ".") || reading_.is(index, ",")) ++index;
        return index >= reading_.tokens().size() || reading_.tokens()[index].starts_line;
    }

    /// The first piece of the message that is a name and nothing else.
    void answered()
    {
        std::size_t index = skip_lead_in(reading_, 0);
        while (index < reading_.tokens().size()) {
            if (answered_at(index)) return;
            while (index < reading_.tokens().size() && !is_break(index)) ++index;
            index = skip_lead_in(reading_, index + 1);
        }
    }

    bool is_break(std::size_t index) const
    {
        const Token& token = reading_.tokens()[index];
        return token.kind == TokenKind::mark ||
               (index + 1 < reading_.tokens().size() && reading_.tokens()[index + 1].starts_line);
    }

    bool answered_at(std::size_t index)
    {
        const bool after_greeting = index > 0 && is_greeting(index - 1);
        for (const auto* phrase :
             {"it's", "it is", "its", "that's", "that is", "that would be", "it would be", "name"}) {
            if (const std::size_t length = reading_.match(index, phrase)) {
                index += length;
                break;
            }
        }
        auto name = read_name(reading_, index, NameHint::answered);
        if (!name || !ends_answer(*name)) return false;
        if (name->weight() == 1 &&
            (after_greeting || !(name->capitalised || name->begins_with_known || is_whole(*name))))
            return false;
        const double one = name->capitalised || name->begins_with_known ? 0.7 : 0.55;
        return claim(name, "answered", sureness(*name, one, 0.9));
    }

    bool is_greeting(std::size_t index) const
    {
        static const WordSet words{"hi hello hey hiya dear thanks"};
        return words.contains(reading_.tokens()[index].folded) || reading_.match(index - 1, "thank you") != 0;
    }

    bool ends_answer(const WrittenName& name) const
    {
        static const WordSet connecting{
            "and my i i'm username user email e-mail phone account order id is here with but please"};
        return is_end(reading_, name.next_token) || connecting.contains(reading_.tokens()[name.next_token].folded);
    }

    bool is_whole(const WrittenName& name) const
    {
        return skip_lead_in(reading_, 0) >= name.first_token &&
               skip_lead_in(reading_, name.next_token) >= reading_.tokens().size();
    }

    const Reading& reading_;
    bool asked_;
    std::vector<NameClaim> claims_;
};

std::vector<std::string> folded_parts(const WrittenName& name)
{
    std::vector<std::string> parts;
    for (const auto& part : name.parts) parts.push_back(folded(from_utf8(part, 64)));
    return parts;
}

bool holds_all(const std::vector<std::string>& whole, const std::vector<std::string>& parts)
{
    return std::all_of(parts.begin(), parts.end(), [&](const std::string& part) {
        return std::find(whole.begin(), whole.end(), part) != whole.end();
    });
}

} // namespace

std::vector<NameClaim> find_names(const Reading& reading, bool asked) { return NameScan(reading, asked).run(); }

void NameFinder::hear_agent(const Reading& reading)
{
    for (const auto& claim : find_names(reading, false)) {
        if (agents_names_.size() < agent_name_limit) agents_names_.push_back(folded_parts(claim.name).front());
    }
}

bool NameFinder::is_agents(const WrittenName& name) const
{
    return name.weight() == 1 &&
           std::find(agents_names_.begin(), agents_names_.end(), folded_parts(name).front()) != agents_names_.end();
}

void NameFinder::hear_customer(const ReadMessage& message, bool asked)
{
    const std::vector<NameClaim> claims = find_names(message.reading, asked);
    for (const auto& claim : claims) weigh(message, claim);
    if (best_) correct(message);
}

void NameFinder::keep(const ReadMessage& message, const WrittenName& name, std::string normalised,
                      std::string_view method, double confidence)
{
    parts_.clear();
    std::string_view rest = normalised;
    while (!rest.empty()) {
        const std::size_t space = std::min(rest.find(' '), rest.size());
        parts_.push_back(folded(from_utf8(rest.substr(0, space), 64)));
        rest.remove_prefix(std::min(space + 1, rest.size()));
    }
    best_ = fact_at(message, name.span, std::move(normalised), method, confidence);
}

void NameFinder::weigh(const ReadMessage& message, const NameClaim& claim)
{
    if (claim.method != "labelled" && is_agents(claim.name)) return;
    const std::vector<std::string> parts = folded_parts(claim.name);
    if (best_ && parts.size() < parts_.size() && holds_all(parts_, parts)) return; // a shorter form of it
    const bool fuller = best_ && parts.size() > parts_.size() && holds_all(parts, parts_);
    if (best_ && !fuller && claim.confidence < best_->confidence) return;
    const double confidence = fuller ? std::max(claim.confidence, best_->confidence) : claim.confidence;
    keep(message, claim.name, claim.name.normalised(), claim.method, confidence);
}

void NameFinder::correct(const ReadMessage& message)
{
    const auto correction = find_correction(message.reading, parts_);
    if (!correction || holds_all(parts_, folded_parts(correction->name))) return;
    // One part may replace one part: "Crystal Min" and then "sorry, it's Minh".
    std::vector<std::string> parts;
    std::string_view rest = best_->normalised;
    for (std::size_t at = 0; !rest.empty(); ++at) {
        const std::size_t space = std::min(rest.find(' '), rest.size());
        const bool replaced = correction->replaces && *correction->replaces == at;
        parts.push_back(replaced ? correction->name.normalised() : std::string(rest.substr(0, space)));
        rest.remove_prefix(std::min(space + 1, rest.size()));
    }
    const std::string whole = correction->replaces ? normal_name(parts) : correction->name.normalised();
    keep(message, correction->name, whole, "corrected", 0.9);
}

} // namespace trunkline::extraction
