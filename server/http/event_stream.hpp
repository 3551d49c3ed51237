// SPDX-License-Identifier: MIT
#pragma once

#include <http/call.hpp>

#include <base/clock.hpp>

#include <boost/asio/ip/tcp.hpp>

namespace trunkline::http {

/// An event stream on a socket: each event is one chunk of a chunked body.
///
/// Lifetime: the socket must outlive it.
class EventSocket final : public EventWriter {
public:
    struct Limits {
        std::chrono::milliseconds heartbeat;
        std::chrono::milliseconds write_timeout;
    };
    EventSocket(asio::ip::tcp::socket& socket, Clock& clock, Limits limits);

    /// Runs the stream's body until it returns, the client leaves or `end` is called; then the body is cancelled and
    /// awaited. Throws what the body throws, and db::UsageError when this task holds a connection.
    asio::awaitable<void> run(EventStream events);

    /// Waits until the socket took the event. One at a time.
    asio::awaitable<void> send(Event event) override;

    /// A comment when it is time for one; drops a client that takes nothing.
    void tick(Time now);
    /// Ends the stream soon: the server stops.
    void end();

private:
    asio::awaitable<void> watch_client();
    asio::awaitable<void> write(std::string text);

    asio::ip::tcp::socket& socket_;
    Clock& clock_;
    Limits limits_;
    Time heartbeat_at_;
    Time write_deadline_ = Time::max();
    std::string unsent_;  // the rest of a comment that the socket took in part
    bool broken_ = false; // an event is being written, or was cut: nothing that follows would make sense
};

} // namespace trunkline::http
