// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/options.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <functional>

namespace trunkline::db {

namespace postgres {
class Vigil;
}

/// What a listener tells.
class Event {
public:
    enum class Kind {
        notification, ///< somebody's NOTIFY, after his commit
        gap,          ///< notifications may be missing here: look at the tables
    };

    Event() {}
    static Event notification(std::string channel, std::string payload, int process_id);
    static Event gap(std::string why, std::uint64_t dropped = 0);

    bool is_gap() const noexcept { return kind == Kind::gap; }

    Kind kind = Kind::notification;
    std::string channel;       ///< empty of a gap
    std::string payload;       ///< empty when there was none; of a gap why it is there, for a person
    int process_id = 0;        ///< of the server process that notified; 0 of a gap
    std::uint64_t dropped = 0; ///< of a gap: how many were dropped because the buffer was full; 0 when nobody can know
};

/// How much a listener bears. The defaults suit a server process; a frozen database is noticed after 15 s at most.
struct ListenerLimits {
    std::size_t events_max = 4096;      ///< kept for `next`, a payload being shorter than 8000 bytes; at least 1
    milliseconds quiet_max{10'000};     ///< a connection that was silent for so long is asked for a sign of life
    milliseconds answer_timeout{5'000}; ///< for that sign, and for LISTEN; then the connection counts as lost
    milliseconds backoff_first{50};     ///< before the first attempt to connect again; doubles with each failure
    milliseconds backoff_max{5'000};    ///< up to this; what is waited is between half of it and all
};

/// Counters since `start`, and what is so at this moment.
struct ListenerStats {
    bool listening = false;          ///< connected, and the server listens on every channel
    int process_id = 0;              ///< of the server process that listens; 0 without a connection
    std::size_t channels = 0;        ///< asked for
    std::size_t buffered = 0;        ///< events that `next` has not given yet
    std::uint64_t notifications = 0; ///< received
    std::uint64_t dropped = 0;       ///< of these, because the buffer was full
    std::uint64_t attempts = 0;      ///< to connect
    std::uint64_t losses = 0;        ///< connections that were lost after they listened
    std::string last_error;          ///< empty once it listens again
};

/// `next` and `listen` of a listener that was stopped or destroyed.
struct ListenerStopped : Error {
    using Error::Error;
};

/// LISTEN and NOTIFY of PostgreSQL, on one direct connection of its own: outside the pool, its `max_size` and its
/// sessions, so a server has to admit one connection more for each listener.
///
///     db::Listener listener(executor, db::Options::parse("postgresql://app@db.example.test/app"));
///     co_await listener.listen("orders");
///     co_await listener.start();
///     for (;;) {
///         const db::Event event = co_await listener.next();
///         if (event.is_gap()) co_await read_all_orders();
///         else co_await read_order(event.payload);
///     }
///
/// PostgreSQL keeps no notification for those who are away. So a loss of the connection is not hidden: the listener
/// connects again, with backoff and jitter and for as long as it takes, listens on all channels again, and then gives
/// one gap: whatever was notified in between is lost, and what it was about is in the tables. There is no gap after
/// the first connection, because nobody had been promised anything: `start`, then read the tables, then `next`.
///
/// A notification is a hint. One transaction's equal notifications arrive as one, which is PostgreSQL's doing; those of
/// one connection's own commits arrive like all others.
///
/// A peer that is gone without a word, or a frozen server, counts as lost after `quiet_max` + `answer_timeout`.
///
/// A transaction pooler hands a session to everybody in turn, so a listener behind one would hear nothing, without an
/// error: a URL that speaks of one is refused by the constructor, and a pooler that shows only when connected ends the
/// listener: `start`, `listen` and `next` throw UsageError. `pooler=none` in the URL says that you know better (a
/// pooler in session mode).
///
/// Threads:  all calls are made on the executor's thread (one thread, or a strand).
/// Lifetime: the listener and the context of `executor` may go in either order, with calls under way: those then throw
///           ListenerStopped, or go with the context. The destructor takes leave of the server without waiting for it.
class Listener {
public:
    using Log = std::function<void(std::string_view message)>;

    /// Of `options` it uses the target, `connect_timeout`, `pooler` and `application_name`. Throws UsageError when they
    /// are not for PostgreSQL or for a transaction pooler (`pooler=transaction`, `no_prepare`,
    /// `statement_cache_size=0`), or a limit is not positive.
    Listener(asio::any_io_executor executor, Options options, ListenerLimits limits = {});
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    ~Listener();

    /// Connects and listens on every channel noted so far; then whatever is committed arrives, or a gap does. Throws
    /// what the first attempt throws; the listener goes on trying all the same, and a later call can succeed.
    asio::awaitable<void> start();

    /// Notes the channel at once, which is all there is before `start`; what it answers completes when the server
    /// listens on it: whatever is committed afterwards arrives, or a gap does. While the connection is lost, that is
    /// when it is there again. Giving up the wait does not take the wish back.
    ///
    /// A channel's name is taken as it is, as if quoted: "Orders" and "orders" are two. Throws UsageError at once when
    /// it is empty, longer than 63 bytes, or has a zero byte; the awaitable throws an Error when the server refuses it
    /// (its encoding does not have the characters), and the channel is then forgotten.
    asio::awaitable<void> listen(std::string channel);

    /// From here on no event of that channel is given, not even one that had arrived. Nothing happens when it was not
    /// listened on.
    void unlisten(std::string_view channel);

    /// The next event, in the order in which the server sent them. Each is given once, also when several wait.
    /// Giving up (cancellation) takes no event away. What had arrived before `stop` is given after it, too; then it
    /// throws ListenerStopped.
    ///
    /// The connection is read whether somebody calls this or not, since a session that does not read makes the server
    /// keep every database's notifications. When more than `events_max` wait here, the oldest are dropped, and a gap
    /// stands in their place that says how many.
    asio::awaitable<Event> next();

    /// Takes leave, and completes when the server has let go, or after five seconds. Nothing starts it again. What waits
    /// for an event then throws ListenerStopped.
    asio::awaitable<void> stop();

    ListenerStats stats() const;
    /// Told when the connection is lost, with the reason, when it is there again, and when a channel is refused.
    void set_log(Log log);

private:
    std::shared_ptr<postgres::Vigil> vigil_;
};

} // namespace trunkline::db
