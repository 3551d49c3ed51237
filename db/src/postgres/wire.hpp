// SPDX-License-Identifier: MIT
#pragma once

#include "bounded.hpp"
#include "column_lists.hpp"
#include "postgres/copy_text.hpp"
#include "postgres/parameters.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <libpq-fe.h>

namespace trunkline::db::postgres {

struct ClearResult {
    void operator()(PGresult* result) const noexcept { PQclear(result); }
};
using ResultPtr = std::unique_ptr<PGresult, ClearResult>;

struct FinishConnection {
    void operator()(PGconn* connection) const noexcept { PQfinish(connection); }
};

inline constexpr std::chrono::seconds stop_limit{2}; ///< for asking the server to stop and hearing that it did
inline constexpr std::chrono::milliseconds stop_patience{200}; ///< before it is asked again: it may have been too early

/// True when the server refused a step, or did not look at it.
bool failed(const PGresult* reply);
/// True when the server has begun a COPY; unless it was asked for with rows, nothing here can go on with it.
bool is_copy(const PGresult* reply);

/// Whether a reply holds together: rows are as many as the server counted, and a refusal is the server's, with an
/// SQLSTATE, not libpq's, who lost the thread. What does not was tampered with on its way, and nothing that comes behind
/// it can be believed.
bool holds_together(const PGresult* reply);

/// Comes back as it was sent. In front of a statement it tells the answer to this question from one to a question of
/// the same shape, which nothing in the protocol does: for connections whose answers pass through other hands.
inline constexpr auto echo_text = "SELECT $1::int8";
/// Makes what follows under the same Sync read only: the server refuses a write, and to take it back.
inline constexpr auto read_only_text = "SELECT set_config('transaction_read_only', 'on', true)";

/// One request to the server, and what it answered.
struct Step {
    enum class Kind {
        text,     ///< Parse, Bind, Execute of an unnamed statement
        prepare,  ///< Parse of a named one
        prepared, ///< Bind, Execute of a named one
        echo,     ///< `echo_text` with the number that `text` is
    };

    Kind kind = Kind::text;
    std::string text;                       ///< of `text` and `prepare`
    std::string name;                       ///< of `prepare` and `prepared`
    const Parameters* parameters = nullptr; ///< none is nullptr; outlives the exchange
    std::optional<std::size_t> member;      ///< of the caller's unit; none of the driver's own
    ResultPtr reply;                        ///< empty when the server never answered

    bool failed() const noexcept;
    /// False when it is the driver's own and the reply is that of something else: the answers are another's.
    bool fits() const;
    /// The server did not look at it, because a step before it had failed.
    bool passed_over() const noexcept { return PQresultStatus(reply.get()) == PGRES_PIPELINE_ABORTED; }
};

/// A text of the driver's own.
Step text_step(std::string text);
Step echo_step(std::int64_t number);

/// Steps that share one Sync: the first failure ends them all.
using Block = std::vector<Step>;

/// One trip to the server.
struct Exchange {
    std::vector<Block*> blocks; ///< owned by the caller
    /// So many at the beginning are the driver's own: they are short, and must not be stopped half-way.
    std::size_t own_blocks = 0;
    /// The only step is text for the simple protocol: no pipeline, perhaps several statements.
    bool simple = false;
    CopyText* rows = nullptr; ///< with `simple`: what follows when the server asks for rows
    bool feeding = false;     ///< the server takes them
    std::uint64_t copied = 0; ///< how many it says it took
    bool complete = false;    ///< every Sync was answered

    std::size_t block = 0; ///< where the next reply belongs
    std::size_t step = 0;
};

/// Why an exchange did not end by itself.
enum class Interruption { none, deadline, cancelled };

/// libpq without blocking: the one place that knows how to wait for the server, how long, and how to stop it.
///
/// REQUIRES: every awaitable of it runs within `on_its_own_terms`.
class Wire {
public:
    Wire(asio::any_io_executor executor, std::shared_ptr<Lane> lane);
    Wire(const Wire&) = delete;
    Wire& operator=(const Wire&) = delete;
    ~Wire();

