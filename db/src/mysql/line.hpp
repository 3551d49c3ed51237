// SPDX-License-Identifier: MIT
#pragma once

#include "bounded.hpp"
#include "mysql/login.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <mysql.h>

namespace trunkline::db::mysql {

struct FreeResult {
    void operator()(MYSQL_RES* result) const noexcept { mysql_free_result(result); }
};
using TextRows = std::unique_ptr<MYSQL_RES, FreeResult>;

/// Frees it here; the server is told by `Line::close` alone, because telling it can block.
/// REQUIRES: its connection is gone.
struct CloseStatement {
    void operator()(MYSQL_STMT* statement) const noexcept { mysql_stmt_close(statement); }
};
using StatementHandle = std::unique_ptr<MYSQL_STMT, CloseStatement>;

/// For asking the server to stop and hearing that it did. MariaDB's KILL alone may take two seconds: so long it tries to
/// get at what its victim waits with (THD::awake).
inline constexpr std::chrono::seconds stop_limit{3};
inline constexpr std::chrono::milliseconds stop_patience{200}; ///< before it is asked again: it may have been too early

/// Why a call did not end by itself.
enum class Interruption { none, deadline, cancelled };

/// One operation of Connector/C: a pair of `…_start` and `…_cont`, each answering what it waits for, 0 when it is over.
class Operation {
public:
    virtual ~Operation() = default;
    virtual int start() = 0;
    virtual int resume(int events) = 0;
};

/// Connector/C without blocking: the one place that knows how to wait for the server, how long, and how to stop it.
///
/// Logging in is the exception: that blocks, so a thread does it (see Login).
///
/// An operation that was begun is always brought to its end, by the server's answer or, when there is none, by shutting
/// the socket down under it: one that is left where it waits would leak what it holds.
///
/// REQUIRES: every awaitable of it runs within `on_its_own_terms`.
class Line {
public:
    Line(asio::any_io_executor executor, std::shared_ptr<LoginThreads> threads);
    Line(const Line&) = delete;
    Line& operator=(const Line&) = delete;
    ~Line();

    /// Logs in, on a thread of `lane`. Throws ConnectFailed, at the deadline at the latest; a thread that is then still
    /// busy with it ends by itself.
    asio::awaitable<void> connect(Lane& lane, std::shared_ptr<const Target> target, Address address,
                                  std::string application, Deadline deadline);

    /// Begins a call of one or more operations. At the deadline, or when the caller gives up, the server is asked to
    /// stop and the answer is awaited, for `stop_limit` at most; then the line is broken.
    void begin_call(Deadline deadline) noexcept;
    /// What runs from here on is the driver's own, until `end_own_work`: a call that is stopped meanwhile lets it come to
    /// its end, for `stop_limit` at most. The server is not asked: a KILL could be late, and hit what comes next of it.
    void begin_own_work() noexcept { own_work_ = true; }
    void end_own_work() noexcept { own_work_ = false; }
    /// What ended the call early, or nothing.
    Interruption why() const noexcept { return why_; }
    /// True when the server had been told to stop the call before it answered. Some functions (SLEEP, BENCHMARK) then
    /// answer as if nothing had been.
    bool told_to_stop() const noexcept { return told_to_stop_; }
    /// From here on the call cleans up: it has `stop_limit` more and is not stopped any more.
    asio::awaitable<void> begin_cleaning();

    // Operations. Afterwards `failure()` says how it went. On a broken line nothing is sent.
    asio::awaitable<void> query(std::string_view text);
    /// All rows of what `query` answered; none when it has no rows.
    asio::awaitable<TextRows> store();
    asio::awaitable<void> next_result();
    /// The protocol's own reset: settings, variables, temporary tables, locks and prepared statements are gone.
    asio::awaitable<void> reset();
    asio::awaitable<void> prepare(MYSQL_STMT* statement, std::string_view text);
    asio::awaitable<void> execute(MYSQL_STMT* statement);
    asio::awaitable<void> store(MYSQL_STMT* statement);
    /// The next row of a cursor, and with it as many as are to be fetched at a time. False when there is none.
    asio::awaitable<bool> fetch(MYSQL_STMT* statement);
    asio::awaitable<void> next_result(MYSQL_STMT* statement);
    asio::awaitable<void> free_result(MYSQL_STMT* statement);
    /// Frees the statement, here and at the server.
    asio::awaitable<void> close(StatementHandle statement);

    /// A trip that changes nothing. Afterwards `in_transaction` is what the server says, and no KILL is pending: one that
    /// came too late has hit this trip, which is then made again.
    asio::awaitable<void> prove();

    /// Takes leave, and waits at most five seconds until the server has hung up.
    asio::awaitable<void> leave();

    const Failure& failure() const noexcept { return failure_; }
    /// False when the server has hung up already.
    bool alive();
    void give_up() noexcept { broken_ = true; }
    bool broken() const noexcept { return broken_; }
    /// As the server said last. An error does not say: see `prove`.
    bool in_transaction() const noexcept { return (handle_->server_status & SERVER_STATUS_IN_TRANS) != 0; }
    std::uint64_t stopped() const noexcept { return stopped_; }
    MYSQL* native() const noexcept { return handle_.get(); }

private:
    struct Waited {
        Interruption why = Interruption::none;
        int events = 0;
    };

    asio::awaitable<void> drive(Operation& operation);
    asio::awaitable<bool> interrupt(Interruption why);
    asio::awaitable<bool> ask_to_stop(Deadline deadline);
    void abandon(Operation& operation, int wanted);
    bool watch();
    asio::awaitable<Waited> wait(int wanted, Deadline deadline);
    void note(bool failed);
    void note(bool failed, MYSQL_STMT* statement);
    void note(Failure failure);

    asio::any_io_executor executor_;
    std::shared_ptr<LoginThreads> threads_;
    asio::steady_timer timer_;
    /// A duplicate of the library's socket: ours to close, so that no wait ever hits a descriptor that the library has
    /// closed and somebody else has opened again.
    asio::posix::stream_descriptor socket_;
    int watched_ = -1;                    ///< what `socket_` is a duplicate of
    std::vector<StatementHandle> buried_; ///< of a broken connection, which has to go before them
    Handle handle_;
    std::shared_ptr<const Target> target_;
    Address address_;

    Deadline wait_until_ = Deadline::max();
    Deadline give_up_at_ = Deadline::max();
    Interruption why_ = Interruption::none;
    bool stoppable_ = false; ///< the server does something that a KILL can end
    bool own_work_ = false;
    bool told_to_stop_ = false;
    bool broken_ = true;
    Failure failure_;
    std::uint64_t stopped_ = 0;
};

} // namespace trunkline::db::mysql
