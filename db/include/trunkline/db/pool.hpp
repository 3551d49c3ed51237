// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/dossier.hpp>
#include <trunkline/db/histogram.hpp>
#include <trunkline/db/options.hpp>
#include <trunkline/db/transaction.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <functional>

namespace trunkline::db {

class Driver;

/// Counters since `start`, and gauges of this moment.
struct PoolStats {
    Engine engine = Engine::postgresql;
    std::size_t size = 0; ///< connections as the server counts them: opening and closing ones included
    std::size_t idle = 0;
    std::size_t in_use = 0;
    std::size_t opening = 0;
    std::size_t closing = 0;
    std::size_t waiting = 0; ///< calls in line
    std::size_t min_size = 0;
    std::size_t max_size = 0;
    std::uint64_t acquired = 0;
    std::uint64_t acquire_timeouts = 0;
    std::uint64_t opened = 0;
    std::uint64_t open_failures = 0;
    std::uint64_t retired = 0;   ///< closed for age, use or idleness
    std::uint64_t broken = 0;    ///< lost, or dropped because they could not be proved clean
    std::uint64_t cancelled = 0; ///< statements stopped on the server
    std::chrono::nanoseconds wait_total{};
    std::chrono::nanoseconds wait_max{};
    std::chrono::nanoseconds hold_max{};
    DurationHistogram wait_time;    ///< to obtain a connection; of those who did
    DurationHistogram use_time;     ///< between obtaining a connection and giving it back
    DurationHistogram create_time;  ///< to open a connection; of those that were opened
    DurationHistogram call_time;    ///< of a statement or unit, without the wait for a connection
    std::string last_connect_error; ///< empty once a connection was opened again
};

/// How `Pool::read()` went so far.
struct ReadStats {
    PoolStats replicas; ///< the connections to standbys, which are not among the pool's own; empty without any
    std::uint64_t on_replica = 0;                ///< calls and transactions that went to a standby
    std::uint64_t on_primary = 0;                ///< those that went to the pool's own connections
    std::optional<std::chrono::nanoseconds> lag; ///< of the standby that was measured last; none before the first
};

/// How often `Pool::transact` tries, and how long it pauses in between: between half of a pause and the whole of it,
/// doubled each time.
struct Retries {
    int tries_max = 10;
    milliseconds pause_first{5};
    milliseconds pause_max{500};
};

/// One pool of connections to one database: what an application has one of, and hands to everything that needs it.
///
/// Helpers take a connection for one statement; `begin()` for a transaction; `acquire()` gives one of one's own.
/// Waiting is first in, first out and bounded by `acquire_timeout`; the pool opens connections, callers only wait.
///
/// Threads:  a pool lives on its executor: an io_context that one thread runs, or a strand. What is awaited may be
///           awaited from a coroutine on any executor, and so may the calls of the Connections and Transactions it
///           gives: they are carried out on the pool's and resume the caller on its own. The functions that return at
///           once (`stats`, `holders`, `describe`, `set_log`) are called on the pool's executor, or while nothing runs
///           it; so is the destructor. See docs/executors.md.
/// Lifetime: leases and transactions may outlive the pool; they then fail with PoolClosed. Its executor's context
///           outlives them all.
class Pool final : public Executor {
public:
    /// Called on the pool's executor for what an operator should know: a lease that is held too long, an outage, its
    /// end.
    using Log = std::function<void(std::string_view message)>;

    /// The driver is chosen by `options.engine`. Nothing is opened before `start()` or the first call.
    Pool(asio::any_io_executor executor, Options options);
    /// With a driver of one's own: tests, instrumentation.
    Pool(asio::any_io_executor executor, Options options, std::unique_ptr<Driver> driver,
         std::unique_ptr<Driver> replicas = nullptr);
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;
    ~Pool() override;

    /// Opens the first `min_size` connections and waits until one is open. Throws what the first attempt throws;
    /// the pool goes on trying all the same, and a later call can succeed.
    asio::awaitable<void> start();