    /// Logs in with libpq's keywords and enters pipeline mode. Throws ConnectFailed, and may then be called again.
    asio::awaitable<void> connect(std::vector<std::pair<std::string, std::string>> keywords, Deadline deadline);

    /// False when the server has hung up already: nothing that is sent now would arrive. What was seen a moment ago
    /// still counts: whoever hangs up just now is not noticed by looking either.
    bool alive();
    /// The server was heard at that time.
    void note_alive(Deadline when) noexcept { looked_ = when; }

    /// Sends all of it, then reads until the last Sync is answered. At the deadline, or when the caller gives up, the
    /// server is asked to stop as soon as it works on what is not the driver's own, and the answer is awaited, for
    /// `stop_limit` at most. Afterwards the exchange is complete and no cancel request is under way, or the wire is
    /// broken.
    asio::awaitable<Interruption> exchange(Exchange& exchange, Deadline deadline);

    // For whoever sends and reads without `exchange`, as long as no exchange is under way:
    /// Asks the server to stop what it does. True when the request is over, whatever came of it: the server has then
    /// signalled the session, and a signal that finds the session idle is dropped.
    asio::awaitable<bool> ask_to_stop(Deadline deadline);
    void note_stop() noexcept { ++stopped_; }
    /// Reads the end of the last Sync, so that libpq knows it is idle, and what the server says of the connection then.
    /// True when it can serve anybody.
    bool settle_idle();
    asio::posix::stream_descriptor& socket() noexcept { return socket_; }

    /// A number that no other answer is likely to be.
    std::int64_t next_echo() noexcept { return ++last_echo_; }

    /// Takes leave, and waits at most five seconds until the server has hung up.
    asio::awaitable<void> close();

    /// Never to be used again.
    void give_up() noexcept { broken_ = true; }
    bool broken() const noexcept { return broken_; }
    PGTransactionStatusType transaction() const noexcept { return transaction_; }
    std::uint64_t stopped() const noexcept { return stopped_; }
    PGconn* native() const noexcept { return connection_.get(); }
    /// Of what came over it.
    db::detail::ColumnLists& column_lists() noexcept { return column_lists_; }
    /// A reply may be the server's farewell: while something is under way libpq makes no notice of it.
    void note_farewell(const PGresult* reply) { hear(this, reply); }
    /// What the server said last when it hung up unasked: an SQLSTATE, or nothing.
    const std::string& farewell() const noexcept { return farewell_; }

private:
    enum class Interest { read, write, both };

    bool send(Exchange& exchange);
    bool send(const Step& step);
    void collect(Exchange& exchange);
    bool place(Exchange& exchange, ResultPtr reply);
    void collect_simple(Exchange& exchange);
    void feed(Exchange& exchange);
    void end_feeding(Exchange& exchange, const char* failure);
    bool refuses_already();
    bool at_rest();
    void settle(Exchange& exchange);
    asio::awaitable<Interruption> pump(Exchange& exchange, Deadline deadline);
    asio::awaitable<Interruption> pump(Exchange& exchange, std::size_t blocks, Deadline deadline);
    asio::awaitable<void> stop(Exchange& exchange);
    asio::awaitable<Interruption> wait(Interest interest, Deadline deadline);
    void watch();
    static void hear(void* self, const PGresult* notice);

    std::shared_ptr<Lane> lane_;
    asio::steady_timer timer_;
    /// A duplicate of libpq's socket: ours to close, so that no wait ever hits a descriptor that libpq has closed and
    /// somebody else has opened again, and so that the server's hanging up can be seen after libpq is gone.
    asio::posix::stream_descriptor socket_;
    std::unique_ptr<PGconn, FinishConnection> connection_;
    PGTransactionStatusType transaction_ = PQTRANS_UNKNOWN;
    Deadline looked_{}; // whether it is alive
    bool lost_ = false;
    bool broken_ = true;
    std::uint64_t stopped_ = 0;
    std::string farewell_;
    db::detail::ColumnLists column_lists_;
    std::int64_t last_echo_;
};

} // namespace trunkline::db::postgres
