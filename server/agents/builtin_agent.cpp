// SPDX-License-Identifier: MIT
#include <agents/builtin_agent.hpp>

#include <algorithm>

namespace trunkline::agents {

namespace {

constexpr std::size_t people_shown_max = 5;

bool is_staff(const Question& question) { return question.role != http::Role::customer; }

/// The place of the user's last turn; the number of turns when there is none.
std::size_t last_of_user(const Question& question)
{
    for (std::size_t i = question.turns.size(); i-- > 0;)
        if (question.turns[i].role == Speaker::user) return i;
    return question.turns.size();
}

std::string first_name(const std::string& name) { return name.substr(0, name.find(' ')); }

/// "name Ada Lovelace, e-mail ada@crm.example.test".
std::string listed(const std::vector<Noted>& noted)
{
    std::string text;
    for (const Noted& fact : noted) text += (text.empty() ? "" : ", ") + fact.what + " " + fact.value;
    return text;
}

std::string as_list(const std::vector<Noted>& noted)
{
    std::string text;
    for (const Noted& fact : noted) text += "\n- " + fact.what + ": " + fact.value;
    return text;
}

std::string what_i_can_do(const Question& question)
{
    std::string text =
        "I am the built-in assistant. I work without a language model, so I do few things, and those reliably:\n"
        "- I note what you tell me about yourself: name, e-mail, phone, nationality, the service you are looking for.\n"
        "- I list what I noted when you ask “What did you note?”";
    if (is_staff(question)) text += "\n- I find people of the CRM: “Who is Ada Lovelace?”, or just an e-mail address.";
    else text += "\n- What you tell me is passed on to the team, who will get back to you.";
    return text;
}

std::string notes(const std::vector<Noted>& noted)
{
    if (noted.empty())
        return "I have not noted anything yet. Tell me your name, and how to reach you by e-mail or phone.";
    return "This is what I noted in this conversation:" + as_list(noted);
}

std::string one_person(const KnownPerson& person)
{
    std::string text = person.name;
    if (!person.status.empty()) text += " (" + person.status + ")";
    const std::pair<std::string_view, const std::optional<std::string>&> details[] = {
        {"e-mail", person.email},
        {"phone", person.phone},
        {"nationality", person.nationality},
        {"company", person.company}};
    for (const auto& [what, value] : details)
        if (value) text += "\n- " + std::string(what) + ": " + *value;
    return text;
}

std::string several_people(const std::vector<KnownPerson>& people)
{
    std::string text = "I know " + std::to_string(people.size()) + " people who fit:";
    for (std::size_t i = 0; i < people.size() && i < people_shown_max; ++i) {
        text += "\n- " + people[i].name;
        if (people[i].email) text += ", " + *people[i].email;
        if (people[i].phone) text += ", " + *people[i].phone;
    }
    if (people.size() > people_shown_max) text += "\n- and others; give me more of the name, or an e-mail address.";
    return text;
}

/// What is still worth asking for.
std::string missing(const std::vector<Noted>& noted)
{
    const auto has = [&](std::string_view what) {
        return std::ranges::any_of(noted, [&](const Noted& fact) { return fact.what == what; });
    };
    const bool reachable = has("e-mail") || has("phone");
    if (!has("name") && !reachable) return " May I ask your name, and how we can reach you?";
    if (!has("name")) return " May I ask your name?";
    if (!reachable) return " How can we reach you, by e-mail or phone?";
    return "";
}

std::string greeting(const Question& question, const std::vector<Noted>& noted)
{
    const std::string who = question.user_name.empty() ? "" : ", " + first_name(question.user_name);
    if (is_staff(question))
        return "Hello" + who +
               "! Whom are you looking for? Ask me “Who is Ada Lovelace?”, or tell me about somebody new.";
    return "Hello" + who + "! How can I help you?" + missing(noted);
}

std::string nothing_else(const Question& question, const std::vector<Noted>& noted)
{
    if (is_staff(question))
        return "I did not recognise a question I can answer. I work without a language model: I note names, e-mail "
               "addresses, phone numbers "
               "and services, and I find people by name or e-mail address.";
    return "Thank you. I passed that on; I work without a language model, so I cannot answer it myself." +
           missing(noted);
}

/// The rest of `text` after what was said before the cut; all of it when that is no beginning of it.
std::string rest_of(const Question& question, std::string text)
{
    if (!question.continues || question.turns.empty() || question.turns.back().role != Speaker::assistant) return text;
    const std::string& said = question.turns.back().content;
    if (!text.starts_with(said)) return text;
    return text.size() == said.size() ? "That was all I had to say." : text.substr(said.size());
}

} // namespace

std::vector<std::string> word_pieces(std::string_view text)
{
    const auto is_space = [](char c) { return c == ' ' || c == '\n'; };
    std::vector<std::string> pieces;
    bool word_ended = true;
    for (const char c : text) {
        if (pieces.empty() || (word_ended && !is_space(c))) pieces.emplace_back();
        pieces.back() += c;
        word_ended = is_space(c);
    }
    return pieces;
}

asio::awaitable<void> BuiltinAgent::answer(const Question& question, AnswerWriter& writer)
{
    std::string text = co_await compose(question);
    const auto pieces = word_pieces(rest_of(question, std::move(text)));
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        if (i > 0 && options_.pace.count() > 0) co_await clock_.sleep_for(options_.pace);
        co_await writer.text(pieces[i]);
    }
}

asio::awaitable<std::string> BuiltinAgent::compose(const Question& question)
{
    const std::size_t asked = last_of_user(question);
    if (asked == question.turns.size()) co_return "I have nothing to answer yet. Ask me something.";
    const auto noted = co_await facts_.note(question);
    const Wish wish = read_wish(question.turns[asked].content);
    if (wish.kind == Wish::Kind::person) co_return co_await about_person(question, wish.person, noted);
    if (wish.kind == Wish::Kind::notes) co_return notes(noted);
    if (wish.kind == Wish::Kind::help) co_return what_i_can_do(question);

    std::vector<Noted> just_now;
    std::ranges::copy_if(noted, std::back_inserter(just_now), [&](const Noted& fact) { return fact.turn == asked; });
    if (!just_now.empty())
        co_return "Thank you. I noted: " + listed(just_now) + "." + (is_staff(question) ? "" : missing(noted));
    if (wish.kind == Wish::Kind::greeting) co_return greeting(question, noted);
    if (wish.kind == Wish::Kind::thanks) co_return "You are welcome!";
    if (wish.kind == Wish::Kind::farewell) co_return "Goodbye, and thank you for writing.";
    co_return nothing_else(question, noted);
}

asio::awaitable<std::string> BuiltinAgent::about_person(const Question& question, std::string person,
                                                        std::vector<Noted> noted)
{
    if (!is_staff(question)) {
        const std::size_t asked = last_of_user(question);
        const bool own_address = std::ranges::any_of(noted, [&](const Noted& fact) { return fact.turn == asked; });
        if (own_address) co_return "Thank you. I noted: " + listed(noted) + "." + missing(noted);
        co_return "I can only speak about what you told me yourself. " + notes(noted);
    }
    const auto people = co_await knowledge_.find_people(question.tenant_id, person);
    if (people.empty())
        co_return "I do not know anybody called “" + person +
            "”. Is it spelled as in the CRM? An e-mail address finds people, too.";
    if (people.size() == 1) co_return one_person(people.front());
    co_return several_people(people);
}

} // namespace trunkline::agents
