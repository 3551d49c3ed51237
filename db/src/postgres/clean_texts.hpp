// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/driver.hpp>

#include "postgres/words.hpp"

#include <functional>
#include <unordered_map>

namespace trunkline::db::postgres {

/// Which statements leave nothing behind in the session they run in, whatever else is true of them. A borrower who ran
/// nothing else needs no reset behind him.
///
/// What a statement does cannot be read in its text: a table may be a view over a function that calls set_config, and
/// an operator may be one of the user's. So the server is asked, once for each text that is used often, and only about
/// texts of which a yes can be proved. `words_of_reading` finds every name and operator in a plain SELECT; the question
/// is whether the server knows anything under one of these names, in any schema, with which a SELECT could run code
/// that is not its own, or its own that leaves something behind. The answer is yes, it is clean, when
///
/// - every function of such a name is one of the server's own, and not volatile (set_config, nextval, pg_advisory_lock,
///   lo_open, query_to_xml and all others that do something are), a few harmless ones excepted;
/// - every relation of such a name is a plain table that is not inherited from, without row security and rules, with
///   columns of the server's own types; its indexes and constraints depend on nobody's function, operator, type or
///   access method, since the planner may evaluate what stands in them; it has no extended statistics;
/// - no type of such a name is the user's;
/// - no operator that is written, or implied by the grammar, exists a second time for one of the server's own types, and
///   no implicit cast from one of these was added.
///
/// Names are looked for in all schemas, so the search path does not matter. The server's own is what has an OID of the
/// built-in objects; that somebody with a superuser's rights rewrote those is not considered, nor what extensions hook
/// into the planner and executor.
///
/// A table's owner can change all this at any time. So an answer is believed for `believed_for`; after that the next
/// trip asks again, for all texts together, and what this process itself changes in the schema makes the next trip ask
/// at once. When the answer has become no, every session that may have relied on it is reset before it is lent again
/// (`revocations`). That is the one limit: when somebody else changes a table so that reading it leaves something
/// behind, a session may be lent with it until the next answer is there, two seconds at most.
///
/// Shared by the connections of a driver. Threads: theirs.
class CleanTexts {
public:
    static constexpr std::chrono::seconds believed_for{1};
    static constexpr int uses_before_asking = 8; ///< a question costs as much as a hundred resets
    static constexpr std::size_t texts_max = 1000;

    /// What is known of a text.
    struct Known {
        bool clean = false;
        bool plain = false;       ///< it begins with SELECT, VALUES, INSERT, UPDATE or DELETE: no transaction, no COPY
        bool names_state = false; ///< it calls by name what changes a session; see `names_session_state`
        bool asked = false;       ///< the server, or there is no use in asking
        int uses = 0;
        std::optional<Words> words{};
    };

    /// What to ask the server, and about whom.
    struct Question {
        std::string text;              ///< of the statement; empty when it is about all that are clean
        std::vector<Value> parameters; ///< for `question_text`
        Deadline asked{};              ///< when
        std::uint64_t distrusts = 0;   ///< up to then
    };

    /// Notes that `text` is about to run, and answers what is known of it. Valid until the next call.
    const Known& use(std::string_view text);
    /// The same without noting anything; nullptr when nothing is known.
    const Known* find(std::string_view text) const;

    /// Whether a statement of which that is known can be relied on to leave nothing behind.
    bool believes(const Known& known, Deadline now) const noexcept;

    /// What to ask in front of `text`, under a Sync of its own; nothing most of the time.
    std::optional<Question> question(std::string_view text, Deadline now);
    /// Whether `question` would look for one.
    bool wants_to_ask(const Known& known, Deadline now) const noexcept;
    /// The server's answer, if it gave one.
    void answered(const Question& question, std::optional<bool> clean);

    /// The schema may have changed.
    void distrust() noexcept;
    /// How often what was believed turned out to be no longer true.
    std::uint64_t revocations() const noexcept { return revocations_; }

private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>()(text); }
    };
    using Texts = std::unordered_map<std::string, Known, Hash, std::equal_to<>>;

    void revoke() noexcept;
    bool is_recent(Deadline then, Deadline now) const noexcept { return now - believed_for < then; }

    Texts texts_;
    Words words_; // of all clean texts
    std::size_t clean_ = 0;
    Deadline verified_ = Deadline::min();
    Deadline asked_ = Deadline::min(); // about all: the answer may be on its way
    std::uint64_t revocations_ = 0;
    std::uint64_t distrusts_ = 0;
};

/// Answers one row with one boolean; parameters are names and operators.
const std::string& question_text();

/// True when a text says itself that it changes the session, although the server's answer does not show it: it calls
/// set_config, unless its last argument is a literal true, or setseed, takes advisory locks of the session, makes
/// something temporary, or runs what was prepared.
bool names_session_state(std::string_view text);

} // namespace trunkline::db::postgres
