// SPDX-License-Identifier: MIT
#pragma once

#include "lease.hpp"

#include <trunkline/db/transaction.hpp>

#include <atomic>

namespace trunkline::db::detail {

/// One lease of one connection, and the transactions that are open on it: the first a transaction, the others
/// savepoints inside one another. Only the innermost takes statements, and one call at a time.
///
/// What was destroyed uncommitted is rolled back in front of the next statement, or by the pool after the lease.
/// After a loss every call fails with ConnectionLost; after the pool took the connection away, with PoolClosed.
///
/// Its calls may be awaited anywhere and are carried out on the pool's executor. Once one came from elsewhere the
/// session is `away`: whoever owns it may destroy it elsewhere too, and what that entails is done at home.
class Session {
public:
    using Results = std::vector<Result>;
    using Self = std::shared_ptr<Session>;
    /// Names a transaction among those of its session; never used twice. 0 is the connection itself.
    using Level = std::size_t;

    /// What happens to the lease.
    enum class Kind {
        passing,  ///< it is given back after the statement or the transaction
        borrowed, ///< a caller's own connection: reset before it is lent again
    };

    Session(Lease lease, Kind kind);
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    ~Session();

    static Self make(Lease lease, Kind kind);
    const std::shared_ptr<Slots>& slots() const noexcept { return slots_; }
    static Connection connection(Lease lease);

    /// The calls below take at most `command_timeout`, and never go beyond `not_after`, which is the query's own limit
    /// from when the call is awaited, unless it is given.
    static asio::awaitable<Results> run(Self self, Level level, Query query, std::optional<Deadline> not_after = {});
    /// Runs it in a transaction of its own that the server lets write nothing. REQUIRES: none is open.
    static asio::awaitable<Results> run_read_only(Self self, Query query, Deadline not_after);
    static asio::awaitable<Transaction> begin(Self self, Level level, TransactionOptions options, Deadline not_after);
    static asio::awaitable<std::uint64_t> open_cursor(Self self, Level level, Query query, Deadline not_after);
    static asio::awaitable<Result> fetch(Self self, Level level, std::uint64_t cursor, SqlText statement,
                                         std::size_t rows, Deadline not_after);
    /// Nobody reads it any more.
    static void drop_cursor(const Self& self, Level level, std::uint64_t cursor) noexcept;
    /// Whether the transaction has ended in which a cursor of that level was opened, as far as its owner can tell where
    /// he is: elsewhere the next call does.
    bool is_over(Level level) const noexcept { return !away_ && has_ended(level); }

    static asio::awaitable<void> commit(Self self, Level level);
    static asio::awaitable<void> rollback(Self self, Level level);
    /// The transaction is destroyed, perhaps uncommitted.
    static void let_go(const Self& self, Level level) noexcept;
    static void after_commit(const Self& self, Level level, std::function<void()> posted);
    Engine engine() const noexcept { return engine_; }
    /// Its owner is elsewhere, before any call came from there.
    static void send_away(const Connection& owner) noexcept { owner.session_->away_ = true; }
    static void send_away(const Transaction& owner) noexcept { owner.session_->away_ = true; }

private:
    struct Open {
        Level level;
        bool read_only; // by its caller's wish
        std::vector<std::function<void()>> after_commit;
        std::vector<std::uint64_t> cursors{};
        std::optional<StatementOptions> statements{}; // how they go, where that was said
    };

    static asio::awaitable<Results> run_beside(Self self, Query query, Deadline deadline);
    bool has_ended(Level level) const noexcept { return !lease_ || (level != 0 && !is_open(level)); }
    void close_cursor(Level level, std::uint64_t cursor) noexcept;
    bool called_from_away(const asio::any_io_executor& caller) noexcept;
    void leave_task() const noexcept;
    void abandon(Level level) noexcept;
    void note_after_commit(Level level, std::function<void()> posted);
    static asio::awaitable<void> clean(Self self, Deadline deadline);
    static asio::awaitable<Results> control(Self self, std::string sql, std::size_t depth, Deadline deadline);
    static asio::awaitable<Results> call(Self self, asio::awaitable<Results> work);
    static asio::awaitable<Results> keep(Self self, asio::awaitable<Results> work);
    [[noreturn]] void rethrow(bool cut, std::exception_ptr failure) const;

    void expect_innermost(Level level) const;
    void expect_usable(const Query* asked) const;
    void committed();
    void forget(Level level) noexcept;
    bool is_open(Level level) const noexcept;
    std::size_t depth_of(Level level) const noexcept;
    void end_of_transaction() noexcept;
    std::optional<StatementOptions> statement_options() const noexcept;
    Deadline command_deadline(Deadline not_after) const;
    DriverConnection& driver() const { return *lease_->slot()->connection; }

    const std::shared_ptr<Slots> slots_;
    const TaskPtr task_; // that holds the lease, under this name
    const Task::Hold hold_;
    std::atomic<bool> away_ = false;
    std::optional<Lease> lease_; // none after the end of a passing transaction
    Kind kind_;
    Engine engine_;
    std::vector<Open> open_;
    Level last_level_ = 0;
    /// Nobody told the server that the call under way writes nothing.
    bool may_write() const noexcept { return !told_to_read_ && (open_.empty() || !open_.front().read_only); }

    bool told_to_read_ = false; // the server was, for what was run last
    std::size_t abandoned_ = 0; // the depth from which on transactions were destroyed uncommitted; 0 is none
};

/// What is lent to somebody elsewhere is given back from there.
template <class Lent>
asio::awaitable<Lent> lend_away(asio::awaitable<Lent> work)
{
    Lent lent = co_await std::move(work);
    Session::send_away(lent);
    co_return lent;
}

} // namespace trunkline::db::detail
