// SPDX-License-Identifier: MIT
#pragma once

#include <agents/agent.hpp>
#include <agents/wish.hpp>
#include <base/clock.hpp>

namespace trunkline::agents {

/// A person of the tenant's CRM, as the agent may speak of them to staff.
struct KnownPerson {
    std::string name;
    std::string status; ///< "prospect", "active", …
    std::optional<std::string> email, phone, nationality, company;
};

/// Who is known to the house. Handed in by `app`.
class Knowledge {
public:
    virtual ~Knowledge() = default;
    /// People of that tenant with this name (or a part of it) or this e-mail address; the best first, at most ten.
    virtual asio::awaitable<std::vector<KnownPerson>> find_people(Uuid tenant, std::string text) = 0;
};

/// Something somebody said of himself: "name" is "Ada Lovelace".
struct Noted {
    std::string what; ///< "name", "e-mail", "phone", "nationality", "service"
    std::string value;
    std::size_t turn = 0; ///< in which of the question's turns
};

/// Recognises facts. Handed in by `app`.
class Facts {
public:
    virtual ~Facts() = default;
    /// What the user's turns say of the user himself, in the order of `what` above.
    virtual asio::awaitable<std::vector<Noted>> note(const Question& question) = 0;
};

/// Answers without any model: from what it noted in the conversation, and, for staff, from what the house knows of a
/// person. The same question has the same answer. It says what it cannot do.
///
/// Lifetime: what it is given must outlive it.
class BuiltinAgent final : public Agent {
public:
    struct Options {
        /// Between two words: an answer that can be read while it comes.
        std::chrono::milliseconds pace{8};
    };

    BuiltinAgent(Clock& clock, Facts& facts, Knowledge& knowledge, Options options)
        : clock_(clock), facts_(facts), knowledge_(knowledge), options_(options)
    {}
    BuiltinAgent(Clock& clock, Facts& facts, Knowledge& knowledge) : BuiltinAgent(clock, facts, knowledge, Options{}) {}

    asio::awaitable<void> answer(const Question& question, AnswerWriter& writer) override;

private:
    asio::awaitable<std::string> compose(const Question& question);
    asio::awaitable<std::string> about_person(const Question& question, std::string person, std::vector<Noted> noted);

    Clock& clock_;
    Facts& facts_;
    Knowledge& knowledge_;
    Options options_;
};

/// `text` in pieces of one word and the white space behind it; together they are `text`.
std::vector<std::string> word_pieces(std::string_view text);

} // namespace trunkline::agents