    /// Takes no new work, waits until the leases have come back, then closes; after `deadline` it stops what still
    /// runs. Answers what it had to cut.
    asio::awaitable<std::vector<Holder>> drain();
    asio::awaitable<std::vector<Holder>> drain(milliseconds deadline);

    /// A connection of one's own. Throws AcquireTimeout, which says why, after `acquire_timeout`.
    asio::awaitable<Connection> acquire(std::source_location place = std::source_location::current());

    /// The same database for whoever only reads. Statements and transactions go to a standby when the options name one
    /// (`replicas`, or several hosts), over at most `replica_max_size` connections beside the pool's own; to the primary
    /// when no standby can be reached, or it is more than `max_replica_lag` behind. A statement whose standby dies under
    /// it is run again there.
    ///
    /// What is read may be stale: what was committed a moment ago may not be there yet. A write is refused by the server
    /// (25006), wherever it went. Statements that are known to be short share connections, there and here.
    ///
    /// Lifetime: the pool's.
    Executor& read() noexcept;

    /// Runs `work(transaction)` in a transaction and commits it. When the server could not serialise it (40001) or
    /// broke a deadlock with it (40P01), nothing of it remains and it is run again from its beginning, after a pause
    /// that grows and in which no connection is held. Everything else ends it: an exception of `work` rolls back, and
    /// what may have been committed (outcome `unknown`) is never run again.
    ///
    ///     co_await pool.transact({.isolation = Isolation::serializable}, [&](Transaction& tx) { return move(tx, amount); });
    ///
    /// `work` returns an awaitable and may be called several times: what it does outside of the database has to wait
    /// for `after_commit`.
    template <class Work>
    std::invoke_result_t<Work&, Transaction&> transact(TransactionOptions options, Work work, Retries retries = {},
                                                       std::source_location place = std::source_location::current());

    /// There is none here: see Cursor.
    template <class T, class... Anything>
    void cursor(Anything&&...)
    {
        static_assert(!sizeof(T*), "a cursor keeps a connection of its own: open it on a Transaction or a Connection, "
                                   "from begin() or acquire()");
    }

    PoolStats stats() const;
    ReadStats read_stats() const;
    /// Everyone who holds a connection now, one to a standby included, the longest first.
    std::vector<Holder> holders() const;
    /// One line: target without password and whatever the options say, sizes, timeouts, what the driver found out (the
    /// server's version, a pooler, how statements are sent), whether statements share connections and if not why.
    std::string describe() const;
    const Options& options() const noexcept;
    /// Where the pool lives: what a program spawns there may call everything.
    asio::any_io_executor get_executor() const;
    void set_log(Log log);

private:
    asio::awaitable<std::vector<Result>> do_run(Query query) override;
    asio::awaitable<Transaction> do_begin(TransactionOptions options, std::optional<std::chrono::nanoseconds> limit,
                                          std::source_location place) override;
    void do_after_commit(std::function<void()> posted) override { posted(); }
    Engine do_engine() const noexcept override { return options().engine; }

    class Impl;
    std::shared_ptr<Impl> impl_;
};

// -- Implementation ----------------------------------------------------------

namespace detail {
/// True when `failure` says that the transaction was undone and may be run again; then it has paused, unless this was
/// the last try.
asio::awaitable<bool> may_try_again(std::exception_ptr failure, int tried, Retries retries);
} // namespace detail

template <class Work>
std::invoke_result_t<Work&, Transaction&> Pool::transact(TransactionOptions options, Work work, Retries retries,
                                                         std::source_location place)
{
    using Answer = typename std::invoke_result_t<Work&, Transaction&>::value_type;
    for (int tried = 1;; ++tried) {
        std::exception_ptr failure;
        try {
            Transaction transaction = co_await begin(options, place);
            if constexpr (std::is_void_v<Answer>) {
                co_await work(transaction);
                co_await transaction.commit();
                co_return;
            } else {
                Answer answer = co_await work(transaction);
                co_await transaction.commit();
                co_return answer;
            }
        } catch (...) {
            failure = std::current_exception();
        }
        const bool again = co_await detail::may_try_again(failure, tried, retries);
        if (!again) std::rethrow_exception(failure);
    }
}

} // namespace trunkline::db
