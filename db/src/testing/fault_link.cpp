// SPDX-License-Identifier: MIT
#include "fault_link.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace trunkline::db::testing {

using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr auto pause_between_bytes = std::chrono::microseconds(50);

} // namespace

/// What the frame was the end of is over: a piece that was dropped, or one of two that change places.
void Flow::end_of_piece(const Frame& frame)
{
    if (dropping && frame.ends(*dropping)) dropping.reset();
    if (!swapping || !frame.ends(*swapping)) return;
    if (!holding) swapping.reset();
    holding = false;
}

void Link::cut()
{
    over = true;
    error_code ignored;
    client.shutdown(tcp::socket::shutdown_send, ignored);
    server.shutdown(tcp::socket::shutdown_send, ignored);
    gate.cancel();
}

void Link::reset()
{
    over = true;
    error_code ignored;
    for (tcp::socket* socket : {&client, &server}) {
        socket->set_option(tcp::socket::linger(true, 0), ignored);
        socket->close(ignored);
    }
    gate.cancel();
}

void Link::thaw()
{
    frozen = false;
    gate.cancel();
}

asio::awaitable<void> thawed(LinkPtr link)
{
    while (link->frozen && !link->over) {
        error_code ignored;
        link->gate.expires_at(asio::steady_timer::time_point::max());
        co_await link->gate.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
}

asio::awaitable<void> pause(LinkPtr link, std::chrono::microseconds time)
{
    asio::steady_timer timer(link->gate.get_executor(), time);
    error_code ignored;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

asio::awaitable<void> send(LinkPtr link, From from, std::string_view bytes)
{
    const std::size_t most = link->flow(from).in_single_bytes ? 1 : bytes.size();
    while (!bytes.empty()) {
        co_await thawed(link);
        if (link->over) co_return;
        error_code failed;
        const auto part = asio::buffer(bytes.data(), most);
        co_await asio::async_write(link->other_side(from), part, asio::redirect_error(asio::use_awaitable, failed));
        if (failed) co_return link->reset();
        bytes.remove_prefix(most);
        if (!bytes.empty()) co_await pause(link, pause_between_bytes);
    }
}

asio::awaitable<void> pass_on(LinkPtr link, From from, std::string_view bytes)
{
    Flow& flow = link->flow(from);
    if (flow.swallowing || flow.dropping) co_return;
    if (flow.holding) {
        flow.held += bytes;
        co_return;
    }
    co_await send(link, from, bytes);
}

asio::awaitable<void> hung_up(LinkPtr link, From from, error_code why)
{
    co_await thawed(link);
    if (link->over) co_return;
    if (why != asio::error::eof) co_return link->reset();
    co_await pass_on(link, from, link->flow(from).heard);
    error_code ignored;
    link->other_side(from).shutdown(tcp::socket::shutdown_send, ignored);
}

} // namespace trunkline::db::testing
