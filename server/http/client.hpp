// SPDX-License-Identifier: MIT
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trunkline::http {

namespace asio = boost::asio;
using std::chrono::milliseconds;

/// What an outgoing request may cost. 0 is no limit where that is said.
struct ClientLimits {
    milliseconds connect_timeout{10'000}; ///< name look-up, TCP and TLS
    milliseconds idle_timeout{60'000};    ///< the longest silence while somebody waits for the next bytes
    milliseconds total_timeout{600'000};  ///< from sending to the last byte; 0 is no limit
    std::size_t body_bytes_max = 16 * 1024 * 1024;
};

/// A request to somebody else's server. Only http and https; redirects are answers, they are not followed.
struct ClientRequest {
    std::string method = "GET";
    std::string url;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    ClientLimits limits;
};

/// A request that was not answered, or not to its end. `what()` is one sentence for a person; it names the host and
/// never a header, a query or a body.
class ClientError : public std::runtime_error {
public:
    enum class Kind {
        refused,     ///< not sent: what was asked for is not allowed
        unreachable, ///< no connection: name, network, TLS
        timed_out,   ///< one of the limits of time
        too_large,   ///< more bytes than `body_bytes_max`
        broken,      ///< the connection ended in the middle
    };
    ClientError(Kind kind, const std::string& sentence) : std::runtime_error(sentence), kind_(kind) {}
    Kind kind() const noexcept { return kind_; }

private:
    Kind kind_;
};

class CurlLoop;

/// An answer whose body is read as it arrives. Move-only; destroying it ends the transfer, read or not.
/// A body that nobody reads stays with its sender: at most 64 KiB of it wait here.
class ClientResponse {
public:
    ClientResponse(ClientResponse&&) noexcept;
    ClientResponse& operator=(ClientResponse&&) noexcept;
    ~ClientResponse();

    int status() const noexcept;
    /// The value of the header of that name, in any case; empty when there is none.
    std::string_view header(std::string_view name) const noexcept;

    /// What has arrived since the last call; waits when that is nothing. Empty at the end of the body.
    /// Throws ClientError. Refuses (db::UsageError) to wait in a task that holds a database connection.
    asio::awaitable<std::string> read_some();

    /// The rest of the body, at most `bytes_max` bytes; what comes after them is not read.
    asio::awaitable<std::string> read_rest(std::size_t bytes_max);

private:
    friend class Client;
    class Transfer;
    explicit ClientResponse(std::unique_ptr<Transfer> transfer);
    std::unique_ptr<Transfer> transfer_;
};

/// Asks other servers, from the loop it is given: any number of requests at once, connections are kept and shared.
/// No proxy, cookie or password is taken from the environment. Nothing of a request is logged.
///
/// Threads: one. Lifetime: responses may outlive it.
class Client {
public:
    explicit Client(asio::any_io_executor executor);
    ~Client();
    Client(const Client&) = delete;

    /// Sends the request and waits until the answer's headers have come. Cancelling the caller ends the transfer.
    /// Throws ClientError. Refuses (db::UsageError) in a task that holds a database connection.
    asio::awaitable<ClientResponse> send(ClientRequest request);

private:
    std::shared_ptr<CurlLoop> loop_;
};

} // namespace trunkline::http
