// SPDX-License-Identifier: MIT
#pragma once

#include "fault_plan.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <string_view>

namespace trunkline::db::testing {

namespace asio = boost::asio;

/// One direction of a connection.
struct Flow {
    std::string heard; // and not yet taken apart
    bool swallowing = false;
    bool in_single_bytes = false;
    std::optional<Spot::Piece> dropping;
    std::optional<Spot::Piece> swapping;
    bool holding = false; // the first of the two; then the second one passes
    std::string held;

    void end_of_piece(const Frame& frame);
};

/// A client, and its connection to the server.
struct Link {
    Link(asio::io_context& io, FaultProxy::Protocol protocol) : client(io), server(io), gate(io), conversation(protocol)
    {}

    asio::ip::tcp::socket& side(From from) { return from == From::client ? client : server; }
    asio::ip::tcp::socket& other_side(From from) { return from == From::client ? server : client; }
    Flow& flow(From from) { return flows[from == From::client ? 0 : 1]; }

    void cut();
    void reset();
    void thaw();

    asio::ip::tcp::socket client;
    asio::ip::tcp::socket server;
    asio::steady_timer gate; // rings when it thaws or is over
    Conversation conversation;
    Flow flows[2];
    std::size_t number = 0;
    bool frozen = false;
    bool over = false; // whatever is still said goes nowhere
};
using LinkPtr = std::shared_ptr<Link>;

/// Waits while the connection is frozen.
asio::awaitable<void> thawed(LinkPtr link);
asio::awaitable<void> pause(LinkPtr link, std::chrono::microseconds time);
/// Sends what `from` said to the other side, unless the connection is over by then. `bytes` outlive the call.
asio::awaitable<void> send(LinkPtr link, From from, std::string_view bytes);
/// Sends it, unless a fault that has struck wants something else.
asio::awaitable<void> pass_on(LinkPtr link, From from, std::string_view bytes);
/// `from` has nothing more to say: tells the other side as it was told.
asio::awaitable<void> hung_up(LinkPtr link, From from, boost::system::error_code why);

} // namespace trunkline::db::testing
