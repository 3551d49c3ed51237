// SPDX-License-Identifier: MIT
#pragma once

#include "postgres/session.hpp"
#include "postgres/statement_cache.hpp"
#include "postgres/submission.hpp"
#include "postgres/turn.hpp"

#include "waiting_time.hpp"

#include <deque>

namespace trunkline::db::postgres {

/// Statements of several callers on the way at once, on one connection. Each has a Sync of its own and so a fate of its
/// own, except for those who said that theirs may be grouped; the server answers in their order.
///
/// Who may be grouped is gathered while an earlier group is under way, and sent under one Sync. Its members hear nothing
/// before the Sync is answered. When the server refused anything before it, nothing of the group remains: then each
/// member is sent again with a Sync of its own.
///
/// At a caller's deadline, or when he gives up, the server is asked to stop once his statement is the one it works on.
/// A request to stop may hit a neighbour who was sent behind it: that statement was undone by the server and is sent
/// again, so its caller never knows. A server that does not answer for two seconds after it was asked to stop costs the
/// connection, and all who are on it.
///
/// Threads:  the connection's.
/// Lifetime: shared by the connection and by what waits for the socket. `close` has to be called before the connection
/// goes while anybody may still be waiting.
class Pipeline {
public:
    using Self = std::shared_ptr<Pipeline>;
    struct Resources {
        std::shared_ptr<Wire> wire;
        std::shared_ptr<StatementCache> cache;
        std::shared_ptr<const Session> session;
    };

    static Self make(asio::any_io_executor executor, Resources resources);
    Pipeline(const Pipeline&) = delete;
    ~Pipeline();

    /// Runs one statement beside others. REQUIRES: nothing else than this pipeline uses the wire.
    static asio::awaitable<Beside> run(Self self, Query query, Deadline deadline);

    /// To be sent, under a Sync of its own, in front of the next statement.
    void put_in_front(std::string text, bool must_succeed);

    /// Forgets that again. True when there was something.
    bool drop_front() noexcept { return !std::exchange(front_, {}).empty(); }

    bool busy() const noexcept { return !turns_.empty() || !gathered_.empty() || stopping_; }
    /// Fails everybody, who hear of it later: the connection is given up.
    void close() noexcept;

private:
    class Errand;
    using CallPtr = std::shared_ptr<Submission>;
    using Calls = std::vector<CallPtr>;
    using Part = Turn::Part;

    Pipeline(asio::any_io_executor executor, Resources resources);

    void start(const CallPtr& call);
    void send_alone(const CallPtr& call);
    void send(Turn turn);
    void send_front();
    void gather(const CallPtr& call);
    void send_gathered_soon();
    void send_gathered();
    Calls next_group();
    void resize_groups(const Turn& ended) noexcept;
    void sweep();
    void plan(Turn& turn, const CallPtr& call);
    void plan_own(Turn& turn, Part::Kind kind, const char* text, const Submission& in_front_of);
    std::string name_of(Turn& turn, const StatementKey& key, const Submission& of, Submission* call);
    void listen();
    void flush();
    void heard();
    void collect();
    bool place(ResultPtr reply);
    void finish(Turn turn);
    void finish_alone(const CallPtr& call);
    void finish_group(const Turn& turn);
    void conclude(const CallPtr& call);
    bool again(Submission& call);
    void went_idle();
    void lose() noexcept;
    void release();
    void drop_callers() noexcept;
    void give_up(const CallPtr& call);
    void watch_deadline(Deadline deadline);
    void look_at_deadlines();
    void stop_head();
    static asio::awaitable<void> ask(Self self, std::uint64_t head);
    void asked(bool dealt_with, std::uint64_t head);
    bool is_head(std::uint64_t turn) const noexcept { return !turns_.empty() && turns_answered_ == turn; }

    std::weak_ptr<Pipeline> self_;
    asio::any_io_executor executor_;
    std::shared_ptr<Wire> wire_;
    std::shared_ptr<StatementCache> cache_;
    std::shared_ptr<const Session> session_;
    std::deque<Turn> turns_;           // on the way, in order
    std::uint64_t turns_answered_ = 0; // before them: so the first of them is known by this number
    std::vector<Turn> front_;          // to be sent first
    Calls gathered_;                   // not sent yet
    std::size_t gathered_turns_ = 0;   // of those on the way
    std::size_t group_size_ = 128;     // at most, of the next
    Calls ended_;                      // their callers are to be woken
    Calls held_;                       // stopped ones, until the request that stopped them is over
    asio::steady_timer timer_;
    Deadline armed_ = Deadline::max();
    db::detail::Moment last_look_;      // at the socket
    std::chrono::nanoseconds waited_{}; // for the answer that comes next
    bool listening_ = false;
    bool flushing_ = false;
    bool sending_soon_ = false;
    bool null_ = false; // the last thing read was the end of a step
    bool lost_ = false;
    bool stopping_ = false;
    std::uint64_t stops_ = 0;
    std::optional<Deadline> stop_limit_;
};

} // namespace trunkline::db::postgres
