// SPDX-License-Identifier: MIT
#include "mysql/connection.hpp"

#include "mysql/verb.hpp"

#include <errmsg.h>

#include <span>

namespace trunkline::db::mysql {

namespace {

constexpr unsigned query_interrupted = 1317;
constexpr std::size_t bulk_bytes_max = 1024 * 1024;
constexpr std::size_t bulk_rows_max = 5000;

} // namespace

MysqlConnection::MysqlConnection(std::unique_ptr<Line> line, Session session, const Options& options)
    : cache_(options.pooler_safe() ? 0 : options.statement_cache_size),
      line_(std::move(line)),
      session_(std::move(session)),
      options_(options)
{}

MysqlConnection::~MysqlConnection() = default;

Condition MysqlConnection::condition() const noexcept
{
    if (line_->broken()) return Condition::broken;
    if (line_->in_transaction()) return Condition::in_transaction;
    return begun_ ? Condition::in_failed_transaction : Condition::idle;
}

// -- The calls ---------------------------------------------------------------

asio::awaitable<std::vector<Result>> MysqlConnection::run(Query query, Deadline deadline)
{
    auto work = run_query(std::move(query), deadline);
    return on_its_own_terms(std::move(work));
}

asio::awaitable<void> MysqlConnection::begin(TransactionOptions options, Deadline deadline)
{
    auto work = run_begin(options, deadline);
    return on_its_own_terms(std::move(work));
}

asio::awaitable<void> MysqlConnection::commit(Deadline deadline)
{
    auto work = run_commit(deadline);
    return on_its_own_terms(std::move(work));
}

asio::awaitable<void> MysqlConnection::rollback(Deadline deadline)
{
    auto work = run_rollback(deadline);
    return on_its_own_terms(std::move(work));
}

asio::awaitable<void> MysqlConnection::close()
{
    auto work = line_->leave();
    return on_its_own_terms(std::move(work));
}

asio::awaitable<std::vector<Result>> MysqlConnection::run_query(Query query, Deadline deadline)
{
    const auto& statements = query.statements();
    std::vector<Result> nothing;
    if (statements.empty()) co_return nothing;
    check_ready(deadline, &statements.front());
    queries_ += statements.size();
    deadline_ = deadline;
    raw_sql_ = query.options() ? query.options()->raw_sql : options_.raw_sql;
    names_max_ = query.options() ? query.options()->names_max() : cache_.capacity();
    line_->begin_call(deadline);
    Attempt attempt;
    attempt.unit = query.is_unit();
    co_await close_dropped_cursors();
    co_await reset_if_due(attempt);
    if (query.is_unit()) {
        co_await run_unit(attempt, query, true);
    } else if (stands(attempt)) {
        const bool was_in_transaction = line_->in_transaction();
        co_await run_one(attempt, statements.front());
        co_await settle(attempt, was_in_transaction);
    }
    if (line_->broken() || attempt.failed()) fail(attempt, query);
    if (line_->why() == Interruption::cancelled) throw_cancelled();
    if (attempt.unreadable) std::rethrow_exception(attempt.unreadable);
    co_return std::move(attempt.results);
}

asio::awaitable<void> MysqlConnection::run_begin(TransactionOptions options, Deadline deadline)
{
    check_ready(deadline, nullptr);
    line_->begin_call(deadline);
    Attempt attempt;
    co_await reset_if_due(attempt);
    const std::vector<std::string> texts = session_.begin_texts(options);
    for (const std::string& text : texts)
        if (stands(attempt)) co_await control(attempt, text);
    begun_ = !attempt.failed() && !line_->broken();
    if (!begun_ && texts.size() > 1) reset_due_ = true; // the isolation level would wait for the next transaction
    co_await settle(attempt, false);
    if (line_->broken() || attempt.failed()) fail_control(attempt, texts.back());
    if (line_->why() == Interruption::cancelled) throw_cancelled();
}

asio::awaitable<void> MysqlConnection::run_commit(Deadline deadline)
{
    check_ready(deadline, nullptr);
    line_->begin_call(deadline);
    Attempt attempt;
    const bool had_failed = begun_ && !line_->in_transaction();
    co_await close_cursors();
    co_await control(attempt, had_failed ? "ROLLBACK" : "COMMIT");
    const bool unsure = attempt.failed();
    co_await settle(attempt, unsure);
    if (unsure && !line_->broken() && line_->in_transaction()) co_await undo(attempt, false);
    begun_ = false;
    if (line_->broken() || attempt.failed()) fail_control(attempt, "COMMIT");
    if (had_failed) {
        ErrorInfo info;
        info.message =
            "the transaction had ended before, by an error or a statement that ends it: there was nothing to "
            "commit";
        info.sqlstate = "25P02";
        info.outcome = Outcome::rejected;
        throw_error(std::move(info));
    }
    if (line_->why() == Interruption::cancelled) throw_cancelled();
}

asio::awaitable<void> MysqlConnection::run_rollback(Deadline deadline)
{
    check_ready(deadline, nullptr);
    line_->begin_call(deadline);
    Attempt attempt;
    co_await close_cursors();
    co_await control(attempt, "ROLLBACK");
    co_await settle(attempt, attempt.failed());
    if (!attempt.failed()) begun_ = false;
    if (line_->broken() || attempt.failed()) fail_control(attempt, "ROLLBACK");
    if (line_->why() == Interruption::cancelled) throw_cancelled();
}

/// Refuses what would not reach the server, or would reach it too late.
void MysqlConnection::check_ready(Deadline deadline, const Statement* first)
{
    ErrorInfo info;
    if (first) describe_statement(info, *first);
    if (!line_->alive()) {
        info.message = "the connection to the database was closed";
        info.sqlstate = "08006";
        throw ConnectionLost(std::move(info));
    }
    if (first && begun_ && !line_->in_transaction()) {
        info.message = "the transaction was ended by an error or a statement that ends it: roll it back";
        info.sqlstate = "25P02";
        info.outcome = Outcome::rejected;
        throw_error(std::move(info));
    }
    if (std::chrono::steady_clock::now() < deadline) return;
    info.message = "the deadline had passed before the statement was sent";
    info.sqlstate = "57014";
    throw CommandTimeout(std::move(info));
}

// -- Steps -------------------------------------------------------------------

/// Whether the call may go on: it has not failed, and nobody asked it to stop.
bool MysqlConnection::stands(Attempt& attempt)
{
    if (line_->broken() || attempt.failed()) return false;
    if (line_->why() == Interruption::none) return true;
    attempt.failure = Failure{query_interrupted, "70100", "it was stopped before it was sent"};
    return false;
}

void MysqlConnection::note(Attempt& attempt)
{
    if (line_->failure()) attempt.failure = line_->failure();
}

asio::awaitable<void> MysqlConnection::control(Attempt& attempt, std::string_view text)
{
    co_await line_->query(text);
    attempt.of_a_member = false;
    note(attempt);
}

/// Clears what the last borrower left. A session that is not proved clean is nobody's.
asio::awaitable<void> MysqlConnection::reset_if_due(Attempt& attempt)
{
    if (!reset_due_ || line_->in_transaction()) co_return;
    line_->begin_own_work();
    co_await line_->reset();
    if (!line_->failure() && !line_->broken()) {
        cache_.clear();
        passing_.reset();
        cursors_.clear();
        const std::string settings = session_.settings();
        co_await line_->query(settings);
    }
    line_->end_own_work();
    if (line_->broken() || line_->failure()) {
        attempt.broke_resetting = true;
        note(attempt);
        line_->give_up();
        co_return;
    }
    reset_due_ = false;
}

/// After a stop nothing is pending any more, and after a failure in a transaction it is known whether that goes on.
asio::awaitable<void> MysqlConnection::settle(Attempt& attempt, bool was_in_transaction)
{
    if (line_->broken()) co_return;
    const bool stopped = line_->why() != Interruption::none;
    if (!stopped && !(attempt.failed() && was_in_transaction)) co_return;
    co_await line_->begin_cleaning();
    co_await line_->prove();
}

// -- Units -------------------------------------------------------------------

asio::awaitable<void> MysqlConnection::run_unit(Attempt& attempt, const Query& query, bool in_bulk)
{
    const bool savepoint = line_->in_transaction();
    if (stands(attempt)) co_await control(attempt, savepoint ? "SAVEPOINT trunkline_unit" : "START TRANSACTION");
    if (line_->broken()) co_return;
    if (attempt.failed()) co_return co_await settle(attempt, savepoint);
    in_unit_ = true;
    co_await run_members(attempt, query.statements(), in_bulk);
    in_unit_ = false;
    if (stands(attempt)) co_await control(attempt, savepoint ? "RELEASE SAVEPOINT trunkline_unit" : "COMMIT");
    const bool failed = attempt.failed();
    co_await settle(attempt, true);
    if (!failed || line_->broken()) co_return;
    co_await undo(attempt, savepoint);
    // A bulk does not say which of its rows was refused: one by one they do. Nothing of it remains, so it can be run again.
    const bool of_a_row = in_bulk && attempt.of_a_member && attempt.failure && is_of_a_row(attempt.failure);
    const bool may_go_on = line_->why() == Interruption::none && !attempt.ended_transaction && !line_->broken();
    if (!of_a_row || !may_go_on || savepoint != line_->in_transaction()) co_return;
    Attempt again;
    again.unit = true;
    attempt = std::move(again);
    // The cleaning is over: from here on it is the caller's own time again.
    co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
    line_->begin_call(deadline_);
    co_await run_unit(attempt, query, false);
}

asio::awaitable<void> MysqlConnection::run_members(Attempt& attempt, const std::vector<Statement>& statements,
                                                   bool in_bulk)
{
    const std::span<const Statement> all(statements);
    attempt.results.reserve(all.size());
    for (std::size_t member = 0; member < all.size() && stands(attempt);) {
        attempt.member = member;
        attempt.of_a_member = true;
        std::size_t done = 0;
        if (in_bulk) done = co_await run_bulk(attempt, all.subspan(member));
        if (done == 0 && stands(attempt)) {
            co_await run_one(attempt, all[member]);
            done = 1;
        }
        member += done;
    }
}

/// Leaves a unit that failed as if it had never begun.
asio::awaitable<void> MysqlConnection::undo(Attempt& attempt, bool savepoint)
{
    if (line_->broken() || !line_->in_transaction()) co_return; // the server has undone it already, or committed it
    const Interruption why = line_->why();
    if (why == Interruption::none) co_await line_->begin_cleaning();
    if (savepoint) {
        co_await line_->query("ROLLBACK TO SAVEPOINT trunkline_unit");
        if (!line_->failure()) co_await line_->query("RELEASE SAVEPOINT trunkline_unit");
    } else {
        co_await line_->query("ROLLBACK");
    }
    const bool undone = !line_->failure() && savepoint == line_->in_transaction();
    if (!undone && attempt.of_a_member) line_->give_up();
}

/// Runs as many of the statements as go in one bulk; 0 when they do not. Their number, also when it failed.
asio::awaitable<std::size_t> MysqlConnection::run_bulk(Attempt& attempt, std::span<const Statement> statements)
{
    const std::string_view text = statements.front().text().on(Engine::mysql);
    const bool fits = session_.bulk && !statements.front().parameters().empty() && is_plain_insert(text);
    if (!fits) co_return 0;
    const std::size_t bytes_max = std::min<std::size_t>(bulk_bytes_max, session_.packet_max / 2);
    std::size_t rows = 0, bytes = 0;
    for (; rows < std::min(statements.size(), bulk_rows_max) && bytes < bytes_max; ++rows) {
        const std::string_view other = statements[rows].text().on(Engine::mysql);
        if (other.data() != text.data() && other != text) break;
        bytes += size_of(statements[rows]) - packet_head - text.size();
    }
    if (rows < 2 || bytes + text.size() + packet_head > session_.packet_max) co_return 0;
    if (refuses(attempt, statements.front())) co_return rows;
    Prepared* const prepared = co_await prepare(attempt, statements.front());
    if (!prepared || !stands(attempt)) co_return rows;
    std::optional<BulkParameters> parameters;
    try {
        parameters = BulkParameters::of(statements.first(rows), prepared->order);
    } catch (const UnfitParameter&) {
        co_return 0; // one by one it is known whose it is
    }
    if (!parameters) co_return 0;
    MYSQL_STMT* const handle = prepared->handle.get();
    const unsigned count = parameters->rows(), single = 0;
    mysql_stmt_attr_set(handle, STMT_ATTR_ARRAY_SIZE, &count);
    mysql_stmt_bind_param(handle, parameters->binds());
    co_await line_->execute(handle);
    note(attempt);
    const std::uint64_t affected = line_->broken() ? 0 : mysql_stmt_affected_rows(handle);
    if (!line_->broken()) mysql_stmt_attr_set(handle, STMT_ATTR_ARRAY_SIZE, &single);
    attempt.ended_transaction = !attempt.failure && !line_->broken() && !line_->in_transaction();
    if (!attempt.failed() && affected != rows)
        attempt.refused = refusal_of(statements.front(), "XX000",
                                     "the server counted " + std::to_string(affected) + " rows where it was sent " +
                                         std::to_string(rows));
    for (std::size_t row = 0; row < rows && !attempt.failed(); ++row)
        attempt.results.emplace_back(std::vector<std::string>(), std::vector<Value>(), 1);
    if (!attempt.failed()) co_await drop_surplus();
    co_return rows;
}

// -- Failing -----------------------------------------------------------------

void MysqlConnection::fail(const Attempt& attempt, const Query& query)
{
    if (line_->why() == Interruption::cancelled) throw_cancelled();
    const Statement& statement = query.statements()[attempt.of_a_member ? attempt.member : 0];
    if (line_->broken()) fail_broken(attempt, query);
    ErrorInfo info;
    if (attempt.refused) {
        info = *attempt.refused;
        if (attempt.unit) info.outcome = Outcome::rejected;
    } else if (attempt.ended_transaction) {
        info.message =
            "this statement ended the transaction that it stands in: what was done in it before is committed";
        info.sqlstate = "25001";
        info.outcome = Outcome::applied;
    } else if (attempt.cut_short) {
        info.sqlstate = "57014";
        info.outcome = attempt.unit ? Outcome::rejected : Outcome::applied;
    } else {
        info = describe_refusal(attempt.failure);
    }
    const std::string_view text = statement.text().on(Engine::mysql);
    if (info.sqlstate == "42601" && is_update_returning(text)) {
        info.message =
            "an UPDATE has no RETURNING in MySQL and MariaDB (INSERT and DELETE have, in MariaDB): read what "
            "you need in the same transaction";
        info.sqlstate = "0A000";
    }
    describe_statement(info, statement);
    if (attempt.unit && attempt.of_a_member) info.index = attempt.member;
    if (line_->why() == Interruption::deadline && info.sqlstate == "57014")
        info.message = "the statement ran past its deadline and was stopped";
    throw_error(std::move(info));
}

void MysqlConnection::fail_broken(const Attempt& attempt, const Query& query)
{
    ErrorInfo info;
    if (attempt.failure) info = describe_refusal(attempt.failure);
    describe_statement(info, query.statements().front());
    info.outcome = attempt.broke_resetting ? Outcome::not_sent : Outcome::unknown;
    if (line_->why() == Interruption::deadline) {
        info.message = attempt.broke_resetting
                           ? "the deadline passed while the session was being reset, and the server did not answer"
                           : "the statement ran past its deadline and the server did not say what became of it";
        info.sqlstate = "57014";
        throw CommandTimeout(std::move(info));
    }
    if (attempt.broke_resetting) info.message = "the session could not be cleaned of what its last user left";
    if (info.message.empty()) info.message = "the connection to the database was lost";
    if (!info.sqlstate.starts_with("57P") && !info.sqlstate.starts_with("08")) info.sqlstate = "08006";
    throw ConnectionLost(std::move(info));
}

void MysqlConnection::fail_control(const Attempt& attempt, std::string_view text)
{
    const SqlText control(std::make_shared<const std::string>(text), std::source_location());
    fail(attempt, Query(Statement(control, {})));
}

} // namespace trunkline::db::mysql
