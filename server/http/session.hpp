// SPDX-License-Identifier: MIT
#pragma once

#include <http/event_stream.hpp>
#include <http/server.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include <list>

namespace trunkline::http {

using tcp = asio::ip::tcp;

/// What the sessions of a server share. `stopping` is set once.
struct SessionContext {
    Clock& clock;
    Router& router;
    const ServerOptions& options;
    std::list<class Session*> sessions;
    std::size_t streams = 0;
    bool stopping = false;
};

/// One connection. The server's tick calls `tick`; everything else happens in `run`.
class Session {
public:
    Session(tcp::socket socket, SessionContext& context);
    ~Session();
    Session(const Session&) = delete;

    /// Serves requests until the connection ends.
    asio::awaitable<void> run();
    /// Answers 503 and ends: there are too many connections.
    asio::awaitable<void> refuse();

    /// Ends what has run out of time, and keeps a stream alive.
    void tick(Time now);
    /// The server stops: an idle connection ends, a stream ends, a request is answered first.
    void finish();
    /// Ends at once.
    void cut();

private:
    struct Exchange {
        Response response;
        bool close = false;
        bool unread = false;       ///< the client may still be sending what was refused
        bool without_body = false; ///< HEAD
        std::string request_id;
    };
    class Reading;

    enum class Overdue { nothing, stop_reading, drop };
    /// What happens when `limit` has passed; until the next call.
    void expect_within(milliseconds limit, Overdue overdue);
    void expect_nothing();

    asio::awaitable<bool> wait_for_request();
    asio::awaitable<Exchange> exchange();
    asio::awaitable<Exchange> served(Reading& reading);
    asio::awaitable<int> read_body(Reading& reading, const Router::Plan& plan);
    asio::awaitable<void> answer(Exchange& exchange);
    asio::awaitable<void> write_answer(Exchange& exchange);
    asio::awaitable<void> stream(EventStream events);
    asio::awaitable<void> write(std::string_view head, std::string_view body);
    asio::awaitable<void> linger();
    Exchange refused(int status, std::string detail);
    RequestHead head_of(const Reading& reading) const;

    tcp::socket socket_;
    SessionContext& context_;
    std::list<Session*>::iterator self_;
    boost::beast::flat_buffer buffer_;
    Time deadline_ = Time::max();
    Overdue overdue_ = Overdue::nothing;
    bool timed_out_ = false;
    bool idle_ = true;
    EventSocket* events_ = nullptr; // while a stream is open
};

} // namespace trunkline::http
