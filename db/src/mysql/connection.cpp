// SPDX-License-Identifier: MIT
#include "mysql/connection.hpp"

#include "mysql/cells.hpp"
#include "mysql/parameters.hpp"
#include "mysql/placeholders.hpp"
#include "mysql/verb.hpp"

#include <errmsg.h>

#include <span>

namespace trunkline::db::mysql {

namespace {

constexpr unsigned unknown_statement = 1243, needs_preparing_again = 1615; // and it did nothing
constexpr unsigned cannot_be_prepared = 1295;
constexpr unsigned query_interrupted = 1317;
constexpr std::size_t packet_head = 1024; // around the parameters
constexpr std::size_t bulk_bytes_max = 1024 * 1024;
constexpr std::size_t bulk_rows_max = 5000;

ErrorInfo refusal_of(const Statement& statement, std::string_view state, std::string message)
{
    ErrorInfo info;
    describe_statement(info, statement);
    info.sqlstate = state;
    info.message = std::move(message);
    info.outcome = Outcome::not_sent;
    return info;
}

std::size_t bytes_of(const Statement& statement)
{
    std::size_t bytes = packet_head + statement.text().on(Engine::mysql).size();
    for (const Value& value : statement.parameters()) bytes += size_of(value);
    return bytes;
}

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
    line_->begin_call(deadline);
    Attempt attempt;
    attempt.unit = query.is_unit();
    co_await reset_if_due(attempt);
    if (query.is_unit()) {
        co_await run_unit(attempt, query, true);
    } else if (!attempt.failed()) {
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
    co_await line_->reset();
    if (!line_->failure() && !line_->broken()) {
        cache_.clear();
        const std::string settings = session_.settings();
        co_await line_->query(settings);
    }
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
        bytes += bytes_of(statements[rows]) - packet_head - text.size();
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

// -- One statement -----------------------------------------------------------

/// Refuses what must not be sent.
bool MysqlConnection::refuses(Attempt& attempt, const Statement& statement)
{
    const std::string_view text = statement.text().on(Engine::mysql);
    if (text.empty())
        attempt.refused =
            refusal_of(statement, "0A000", "this statement has no text for MySQL: give its by_engine one, .mysql");
    else if ((begun_ || in_unit_) && ends_transaction(text))
        attempt.refused =
            refusal_of(statement, "25001",
                       "in MySQL this statement would end the transaction that it stands in: run it outside "
                       "of one");
    else if (bytes_of(statement) > session_.packet_max)
        attempt.refused = refusal_of(statement, "54000",
                                     "this statement with its parameters is larger than the server takes "
                                     "(max_allowed_packet is " +
                                         std::to_string(session_.packet_max) + " bytes)");
    return attempt.refused.has_value();
}

asio::awaitable<void> MysqlConnection::run_one(Attempt& attempt, const Statement& statement)
{
    if (refuses(attempt, statement)) co_return;
    const bool expected = begun_ || in_unit_;
    const bool bare = statement.parameters().empty();
    const bool as_text = bare && options_.raw_sql && !attempt.unit;
    if (!as_text) co_await run_prepared(attempt, statement);
    const bool unprepared = !line_->broken() && bare && attempt.failure.number == cannot_be_prepared;
    if (unprepared) attempt.failure = Failure{};
    if (as_text || unprepared) co_await run_as_text(attempt, statement);
    attempt.ended_transaction = expected && !attempt.failed() && !line_->broken() && !line_->in_transaction();
    attempt.cut_short = line_->told_to_stop() && !attempt.failed() && !attempt.results.empty() &&
                        !attempt.results.back().columns().empty();
}

asio::awaitable<void> MysqlConnection::run_prepared(Attempt& attempt, const Statement& statement)
{
    const std::string_view text = statement.text().on(Engine::mysql);
    for (int attempts = 0; attempts < 2; ++attempts) {
        Prepared* const prepared = co_await prepare(attempt, statement);
        if (!prepared || !stands(attempt)) co_return;
        co_await execute(attempt, *prepared, statement);
        if (line_->broken()) co_return;
        const unsigned number = attempt.failure.number;
        const bool did_nothing = number == unknown_statement || number == needs_preparing_again;
        // Its columns are others now than when it was prepared; what only reads may be run again.
        const bool columns_changed = number == CR_NEW_STMT_METADATA;
        if (!did_nothing && !columns_changed) break;
        co_await forget(text);
        if (attempts > 0 || line_->broken() || (columns_changed && !only_reads(text))) break;
        attempt.failure = Failure{};
    }
    co_await drop_surplus();
}

/// The statement as the server knows it; nullptr when it does not take it.
asio::awaitable<Prepared*> MysqlConnection::prepare(Attempt& attempt, const Statement& statement)
{
    const std::string_view text = statement.text().on(Engine::mysql);
    if (Prepared* const known = cache_.find(text)) co_return known;
    Rewritten rewritten = rewrite(text, statement.parameters().size());
    if (!rewritten.problem.empty()) {
        attempt.refused = refusal_of(statement, "42601", std::move(rewritten.problem));
        co_return nullptr;
    }
    StatementHandle handle(mysql_stmt_init(line_->native()));
    if (!handle) throw std::bad_alloc();
    const my_bool measure = 1;
    mysql_stmt_attr_set(handle.get(), STMT_ATTR_UPDATE_MAX_LENGTH, &measure);
    co_await line_->prepare(handle.get(), rewritten.text);
    note(attempt);
    const bool taken = !line_->broken() && !line_->failure();
    if (taken && mysql_stmt_param_count(handle.get()) == rewritten.order.size()) {
        Prepared prepared{std::move(handle), std::move(rewritten.order)};
        co_return &cache_.add(std::string(text), std::move(prepared));
    }
    if (taken)
        attempt.refused =
            refusal_of(statement, "42601", "MySQL sees other placeholders in this statement than are written");
    co_await line_->close(std::move(handle));
    co_return nullptr;
}

asio::awaitable<void> MysqlConnection::execute(Attempt& attempt, Prepared& prepared, const Statement& statement)
{
    std::optional<Parameters> parameters;
    try {
        parameters.emplace(statement.parameters(), prepared.order);
    } catch (const UnfitParameter& unfit) {
        attempt.refused = refusal_of(statement, unfit.state, unfit.what());
        co_return;
    }
    MYSQL_STMT* const handle = prepared.handle.get();
    if (parameters->size() > 0) mysql_stmt_bind_param(handle, parameters->binds());
    co_await line_->execute(handle);
    note(attempt);
    const bool has_rows = !line_->broken() && mysql_stmt_field_count(handle) > 0;
    if (line_->broken()) co_return;
    if (attempt.failure) {
        if (has_rows) co_await line_->free_result(handle);
        co_return;
    }
    Result result = co_await read_rows(attempt, handle);
    // A procedure answers more than once: the first answer counts, its errors all do.
    while (!line_->broken() && !attempt.failure && mysql_stmt_more_results(handle)) {
        co_await line_->next_result(handle);
        note(attempt);
        if (!line_->broken() && !line_->failure()) co_await line_->free_result(handle);
    }
    if (!attempt.failure) attempt.results.push_back(std::move(result));
}

/// Reads what `execute` answered to its end.
asio::awaitable<Result> MysqlConnection::read_rows(Attempt& attempt, MYSQL_STMT* handle)
{
    const unsigned width = mysql_stmt_field_count(handle);
    if (width == 0) {
        Result counted({}, {}, mysql_stmt_affected_rows(handle));
        co_return counted;
    }
    std::vector<Column> columns;
    const bool described = line_->native()->fields && line_->native()->field_count == width;
    const MYSQL_FIELD* const fields = described ? line_->native()->fields : handle->fields;
    for (unsigned i = 0; i < width; ++i) columns.push_back(column_of(fields[i], &handle->fields[i]));
    co_await line_->store(handle);
    note(attempt);
    std::vector<std::string> names;
    for (const Column& column : columns) names.push_back(column.name);
    std::vector<Value> cells;
    if (line_->broken() || line_->failure()) {
        Result none;
        co_return none;
    }
    std::vector<unsigned long> lengths;
    for (unsigned i = 0; i < width; ++i) lengths.push_back(handle->fields[i].max_length);
    Landing landing(columns, lengths);
    mysql_stmt_bind_result(handle, landing.binds());
    cells.reserve(mysql_stmt_num_rows(handle) * width);
    while (!attempt.unreadable && mysql_stmt_fetch(handle) == 0)
        for (unsigned i = 0; i < width && !attempt.unreadable; ++i) {
            try {
                cells.push_back(landing.cell(i));
            } catch (const std::invalid_argument& unfit) {
                ErrorInfo info;
                info.message = "column '" + columns[i].name + "': " + unfit.what();
                info.sqlstate = "22003";
                info.outcome = Outcome::applied;
                attempt.unreadable = std::make_exception_ptr(DecodeError(std::move(info)));
            }
        }
    co_await line_->free_result(handle);
    if (attempt.unreadable) cells.clear();
    const std::uint64_t count = cells.size() / width;
    Result result(std::move(names), std::move(cells), count);
    co_return result;
}

asio::awaitable<void> MysqlConnection::run_as_text(Attempt& attempt, const Statement& statement)
{
    co_await line_->query(statement.text().on(Engine::mysql));
    note(attempt);
    if (line_->broken() || attempt.failure) co_return;
    const std::uint64_t affected = mysql_affected_rows(line_->native());
    TextRows rows = co_await line_->store();
    note(attempt);
    if (!line_->broken() && !attempt.failure) {
        std::vector<std::string> names;
        std::vector<Value> cells;
        std::vector<Column> columns;
        const unsigned width = rows ? mysql_num_fields(rows.get()) : 0;
        for (unsigned i = 0; i < width; ++i) {
            columns.push_back(column_of(mysql_fetch_fields(rows.get())[i]));
            names.push_back(columns[i].name);
        }
        while (const MYSQL_ROW row = rows ? mysql_fetch_row(rows.get()) : nullptr) {
            const unsigned long* lengths = mysql_fetch_lengths(rows.get());
            for (unsigned i = 0; i < width && !attempt.unreadable; ++i) {
                try {
                    cells.push_back(row[i] ? read_text(columns[i], {row[i], lengths[i]}) : null_of(columns[i]));
                } catch (const std::invalid_argument& unfit) {
                    ErrorInfo info;
                    info.message = "column '" + columns[i].name + "': " + unfit.what();
                    info.sqlstate = "22003";
                    info.outcome = Outcome::applied;
                    attempt.unreadable = std::make_exception_ptr(DecodeError(std::move(info)));
                }
            }
        }
        if (attempt.unreadable) cells.clear();
        const std::uint64_t count = width ? cells.size() / width : affected;
        attempt.results.emplace_back(std::move(names), std::move(cells), count);
    }
    while (!line_->broken() && !attempt.failure && mysql_more_results(line_->native())) {
        co_await line_->next_result();
        note(attempt);
        if (!attempt.failure) rows = co_await line_->store();
        note(attempt);
    }
}

asio::awaitable<void> MysqlConnection::forget(std::string_view text)
{
    StatementHandle handle = cache_.take(text);
    if (handle) co_await line_->close(std::move(handle));
}

asio::awaitable<void> MysqlConnection::drop_surplus()
{
    while (StatementHandle surplus = cache_.take_surplus()) co_await line_->close(std::move(surplus));
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
    info.outcome = Outcome::unknown;
    if (line_->why() == Interruption::deadline) {
        info.message = "the statement ran past its deadline and the server did not say what became of it";
        info.sqlstate = "57014";
        throw CommandTimeout(std::move(info));
    }
    if (attempt.broke_resetting) {
        info.message = "the session could not be cleaned of what its last user left";
        info.outcome = Outcome::not_sent;
    }
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
