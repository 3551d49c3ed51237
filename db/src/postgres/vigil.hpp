// SPDX-License-Identifier: MIT
#pragma once

#include "postgres/channels.hpp"
#include "postgres/event_buffer.hpp"
#include "postgres/listening.hpp"

#include <boost/asio/cancellation_signal.hpp>

#include <list>
#include <random>

namespace trunkline::db::postgres {

/// What goes on behind a Listener. One coroutine connects, subscribes and reads, again and again until it is stopped;
/// everybody else changes what is wanted, or waits for a change.
///
/// Lifetime: it outlives the listener for as long as somebody uses it. What belongs to the context (sockets, timers)
/// stands in the frames of coroutines, which go with the context; here are only pointers to it.
class Vigil {
public:
    using Self = std::shared_ptr<Vigil>;

    Vigil(asio::any_io_executor executor, Options options, ListenerLimits limits);
    Vigil(const Vigil&) = delete;
    Vigil& operator=(const Vigil&) = delete;

    static asio::awaitable<void> start(Self self);
    WishPtr wish(const std::string& channel);
    /// Waits until the server listens, once started.
    static asio::awaitable<void> fulfilled(Self self, std::string channel, WishPtr wish);
    void withdraw(std::string_view channel);
    static asio::awaitable<Event> next(Self self);
    static void request_stop(const Self& self);
    static asio::awaitable<void> stopped(Self self);

    ListenerStats stats() const;
    void set_log(Listener::Log log) { log_ = std::move(log); }

private:
    class Running;
    class Waiting;
    class Current;

    static asio::awaitable<void> change(Self self);
    void ring() const;

    static asio::awaitable<void> watch(Running running);
    static asio::awaitable<void> serve(Self self);
    static asio::awaitable<void> attend(Self self, Listening& connection);
    static asio::awaitable<void> subscribe(Self self, Listening& connection);
    static asio::awaitable<void> subscribe(Self self, Listening& connection, std::size_t at_once);
    static asio::awaitable<void> prove_alive(Self self, Listening& connection);

    void refuse(const std::string& channel, ErrorInfo why);
    void hear(Event event);
    void listening_again();
    void note_failure(std::exception_ptr failure);
    std::chrono::nanoseconds next_pause();
    void throw_when_over() const;
    void tell(const std::string& message) const;

    const asio::any_io_executor executor_;
    const Options options_;
    const ListenerLimits limits_;
    Listener::Log log_;
    asio::cancellation_signal stop_;
    std::list<asio::steady_timer*> waiting_; // for a change
    Listening* current_ = nullptr;

    Channels channels_;
    EventBuffer buffer_;
    std::string gap_reason_;

    bool started_ = false;
    bool running_ = false;
    bool stopping_ = false;
    bool listening_ = false;
    std::exception_ptr verdict_; // why it never goes on
    std::exception_ptr last_failure_;
    std::uint64_t attempts_ended_ = 0;
    Deadline listening_since_{};
    std::chrono::nanoseconds backoff_;
    std::minstd_rand random_{std::random_device{}()};
    ListenerStats stats_;
};

} // namespace trunkline::db::postgres
