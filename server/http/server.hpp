// SPDX-License-Identifier: MIT
#pragma once

#include <http/router.hpp>

#include <boost/asio/any_io_executor.hpp>

namespace trunkline::http {

using std::chrono::milliseconds;

struct ServerOptions {
    /// Where to listen: "127.0.0.1:8080", "[::1]:8080". Port 0 is a free one.
    std::vector<std::string> listen = {"127.0.0.1:8080"};
    TrustedProxies trusted_proxies;

    std::size_t header_bytes_max = 16 * 1024;
    std::size_t connections_max = 10'000;
    milliseconds header_timeout{10'000}; ///< from the first byte of a request to the end of its head
    milliseconds body_timeout{60'000};   ///< from there to the end of its body
    milliseconds idle_timeout{75'000};   ///< between requests
    milliseconds write_timeout{60'000};  ///< for a client that does not take its answer
    milliseconds linger_timeout{2'000};  ///< for what a client still sends after a refusal
    milliseconds heartbeat{15'000};      ///< between comments on an event stream
    milliseconds drain_timeout{10'000};  ///< for what runs when the server stops
    milliseconds tick{250};              ///< how exactly the times above are kept
};

/// Serves HTTP/1.1: connections with keep-alive, requests one after another, event streams. Whatever a client does, it
/// gets an answer in words (application/problem+json) or an end within the limits above.
///
/// Threads:  one: the executor's.
/// Lifetime: what is passed by reference must outlive it; `run` has to complete before it goes away.
class Server {
public:
    Server(asio::any_io_executor executor, Clock& clock, Router& router, ServerOptions options = {});
    Server(const Server&) = delete;
    ~Server();

    /// Binds every address of the options. Throws std::runtime_error that names the address and says what is wrong.
    void listen();
    /// The bound addresses, with the ports that were chosen: "127.0.0.1:40123".
    std::vector<std::string> addresses() const;
    std::uint16_t port() const; ///< of the first

    /// Serves until `stop`: then accepts nothing more, ends event streams, lets what runs finish, and cuts what is left
    /// after `drain_timeout`. REQUIRES: listen().
    asio::awaitable<void> run();
    /// Safe from any task of the executor, and more than once.
    void stop();

    std::size_t connections() const noexcept;
    std::size_t streams() const noexcept;

    struct Impl; // http/session.hpp

private:
    std::unique_ptr<Impl> impl_;
};

} // namespace trunkline::http
