// SPDX-License-Identifier: MIT
#include <agents/wish.hpp>

#include <base/json.hpp>
#include <base/utf8.hpp>

#include <algorithm>

namespace trunkline::agents {

namespace {

constexpr std::size_t person_chars_max = 100;

/// Phrases after which a person is named.
constexpr std::string_view person_asked[] = {
    "who is ",
    "who's ",
    "who was ",
    "do you know ",
    "tell me about ",
    "tell me everything about ",
    "tell me everything you know about ",
    "tell me everything you know of ",
    "tell me everything that you know about ",
    "tell me everything that you know of ",
    "tell me what you know about ",
    "tell me what you know of ",
    "what do you know about ",
    "what do we know about ",
    "what do you know of ",
    "look up ",
    "find ",
    "search for ",
    "show me ",
    "do we have ",
    "have we got ",
};
/// "what is the e-mail of Ada", "phone number of Ada".
constexpr std::string_view detail_asked[] = {
    "e-mail of ", "email of ",   "e-mail address of ", "email address of ", "phone of ",   "phone number of ",
    "number of ", "e-mail for ", "email for ",         "phone number for ", "details of ", "contact of ",
};
constexpr std::string_view about_oneself[] = {
    "me", "myself", "i", "i am", "us", "this conversation", "this chat",
};
constexpr std::string_view notes_asked[] = {
    "what did you note",      "what have you noted",       "what did i tell you",     "what have i told you",
    "what did i say",         "what do you know about me", "what do you know of me",  "your notes",
    "list what you",          "what do you remember",      "what did you write down", "who am i",
    "show me what you noted",
};
constexpr std::string_view help_asked[] = {
    "what can you do", "how can you help", "what are you", "who are you", "how do you work", "what do you do",
};
constexpr std::string_view greetings[] = {
    "hello",        "hi",       "hey",       "good morning", "good afternoon",
    "good evening", "good day", "greetings", "hello there",  "hi there",
};
constexpr std::string_view thankful[] = {"thanks",       "thank you",   "thank you very much",
                                         "thanks a lot", "many thanks", "great thanks"};
/// What people say before what they want.
constexpr std::string_view polite_beginnings[] = {"please ",    "can you ",        "could you ",
                                                  "would you ", "can you please ", "could you please "};
constexpr std::string_view leaving[] = {"bye",         "goodbye",   "good bye", "see you", "have a nice day",
                                        "that is all", "that's all"};

/// Lower case, one space between words, without punctuation at the end: as long as the original or shorter.
std::string plain(std::string_view message)
{
    std::string words;
    for (const char c : ascii_lower(trimmed(message))) {
        const bool space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
        if (!space) words += c;
        else if (!words.empty() && words.back() != ' ') words += ' ';
    }
    while (!words.empty() && std::string_view("?!., ").find(words.back()) != std::string_view::npos) words.pop_back();
    return words;
}

bool is_one_of(std::string_view text, const auto& phrases)
{
    return std::ranges::find(phrases, text) != std::ranges::end(phrases);
}

bool contains_one_of(std::string_view text, const auto& phrases)
{
    return std::ranges::any_of(phrases,
                               [&](std::string_view phrase) { return text.find(phrase) != std::string_view::npos; });
}

/// `text` without any of `unwanted` at its ends.
std::string_view stripped(std::string_view text, std::string_view unwanted)
{
    while (!text.empty() && unwanted.find(text.back()) != std::string_view::npos) text.remove_suffix(1);
    while (!text.empty() && unwanted.find(text.front()) != std::string_view::npos) text.remove_prefix(1);
    return text;
}

/// The person's name out of the rest of a question, as it was written.
std::string person_in(std::string_view rest)
{
    rest = stripped(rest, "?!., \n");
    for (const std::string_view polite : {"please", "for me"})
        if (rest.size() > polite.size() && ascii_lower(rest).ends_with(polite)) rest.remove_suffix(polite.size());
    for (const std::string_view title : {"the client ", "client ", "customer ", "somebody called ", "someone called "})
        if (ascii_lower(rest).starts_with(title)) rest.remove_prefix(title.size());
    return std::string(first_characters(stripped(rest, "?!.,\"' \n"), person_chars_max));
}

/// What follows the phrase in `message`, when it has it: at its beginning, or anywhere.
std::optional<std::string> person_after(std::string_view message, const auto& phrases, bool anywhere)
{
    const std::string lower = ascii_lower(message);
    for (const std::string_view phrase : phrases) {
        const std::size_t at = lower.find(phrase);
        if (at == std::string::npos || (at > 0 && !anywhere)) continue;
        std::string person = person_in(message.substr(at + phrase.size()));
        if (!person.empty()) return person;
    }
    return std::nullopt;
}

std::string_view without_politeness(std::string_view message)
{
    const std::string lower = ascii_lower(message);
    std::size_t longest = 0;
    for (const std::string_view polite : polite_beginnings)
        if (lower.starts_with(polite)) longest = std::max(longest, polite.size());
    return trimmed(message.substr(longest));
}

/// "Thank you, that is all."
bool is_thanks_and_farewell(std::string_view words)
{
    const std::size_t comma = words.find_first_of(",.!");
    if (comma == std::string_view::npos || !is_one_of(words.substr(0, comma), thankful)) return false;
    return is_one_of(stripped(words.substr(comma), ",.! "), leaving);
}

} // namespace

Wish read_wish(std::string_view message)
{
    message = without_politeness(trimmed(message));
    const std::string words = plain(message);
    if (is_one_of(words, greetings)) return {Wish::Kind::greeting, {}};
    if (is_one_of(words, thankful)) return {Wish::Kind::thanks, {}};
    if (is_one_of(words, leaving) || is_thanks_and_farewell(words)) return {Wish::Kind::farewell, {}};
    if (words == "help" || contains_one_of(words, help_asked)) return {Wish::Kind::help, {}};
    if (contains_one_of(words, notes_asked)) return {Wish::Kind::notes, {}};
    if (const auto address = Email::parse(message)) return {Wish::Kind::person, address->value()};
    auto person = person_after(message, person_asked, false);
    if (!person && words.size() < 200) person = person_after(message, detail_asked, true);
    if (!person) return {};
    if (is_one_of(ascii_lower(*person), about_oneself)) return {Wish::Kind::notes, {}};
    return {Wish::Kind::person, *person};
}

} // namespace trunkline::agents
