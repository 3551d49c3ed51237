// SPDX-License-Identifier: MIT
#include <chat/runs.hpp>

namespace trunkline::chat {

namespace {

/// More than the journal of any run holds: an answer has at most 256 KiB, a piece at least one byte.
constexpr std::int64_t whole_journal = 1'000'000;

std::string text_of(const std::vector<RunEvent>& events)
{
    std::string text;
    for (const RunEvent& event : events)
        if (event.kind == EventKind::text) text += event.text;
    return text;
}

EventKind kind_of(RunStatus status)
{
    if (status == RunStatus::stopped) return EventKind::stopped;
    return status == RunStatus::failed ? EventKind::failed : EventKind::finished;
}

std::optional<RunRow> only(std::vector<RunRow> rows)
{
    if (rows.empty()) return std::nullopt;
    return std::move(rows.front());
}

template <class... Args>
db::SqlBuilder select_runs(db::Sql<std::type_identity_t<Args>...> where, const Args&... args)
{
    db::SqlBuilder sql(
        "SELECT r.id, r.tenant_id, r.user_id, r.conversation_id, r.agent_type, r.status, r.reason, r.last_seq, "
        "r.message_id,"
        " r.owner, r.lease_until, r.started_at, r.ended_at, r.has_journal, u.name AS user_name, u.role AS user_role"
        " FROM runs r JOIN users u ON u.id = r.user_id");
    sql.add<Args...>(where, args...);
    return sql;
}

asio::awaitable<std::optional<Message>> message_of(db::Executor& db, RunRow row)
{
    if (!row.message_id) co_return std::nullopt;
    co_return co_await db.fetch_optional<Message>(
        "SELECT id, conversation_id, seq, sender, content, agent_type, run_id, created_at"
        " FROM messages WHERE id = $1",
        *row.message_id);
}

Run run_of(const RunRow& row)
{
    return {row.id, row.conversation_id, row.status,     row.reason,  row.agent_type,
            "",     row.last_seq,        row.started_at, row.ended_at};
}

std::size_t add_message(db::Batch& batch, const Ending& ending, const Topics& topics)
{
    const conversations::Draft draft{.id = ending.message_id,
                                     .sender = conversations::Sender::bot,
                                     .content = ending.text,
                                     .agent_type = ending.run.agent_type,
                                     .run_id = ending.run.id,
                                     .created_at = ending.at};
    return conversations::add_save(batch, owner_of(ending.run), ending.run.conversation_id, draft, topics);
}

/// The unit that ends a run. The conversation's row is locked first, as by everybody who writes to both.
db::Batch ending_unit(const Ending& ending, const Topics& topics)
{
    db::Batch batch;
    std::optional<Uuid> message;
    if (!ending.text.empty()) {
        add_message(batch, ending, topics);
        message = ending.message_id;
    }
    const RunRow& run = ending.run;
    const std::int64_t last_seq = ending.next_seq + (ending.rest.empty() ? 0 : 1);
    if (!ending.rest.empty())
        batch.add("INSERT INTO run_events (run_id, seq, kind, text, at)"
                  " SELECT id, $1, 'text', $2, $3 FROM runs WHERE id = $4 AND owner = $5 AND status = 'running'",
                  ending.next_seq, ending.rest, ending.at, run.id, run.owner);
    batch.add("UPDATE runs SET status = $1, reason = $2, last_seq = $3, message_id = $4, ended_at = $5, owner = $6"
              " WHERE id = $7 AND owner = $8 AND status = 'running'",
              ending.status, ending.reason, last_seq, message, ending.at, ending.owner, run.id, run.owner);
    // A run that is not ours to end any more gives NULL here, which undoes the unit.
    batch.add("INSERT INTO run_events (run_id, seq, kind, text, at)"
              " VALUES ($1, $2, (SELECT CAST($3 AS TEXT) FROM runs WHERE id = $1 AND owner = $4 AND status = $5 AND "
              "last_seq = $2), '', $6)",
              run.id, last_seq, kind_of(ending.status), ending.owner, ending.status, ending.at);
    return batch;
}

} // namespace

Owner owner_of(const RunRow& run) { return {run.tenant_id, run.user_id, run.user_name}; }

std::size_t add_start(db::Batch& batch, const Owner& owner, const Uuid& conversation, const NewRun& run)
{
    batch.add("INSERT INTO runs (id, tenant_id, user_id, conversation_id, agent_type, question_seq, status, last_seq, "
              "owner, lease_until,"
              " started_at, has_journal)"
              " SELECT $1, tenant_id, user_id, id, coalesce($2, agent_type), last_seq, 'running', 0, $3, $4, $5, $6 "
              "FROM conversations"
              " WHERE id = $7 AND tenant_id = $8 AND user_id = $9"
              " RETURNING agent_type",
              run.id, run.agent_type, run.owner, run.lease_until, run.started_at, true, conversation, owner.tenant_id,
              owner.user_id);
    return batch.size() - 1;
}

asio::awaitable<std::optional<RunRow>> find_run(db::Executor& db, Uuid run)
{
    auto sql = select_runs("WHERE r.id = $1", run);
    auto found = db.fetch<RunRow>(std::move(sql).build());
    co_return only(co_await std::move(found));
}

asio::awaitable<std::optional<RunRow>> find_run(db::Executor& db, Owner owner, Uuid run)
{
    auto sql =
        select_runs("WHERE r.id = $1 AND r.tenant_id = $2 AND r.user_id = $3", run, owner.tenant_id, owner.user_id);
    auto found = db.fetch<RunRow>(std::move(sql).build());
    co_return only(co_await std::move(found));
}

asio::awaitable<std::vector<RunRow>> running_runs(db::Executor& db, Owner owner, Uuid conversation)
{
    auto sql =
        select_runs("WHERE r.conversation_id = $1 AND r.tenant_id = $2 AND r.user_id = $3 AND r.status = 'running'",
                    conversation, owner.tenant_id, owner.user_id);
    return db.fetch<RunRow>(std::move(sql).build());
}

asio::awaitable<std::vector<RunEvent>> read_journal(db::Executor& db, Uuid run, std::int64_t after,
                                                    std::int64_t rows_max)
{
    return db.fetch<RunEvent>(
        "SELECT seq, kind, text FROM run_events WHERE run_id = $1 AND seq > $2 ORDER BY seq LIMIT $3", run, after,
        rows_max);
}

asio::awaitable<Run> shown(db::Executor& db, RunRow row)
{
    const Ended ended = co_await shown_with_message(db, std::move(row));
    co_return ended.run;
}

asio::awaitable<Ended> shown_with_message(db::Executor& db, RunRow row)
{
    Ended ended{run_of(row), co_await message_of(db, row)};
    if (ended.message) {
        ended.run.text = ended.message->content;
    } else if (row.has_journal) {
        const auto events = co_await read_journal(db, row.id, 0, whole_journal);
        ended.run.text = text_of(events);
        if (row.status == RunStatus::running && !events.empty()) ended.run.last_seq = events.back().seq;
    }
    co_return ended;
}

asio::awaitable<std::optional<Ended>> end_run(db::Executor& db, Ending ending, Topics topics)
{
    bool done_before = false;
    try {
        (void)co_await db.run(ending_unit(ending, topics));
    } catch (const db::CheckViolation&) {
        co_return std::nullopt;
    } catch (const db::UniqueViolation&) {
        done_before = true; // by this very Ending, whose answer was lost, or by somebody else
    }
    auto row = co_await find_run(db, ending.run.id);
    if (!row || row->status == RunStatus::running) co_return std::nullopt;
    if (done_before && row->owner != ending.owner) co_return std::nullopt;
    co_return co_await shown_with_message(db, std::move(*row));
}

asio::awaitable<std::vector<RunRow>> abandoned_runs(db::Executor& db, Uuid owner, Time now, Time started_before,
                                                    bool all_others)
{
    auto sql = select_runs("WHERE r.status = 'running' AND (r.lease_until < $1 OR (r.owner = $2 AND r.started_at < $3) "
                           "OR ($4 AND r.owner <> $2))",
                           now, owner, started_before, all_others);
    return db.fetch<RunRow>(std::move(sql).build());
}

asio::awaitable<std::uint64_t> forget_journals(db::Executor& db, Time ended_before)
{
    db::Batch batch;
    batch.add("DELETE FROM run_events WHERE run_id IN (SELECT id FROM runs WHERE has_journal AND ended_at < $1)",
              ended_before);
    batch.add("UPDATE runs SET has_journal = $1 WHERE has_journal AND ended_at < $2", false, ended_before);
    const auto results = co_await db.run(std::move(batch));
    co_return results.at(1).affected();
}

} // namespace trunkline::chat
