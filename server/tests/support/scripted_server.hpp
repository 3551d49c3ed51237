// SPDX-License-Identifier: MIT
#pragma once

#include <base/task_group.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <functional>

namespace trunkline::testing {

/// One request to a ScriptedServer, and the raw bytes of an answer.
class ScriptedCall {
public:
    explicit ScriptedCall(asio::ip::tcp::socket socket) : socket_(std::move(socket)) {}

    /// Head and body as they came.
    const std::string& request() const noexcept { return request_; }
    asio::awaitable<void> write(std::string bytes);
    /// Waits until the other side has closed.
    asio::awaitable<void> until_closed();
    /// The other side finds the connection reset.
    void reset();

private:
    friend class ScriptedServer;
    asio::awaitable<void> read_request();
    asio::ip::tcp::socket socket_;
    std::string request_;
};

/// A server of somebody else, as well or as badly behaved as a test wants: the script is called for each request and
/// writes whatever bytes it likes; then the connection is closed. Runs on the test's loop.
class ScriptedServer {
public:
    using Script = std::function<asio::awaitable<void>(ScriptedCall&)>;

    ScriptedServer(asio::io_context& io, Script script);
    ~ScriptedServer();

    std::string url(std::string_view path = "/") const;
    const std::vector<std::string>& requests() const noexcept { return requests_; }
    /// Connections whose script has ended.
    std::size_t ended() const noexcept { return ended_; }

private:
    asio::awaitable<void> accept();
    asio::awaitable<void> serve(asio::ip::tcp::socket socket);

    asio::io_context& io_;
    Script script_;
    asio::ip::tcp::acceptor acceptor_;
    TaskGroup calls_;
    std::vector<std::string> requests_;
    std::size_t ended_ = 0;
};

/// "HTTP/1.1 200 OK\r\n…", the body ending with the connection.
std::string http_answer(std::string_view body, std::string_view content_type = "text/event-stream",
                        std::string_view status = "200 OK");

} // namespace trunkline::testing
