// SPDX-License-Identifier: MIT
#include <extraction/questions.hpp>

#include <extraction/vocabulary.hpp>

namespace trunkline::extraction {

namespace {

constexpr int answers_waited_for = 5;

bool asks_for_something(const Reading& reading)
{
    static const WordSet asking{
        "? please pls provide give share enter confirm verify need tell send require who what which "
        "may can could would type supply"};
    for (const Token& token : reading.tokens()) {
        if (asking.contains(token.folded)) return true;
    }
    return false;
}

/// "your name", "full name", "first and last name", but not "username", "user name", "name of the product".
bool is_name_question(const Reading& reading, std::size_t index)
{
    static const WordSet not_persons{
        "user brand product company business item file pet screen domain street store bank "
        "order plan model"};
    static const WordSet leading{
        "your full first last complete legal real a and or the customer account holder's , - :"};
    if (!reading.is(index, "name") && !reading.is(index, "names")) return false;
    if (reading.is(index + 1, "of") || reading.match(index + 1, "on the card")) return false;
    if (index == 0) return true;
    const Token& before = reading.tokens()[index - 1];
    if (not_persons.contains(before.folded)) return false;
    return leading.contains(before.folded) || before.kind == TokenKind::mark || reading.begins_sentence(index);
}

bool asks_who(const Reading& reading, std::size_t index)
{
    for (const auto* phrase : {"who am i", "whom am i", "who i am", "whom i am", "who is this", "who's this",
                               "whom do i", "who do i have", "who are you", "may i ask who", "wie heißen sie",
                               "wie ist ihr name", "come si chiama", "cómo se llama", "siapa nama"}) {
        if (reading.match(index, phrase) != 0) return true;
    }
    return false;
}

bool asks_service(const Reading& reading, std::size_t index)
{
    for (const auto* phrase :
         {"how can i help", "how may i help", "how can we help", "what can i do for you", "which service",
          "what service", "how can i assist", "how may i assist", "what do you need", "what kind of"}) {
        if (reading.match(index, phrase) != 0) return true;
    }
    return false;
}

void read_word(const Reading& reading, std::size_t index, Topics& topics)
{
    static const WordSet phones{"phone telephone mobile cell cellphone telefon handy whatsapp tel telefono teléfono"};
    static const WordSet mails{"email e-mail emails mail"};
    static const WordSet numbers{
        "order invoice account acct tracking id card username ticket case booking reservation zip "
        "zipcode postal confirmation reference serial pin"};
    const std::string& word = reading.tokens()[index].folded;
    topics.name |= is_name_question(reading, index) || asks_who(reading, index);
    topics.email |= mails.contains(word);
    topics.phone |= phones.contains(word) || reading.match(index, "contact number") ||
                    reading.match(index, "reach you") || reading.match(index, "call you");
    topics.number |= numbers.contains(word);
    topics.service |= asks_service(reading, index);
}

} // namespace

Topics read_question(const Reading& agent)
{
    Topics topics;
    if (!asks_for_something(agent)) return topics;
    for (std::size_t index = 0; index < agent.tokens().size(); ++index) read_word(agent, index, topics);
    return topics;
}

void Asked::hear_agent(const Reading& agent)
{
    const Topics heard = read_question(agent);
    if (answers_ == 0) {
        // Still the same turn: "your order id and e-mail" – "please".
        topics_ = {topics_.name || heard.name, topics_.email || heard.email, topics_.phone || heard.phone,
                   topics_.number || heard.number, topics_.service || heard.service};
        return;
    }
    bool asks = heard.any();
    for (const Token& token : agent.tokens()) asks |= token.folded == "?";
    if (!asks) return;
    topics_ = heard;
    answers_ = 0;
}

void Asked::hear_customer()
{
    if (++answers_ >= answers_waited_for) topics_ = {};
}

} // namespace trunkline::extraction
