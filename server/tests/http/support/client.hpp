// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trunkline::http::testing {

/// An answer as it came over the socket.
struct Answer {
    int status = 0;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;

    /// The header of that name in any case, or empty.
    std::string header(std::string_view name) const;
};

/// A connection that sends exactly the bytes it is given. Every wait is bounded: after ten seconds without a byte it
/// throws std::runtime_error.
class Client {
public:
    explicit Client(std::uint16_t port);
    Client(Client&& other) noexcept;
    ~Client();

    void send(std::string_view bytes);
    /// Like `send`, but says no instead of throwing when the other side has closed.
    bool try_send(std::string_view bytes);
    /// Reads one answer; `without_body` after HEAD.
    Answer read_answer(bool without_body = false);
    /// Sends and reads one answer.
    Answer ask(std::string_view request);
    /// Reads until `wanted` has come; answers all that was read and not yet taken, up to its end.
    std::string read_until(std::string_view wanted);
    /// True when the other side closes the connection and sends nothing more.
    bool closed();
    /// Reads until the end; what came.
    std::string read_all();
    /// Sends the end of our side.
    void finish_sending();
    /// Asks the kernel to reset the connection when it is closed.
    void reset_on_close();
    void close();
    void shrink_receive_buffer();

private:
    bool fill();
    int socket_ = -1;
    std::string pending_;
};

/// "GET /x HTTP/1.1\r\nHost: 127.0.0.1:<port>\r\n…\r\n\r\n" with a Content-Length when there is a body.
std::string request(std::string_view method, std::string_view target, std::uint16_t port,
                    const std::vector<std::string>& headers = {}, std::string_view body = {});

} // namespace trunkline::http::testing
