// SPDX-License-Identifier: MIT
#pragma once

#include <conversations/messages.hpp>
#include <http/call.hpp>

namespace trunkline::chat {

using conversations::Message;
using conversations::Owner;
using conversations::Topics;

enum class RunStatus { running, finished, failed, stopped };
BOOST_DESCRIBE_ENUM(RunStatus, running, finished, failed, stopped)

/// An answer being produced, or produced, as it is shown.
struct Run {
    Uuid id;
    Uuid conversation_id;
    RunStatus status = RunStatus::running;
    std::optional<std::string> reason; ///< why it failed
    std::string agent_type;
    std::string text;          ///< so far
    std::int64_t last_seq = 0; ///< of its journal: `text` ends with that event
    Time started_at;
    std::optional<Time> ended_at;
};
BOOST_DESCRIBE_STRUCT(Run, (), (id, conversation_id, status, reason, agent_type, text, last_seq, started_at, ended_at))

/// How a run ended, as it is told: with the message that keeps what was said.
struct Ended {
    Run run;
    std::optional<Message> message;
};
BOOST_DESCRIBE_STRUCT(Ended, (), (run, message))

/// A run with what only the server needs to know.
struct RunRow {
    Uuid id;
    Uuid tenant_id;
    Uuid user_id;
    Uuid conversation_id;
    std::string agent_type;
    RunStatus status = RunStatus::running;
    std::optional<std::string> reason;
    std::int64_t last_seq = 0; ///< once it has ended
    std::optional<Uuid> message_id;
    Uuid owner; ///< the process that produces it
    Time lease_until;
    Time started_at;
    std::optional<Time> ended_at;
    bool has_journal = true;
    std::string user_name;
    http::Role user_role = http::Role::customer;
};
BOOST_DESCRIBE_STRUCT(RunRow, (),
                      (id, tenant_id, user_id, conversation_id, agent_type, status, reason, last_seq, message_id, owner,
                       lease_until, started_at, ended_at, has_journal, user_name, user_role))

Owner owner_of(const RunRow& run);

enum class EventKind { text, finished, failed, stopped };
BOOST_DESCRIBE_ENUM(EventKind, text, finished, failed, stopped)

/// One entry of a run's journal. The last one of a run that has ended says how.
struct RunEvent {
    std::int64_t seq = 0;
    EventKind kind = EventKind::text;
    std::string text;
};
BOOST_DESCRIBE_STRUCT(RunEvent, (), (seq, kind, text))

/// A run that is about to start: made once, so that a repetition is the same run.
struct NewRun {
    Uuid id = db::new_uuid();
    Uuid owner;                            ///< the process
    std::optional<std::string> agent_type; ///< the conversation's when there is none
    Time started_at;
    Time lease_until;
};

/// Adds to `batch` the start of a run in a conversation of `owner`. A UniqueViolation at the returned index: one is
/// running there already. An empty result there: the conversation is not the owner's.
std::size_t add_start(db::Batch& batch, const Owner& owner, const Uuid& conversation, const NewRun& run);

asio::awaitable<std::optional<RunRow>> find_run(db::Executor& db, Uuid run);
/// Nothing when it is another's.
asio::awaitable<std::optional<RunRow>> find_run(db::Executor& db, Owner owner, Uuid run);
asio::awaitable<std::vector<RunRow>> running_runs(db::Executor& db, Owner owner, Uuid conversation);

/// The journal behind `after`, in the order of seq, at most `rows_max` entries.
asio::awaitable<std::vector<RunEvent>> read_journal(db::Executor& db, Uuid run, std::int64_t after,
                                                    std::int64_t rows_max);

/// The run with its text: from the message it became, or from the journal.
asio::awaitable<Run> shown(db::Executor& db, RunRow row);
/// The run with its message; the message may have been deleted since.
asio::awaitable<Ended> shown_with_message(db::Executor& db, RunRow row);

/// How a run ends.
struct Ending {
    RunRow run; ///< as it was seen running: another owner or status by now undoes the unit
    Uuid owner; ///< who ends it
    RunStatus status = RunStatus::finished;
    std::optional<std::string> reason;
    std::string text; ///< all that was said
    std::string rest; ///< the end of it that is not in the journal yet
    std::int64_t next_seq = 1;
    Time at;
    Uuid message_id = db::new_uuid();
};

/// Ends a run in one unit: the rest into the journal, what was said as a message with its outbox rows, the run's row,
/// the last entry of the journal. Nothing, and nothing is written, when the run is not what `run` says any more.
/// After a failure with an unknown outcome it may be called again with the same Ending.
asio::awaitable<std::optional<Ended>> end_run(db::Executor& db, Ending ending, Topics topics);

/// Running ones that nobody produces any more: their lease ran out, or `owner` has them since before `started_before`.
/// With `all_others` those of every other owner, whatever their lease says: on SQLite other owners are dead.
asio::awaitable<std::vector<RunRow>> abandoned_runs(db::Executor& db, Uuid owner, Time now, Time started_before,
                                                    bool all_others);

/// Forgets the journals of runs that ended before that time.
asio::awaitable<std::uint64_t> forget_journals(db::Executor& db, Time ended_before);

} // namespace trunkline::chat
