// SPDX-License-Identifier: MIT
#include "postgres/stop_request.hpp"

#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/generic/stream_protocol.hpp>

#include <cstring>
#include <memory>

namespace trunkline::db::postgres {

namespace {

/// The beginning of libpq's `struct pg_cancel`, versions 14 to 17.
struct Remembered {
    struct {
        sockaddr_storage address;
        socklen_t length;
    } server;
    int session;
    int key;
};

constexpr std::uint32_t stop_code = 1234u << 16 | 5678u; // of the protocol's CancelRequest

using Socket = asio::generic::stream_protocol::socket;

void store(unsigned char* to, std::uint32_t number)
{
    for (int byte = 0; byte < 4; ++byte) to[byte] = static_cast<unsigned char>(number >> (24 - 8 * byte));
}

/// Waits for `operation` until `deadline`; true when it ended by itself.
template <class Operation>
asio::awaitable<bool> in_time(asio::steady_timer& timer, Operation operation, Deadline deadline)
{
    timer.expires_at(deadline);
    auto both = asio::experimental::make_parallel_group(timer.async_wait(asio::deferred), std::move(operation));
    const auto ended = co_await both.async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
    co_return std::get<0>(ended)[0] != 0;
}

} // namespace

std::optional<StopRequest> StopRequest::of(PGconn* connection)
{
    if (PQlibVersion() < 140000 || PQlibVersion() >= 180000) return std::nullopt;
    const std::unique_ptr<PGcancel, decltype(&PQfreeCancel)> kept(PQgetCancel(connection), &PQfreeCancel);
    if (!kept) return std::nullopt;
    Remembered remembered;
    std::memcpy(&remembered, static_cast<const void*>(kept.get()), sizeof remembered);
    const auto family = remembered.server.address.ss_family;
    const bool known_family = family == AF_UNIX || family == AF_INET || family == AF_INET6;
    if (remembered.session != PQbackendPID(connection) || !known_family ||
        remembered.server.length > sizeof remembered.server.address)
        return std::nullopt;
    StopRequest request;
    request.address_ = remembered.server.address;
    request.length_ = remembered.server.length;
    store(&request.message_[0], static_cast<std::uint32_t>(request.message_.size()));
    store(&request.message_[4], stop_code);
    store(&request.message_[8], static_cast<std::uint32_t>(remembered.session));
    store(&request.message_[12], static_cast<std::uint32_t>(remembered.key));
    return request;
}

asio::awaitable<bool> StopRequest::send(Deadline deadline) const
{
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor);
    Socket socket(executor);
    const Socket::endpoint_type server(&address_, length_);
    boost::system::error_code refused;
    socket.open(server.protocol(), refused);
    if (refused) co_return true;
    const bool reached = co_await in_time(timer, socket.async_connect(server, asio::deferred), deadline);
    if (!reached) co_return false;
    const auto sent = ::send(socket.native_handle(), message_.data(), message_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent != static_cast<ssize_t>(message_.size())) co_return true; // refused, or a message that is no message
    // The server answers by hanging up, after it has signalled the session.
    co_return co_await in_time(timer, socket.async_wait(Socket::wait_read, asio::deferred), deadline);
}

} // namespace trunkline::db::postgres
