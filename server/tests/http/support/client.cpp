// SPDX-License-Identifier: MIT
#include "client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace trunkline::http::testing {

namespace {

bool same_name(std::string_view a, std::string_view b)
{
    if (a.size() != b.size()) return false;
    for (std::size_t at = 0; at < a.size(); ++at)
        if (std::tolower(static_cast<unsigned char>(a[at])) != std::tolower(static_cast<unsigned char>(b[at])))
            return false;
    return true;
}

Answer parse_head(std::string_view head)
{
    Answer answer;
    std::size_t end = head.find("\r\n");
    if (!head.starts_with("HTTP/1.1 ")) throw std::runtime_error("no status line: " + std::string(head.substr(0, 100)));
    answer.status = std::stoi(std::string(head.substr(9, 3)));
    head.remove_prefix(end + 2);
    while ((end = head.find("\r\n")) != std::string_view::npos && end > 0) {
        const std::string_view line = head.substr(0, end);
        const std::size_t colon = line.find(": ");
        answer.headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
        head.remove_prefix(end + 2);
    }
    return answer;
}

} // namespace

std::string Answer::header(std::string_view name) const
{
    for (const auto& [key, value] : headers)
        if (same_name(key, name)) return value;
    return {};
}

Client::Client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
{
    const timeval patience{10, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        throw std::runtime_error(std::string("cannot connect: ") + std::strerror(errno));
}

Client::Client(Client&& other) noexcept : socket_(std::exchange(other.socket_, -1)), pending_(std::move(other.pending_))
{}

Client::~Client() { close(); }

void Client::close()
{
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
}

bool Client::try_send(std::string_view bytes)
{
    while (!bytes.empty()) {
        const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

void Client::send(std::string_view bytes)
{
    if (!try_send(bytes)) throw std::runtime_error(std::string("cannot send: ") + std::strerror(errno));
}

/// Reads some more; false at the end.
bool Client::fill()
{
    char buffer[16384];
    const auto got = ::recv(socket_, buffer, sizeof buffer, 0);
    if (got > 0) pending_.append(buffer, static_cast<std::size_t>(got));
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) throw std::runtime_error("no byte came for ten seconds");
    return got > 0;
}

std::string Client::read_until(std::string_view wanted)
{
    std::size_t found;
    while ((found = pending_.find(wanted)) == std::string::npos)
        if (!fill())
            throw std::runtime_error("the connection ended before '" + std::string(wanted) +
                                     "' came; so far: " + pending_);
    const std::string taken = pending_.substr(0, found + wanted.size());
    pending_.erase(0, taken.size());
    return taken;
}

Answer Client::read_answer(bool without_body)
{
    Answer answer = parse_head(read_until("\r\n\r\n"));
    if (answer.status == 100) return answer;
    const std::string length = answer.header("Content-Length");
    if (without_body || length.empty()) return answer;
    const std::size_t size = std::stoul(length);
    while (pending_.size() < size)
        if (!fill()) throw std::runtime_error("the connection ended inside a body");
    answer.body = pending_.substr(0, size);
    pending_.erase(0, size);
    return answer;
}

Answer Client::ask(std::string_view request)
{
    send(request);
    return read_answer(request.starts_with("HEAD "));
}

bool Client::closed() { return pending_.empty() && !fill(); }

std::string Client::read_all()
{
    while (fill()) {}
    return std::exchange(pending_, {});
}

void Client::finish_sending() { ::shutdown(socket_, SHUT_WR); }

void Client::reset_on_close()
{
    const linger at_once{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

void Client::shrink_receive_buffer()
{
    const int bytes = 4096;
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

std::string request(std::string_view method, std::string_view target, std::uint16_t port,
                    const std::vector<std::string>& headers, std::string_view body)
{
    std::string text = std::string(method) + " " + std::string(target) + " HTTP/1.1\r\n";
    bool host = false;
    for (const auto& header : headers) {
        host = host || header.starts_with("Host:");
        text += header + "\r\n";
    }
    if (!host) text += "Host: 127.0.0.1:" + std::to_string(port) + "\r\n";
    if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    return text + "\r\n" + std::string(body);
}

} // namespace trunkline::http::testing
