// SPDX-License-Identifier: MIT
#include <http/event_stream.hpp>

#include <http/message.hpp>

#include <base/task_group.hpp>
#include <trunkline/db/task.hpp>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace trunkline::http {

EventSocket::EventSocket(asio::ip::tcp::socket& socket, Clock& clock, Limits limits)
    : socket_(socket), clock_(clock), limits_(limits), heartbeat_at_(clock.now() + limits.heartbeat)
{}

asio::awaitable<void> EventSocket::run(EventStream events)
{
    db::refuse_while_holding(co_await asio::this_coro::executor, "an event stream");
    // The first bytes at once, so that a client knows the stream is open; it comes back after two seconds.
    co_await write("retry: 2000\n\n");
    co_await race(events.body(*this), watch_client());
    if (broken_) co_return;
    boost::system::error_code gone;
    const std::string last = unsent_ + "0\r\n\r\n";
    co_await asio::async_write(socket_, asio::buffer(last), asio::redirect_error(asio::use_awaitable, gone));
}

/// A client of an event stream has nothing more to say: what it sends is thrown away, its end ends the stream.
asio::awaitable<void> EventSocket::watch_client()
{
    char ignored[64];
    boost::system::error_code gone;
    while (!gone)
        co_await socket_.async_read_some(asio::buffer(ignored), asio::redirect_error(asio::use_awaitable, gone));
}

asio::awaitable<void> EventSocket::send(Event event) { co_await write(event_text(event)); }

asio::awaitable<void> EventSocket::write(std::string text)
{
    const std::string framed = std::exchange(unsent_, {}) + chunk(text);
    broken_ = true; // until the socket has all of it
    write_deadline_ = clock_.now() + limits_.write_timeout;
    co_await asio::async_write(socket_, asio::buffer(framed), asio::use_awaitable);
    broken_ = false;
    write_deadline_ = Time::max();
    heartbeat_at_ = clock_.now() + limits_.heartbeat;
}

void EventSocket::tick(Time now)
{
    boost::system::error_code ignored;
    if (now >= write_deadline_) socket_.close(ignored);
    if (broken_ || now < heartbeat_at_) return;
    heartbeat_at_ = now + limits_.heartbeat;
    if (unsent_.empty()) unsent_ = chunk(":\n\n");
    // Nothing else is being written, so the socket takes these few bytes at once unless its client takes nothing.
    socket_.non_blocking(true, ignored);
    boost::system::error_code would_block;
    unsent_.erase(0, socket_.write_some(asio::buffer(unsent_), would_block));
}

void EventSocket::end()
{
    boost::system::error_code ignored;
    socket_.shutdown(asio::ip::tcp::socket::shutdown_receive, ignored);
}

} // namespace trunkline::http
