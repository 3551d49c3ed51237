// SPDX-License-Identifier: MIT
// Cursors: the server runs the whole statement when one is opened, and keeps its rows; they come in batches.
#include "mysql/connection.hpp"

#include "mysql/parameters.hpp"
#include "mysql/verb.hpp"

#include <limits>

namespace trunkline::db::mysql {

asio::awaitable<std::uint64_t> MysqlConnection::open_cursor(Query query, Deadline deadline)
{
    auto work = run_open_cursor(std::move(query), deadline);
    return on_its_own_terms(std::move(work));
}

asio::awaitable<Result> MysqlConnection::fetch(std::uint64_t cursor, SqlText statement, std::size_t rows,
                                               Deadline deadline)
{
    auto work = run_fetch(cursor, std::move(statement), rows, deadline);
    return on_its_own_terms(std::move(work));
}

void MysqlConnection::drop_cursor(std::uint64_t cursor) noexcept { dropped_cursors_.push_back(cursor); }

asio::awaitable<std::uint64_t> MysqlConnection::run_open_cursor(Query query, Deadline deadline)
{
    const Statement& statement = query.statements().front();
    check_ready(deadline, &statement);
    ++queries_;
    line_->begin_call(deadline);
    co_await close_dropped_cursors();
    const std::uint64_t number = ++last_cursor_;
    Attempt attempt;
    if (!refuses(attempt, statement)) co_await open(attempt, cursors_[number], statement);
    co_await settle(attempt, true);
    const bool opened = !line_->broken() && !attempt.failed() && line_->why() != Interruption::cancelled;
    if (opened) co_return number;
    drop_cursor(number);
    if (line_->broken() || attempt.failed()) fail(attempt, query);
    throw_cancelled();
}

/// Its statement is nobody else's, so it is not taken from those that are kept.
asio::awaitable<void> MysqlConnection::open(Attempt& attempt, Cursor& cursor, const Statement& statement)
{
    std::optional<Prepared> prepared = co_await make_prepared(attempt, statement);
    if (!prepared) co_return;
    cursor.handle = std::move(prepared->handle);
    MYSQL_STMT* const handle = cursor.handle.get();
    if (mysql_stmt_field_count(handle) == 0 || !only_reads(statement.text().on(Engine::mysql))) {
        attempt.refused = refusal_of(statement, "42601", "only what reads can be read in batches");
        attempt.refused->outcome = Outcome::rejected;
    }
    std::optional<Parameters> parameters;
    if (!stands(attempt) || !bind(attempt, handle, parameters, prepared->order, statement)) co_return;
    const unsigned long read_only = CURSOR_TYPE_READ_ONLY;
    mysql_stmt_attr_set(handle, STMT_ATTR_CURSOR_TYPE, &read_only);
    co_await line_->execute(handle);
    note(attempt);
    if (line_->broken() || attempt.failure) co_return;
    cursor.columns = columns_of(handle);
    if (!handle->cursor_exists) { // SHOW has none: its rows are on their way already
        co_await line_->store(handle);
        note(attempt);
    }
    attempt.cut_short = line_->told_to_stop() && !attempt.failed();
}

asio::awaitable<Result> MysqlConnection::run_fetch(std::uint64_t number, SqlText statement, std::size_t rows,
                                                   Deadline deadline)
{
    const Query asked{Statement(std::move(statement), {})};
    check_ready(deadline, &asked.statements().front());
    line_->begin_call(deadline);
    co_await close_dropped_cursors();
    const auto cursor = cursors_.find(number);
    Attempt attempt;
    Result batch;
    if (cursor == cursors_.end()) attempt.refused = refusal_of(asked.statements().front(), "34000", "it is closed");
    else if (stands(attempt)) batch = co_await read_batch(attempt, cursor->second, rows);
    co_await settle(attempt, true);
    if (line_->broken() || attempt.failed()) fail(attempt, asked);
    if (line_->why() == Interruption::cancelled) throw_cancelled();
    if (attempt.unreadable) std::rethrow_exception(attempt.unreadable);
    co_return batch;
}

/// How long the longest cells of a batch are is known when its first row is here, which is then landed again.
asio::awaitable<Result> MysqlConnection::read_batch(Attempt& attempt, Cursor& cursor, std::size_t rows)
{
    MYSQL_STMT* const handle = cursor.handle.get();
    const std::vector<Column>& columns = cursor.columns;
    const unsigned long wanted = std::min<std::size_t>(rows, std::numeric_limits<std::uint32_t>::max());
    mysql_stmt_attr_set(handle, STMT_ATTR_PREFETCH_ROWS, &wanted);
    Landing narrow(columns, std::vector<unsigned long>(columns.size()));
    mysql_stmt_bind_result(handle, narrow.binds());
    const bool there = co_await line_->fetch(handle);
    note(attempt);
    std::vector<Value> cells;
    if (there) {
        const std::size_t here = std::min<std::size_t>(rows, mysql_stmt_num_rows(handle));
        Landing landing(columns, lengths_of(handle));
        for (unsigned i = 0; i < columns.size(); ++i) mysql_stmt_fetch_column(handle, landing.binds() + i, i, 0);
        mysql_stmt_bind_result(handle, landing.binds());
        cells.reserve(here * columns.size());
        read_row(attempt, landing, columns, cells);
        for (std::size_t row = 1; row < here && !attempt.unreadable && mysql_stmt_fetch(handle) == 0; ++row)
            read_row(attempt, landing, columns, cells);
    }
    co_return result_of(attempt, columns, std::move(cells));
}

asio::awaitable<void> MysqlConnection::close_dropped_cursors()
{
    for (const std::uint64_t number : std::exchange(dropped_cursors_, {})) {
        auto cursor = cursors_.extract(number);
        if (cursor && cursor.mapped().handle) co_await line_->close(std::move(cursor.mapped().handle));
    }
}

/// The server would keep them beyond the end of their transaction.
asio::awaitable<void> MysqlConnection::close_cursors()
{
    for (const auto& [number, cursor] : cursors_) dropped_cursors_.push_back(number);
    return close_dropped_cursors();
}

} // namespace trunkline::db::mysql
