// SPDX-License-Identifier: MIT
#pragma once

#include "mysql/cells.hpp"
#include "mysql/line.hpp"
#include "mysql/parameters.hpp"
#include "mysql/session.hpp"
#include "mysql/statement_cache.hpp"

#include <trunkline/db/result.hpp>

#include <map>

namespace trunkline::db::mysql {

/// One session with a server.
///
/// A statement is one trip when it is known to the server, and two the first time. A unit is START TRANSACTION … COMMIT,
/// or SAVEPOINT … RELEASE within a transaction, with a trip for each member; an INSERT that a unit repeats goes to
/// MariaDB as one bulk. With `raw_sql` a single statement without parameters goes as text.
///
/// What would end the transaction that it runs in (CREATE TABLE, COMMIT, …) is refused before it is sent; what does so
/// all the same is an error, and the transaction then takes nothing more but its rollback. An error itself does not say
/// whether it ended the transaction (a deadlock does): the server is asked.
class MysqlConnection final : public DriverConnection {
public:
    MysqlConnection(std::unique_ptr<Line> line, Session session, const Options& options);
    MysqlConnection(const MysqlConnection&) = delete;
    ~MysqlConnection() override;

    asio::awaitable<std::vector<Result>> run(Query query, Deadline deadline) override;
    asio::awaitable<std::uint64_t> open_cursor(Query query, Deadline deadline) override;
    asio::awaitable<Result> fetch(std::uint64_t cursor, SqlText statement, std::size_t rows,
                                  Deadline deadline) override;
    void drop_cursor(std::uint64_t cursor) noexcept override;
    asio::awaitable<void> begin(TransactionOptions options, Deadline deadline) override;
    asio::awaitable<void> commit(Deadline deadline) override;
    asio::awaitable<void> rollback(Deadline deadline) override;
    void mark_for_reset() override { reset_due_ = true; }
    asio::awaitable<void> close() override;

    Condition condition() const noexcept override;
    bool alive() noexcept override { return line_->alive(); }
    std::uint64_t queries() const noexcept override { return queries_; }
    std::uint64_t cancelled() const noexcept override { return line_->stopped(); }

private:
    /// What one call did so far, and why it did not do more.
    struct Attempt {
        std::vector<Result> results;
        std::exception_ptr unreadable;    ///< a cell that has no place in a Value
        std::optional<ErrorInfo> refused; ///< by us, before it was sent
        Failure failure;                  ///< by the server
        std::size_t member = 0;           ///< which statement it was
        bool of_a_member = true;          ///< and not the unit's own BEGIN or COMMIT
        bool unit = false;
        bool ended_transaction = false; ///< a statement did, that should not have
        bool cut_short = false;         ///< its rows may be what a function answers that was interrupted
        bool broke_resetting = false;

        bool failed() const noexcept { return refused || failure || ended_transaction || cut_short; }
    };
    struct Cursor {
        StatementHandle handle; ///< none when its statement was not even prepared
        std::vector<Column> columns;
    };

    asio::awaitable<std::vector<Result>> run_query(Query query, Deadline deadline);
    asio::awaitable<std::uint64_t> run_open_cursor(Query query, Deadline deadline);
    asio::awaitable<Result> run_fetch(std::uint64_t cursor, SqlText statement, std::size_t rows, Deadline deadline);
    asio::awaitable<void> run_begin(TransactionOptions options, Deadline deadline);
    asio::awaitable<void> run_commit(Deadline deadline);
    asio::awaitable<void> run_rollback(Deadline deadline);

    void check_ready(Deadline deadline, const Statement* first);
    asio::awaitable<void> reset_if_due(Attempt& attempt);
    asio::awaitable<void> run_unit(Attempt& attempt, const Query& query, bool in_bulk);
    asio::awaitable<void> run_members(Attempt& attempt, const std::vector<Statement>& statements, bool in_bulk);
    asio::awaitable<void> run_one(Attempt& attempt, const Statement& statement);
    asio::awaitable<void> run_as_text(Attempt& attempt, const Statement& statement);
    asio::awaitable<std::size_t> run_bulk(Attempt& attempt, std::span<const Statement> statements);
    asio::awaitable<void> run_prepared(Attempt& attempt, const Statement& statement);
    asio::awaitable<Prepared*> prepare(Attempt& attempt, const Statement& statement);
    asio::awaitable<std::optional<Prepared>> make_prepared(Attempt& attempt, const Statement& statement);
    asio::awaitable<void> execute(Attempt& attempt, Prepared& prepared, const Statement& statement);
    asio::awaitable<Result> read_rows(Attempt& attempt, MYSQL_STMT* handle);
    asio::awaitable<void> open(Attempt& attempt, Cursor& cursor, const Statement& statement);
    asio::awaitable<Result> read_batch(Attempt& attempt, Cursor& cursor, std::size_t rows);
    asio::awaitable<void> close_dropped_cursors();
    asio::awaitable<void> close_cursors();
    asio::awaitable<void> forget(std::string_view text);
    asio::awaitable<void> drop_surplus();
    bool keeps_another() const noexcept;
    bool bind(Attempt& attempt, MYSQL_STMT* handle, std::optional<Parameters>& parameters,
              const std::vector<std::uint8_t>& order, const Statement& statement);
    std::vector<Column> columns_of(const MYSQL_STMT* handle) const;
    static std::vector<unsigned long> lengths_of(const MYSQL_STMT* handle);
    static void read_row(Attempt& attempt, const Landing& landing, const std::vector<Column>& columns,
                         std::vector<Value>& cells);
    static Result result_of(const Attempt& attempt, const std::vector<Column>& columns, std::vector<Value> cells);
    asio::awaitable<void> control(Attempt& attempt, std::string_view text);
    asio::awaitable<void> settle(Attempt& attempt, bool was_in_transaction);
    asio::awaitable<void> undo(Attempt& attempt, bool savepoint);

    bool stands(Attempt& attempt);
    bool refuses(Attempt& attempt, const Statement& statement);
    void note(Attempt& attempt);
    [[noreturn]] void fail(const Attempt& attempt, const Query& query);
    [[noreturn]] void fail_broken(const Attempt& attempt, const Query& query);
    [[noreturn]] void fail_control(const Attempt& attempt, std::string_view text);

    // These go after the line: freeing a statement of a connection that lives would block.
    StatementCache cache_;
    std::optional<Prepared> passing_; ///< prepared for one execution, and not kept
    std::map<std::uint64_t, Cursor> cursors_;
    std::unique_ptr<Line> line_;
    std::vector<std::uint64_t> dropped_cursors_; ///< not needed any more, and not closed yet
    std::uint64_t last_cursor_ = 0;
    Session session_;
    Options options_;
    Deadline deadline_{};       ///< of the query under way
    bool raw_sql_ = false;      ///< of the same
    std::size_t names_max_ = 0; ///< how many statements it bears with in the cache
    bool begun_ = false;        ///< by `begin`, and neither committed nor rolled back yet
    bool in_unit_ = false;
    bool reset_due_ = false;
    std::uint64_t queries_ = 0;
};

} // namespace trunkline::db::mysql
