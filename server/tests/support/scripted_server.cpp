// SPDX-License-Identifier: MIT
#include "scripted_server.hpp"

#include <base/utf8.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace trunkline::testing {

using asio::ip::tcp;

asio::awaitable<void> ScriptedCall::write(std::string bytes)
{
    co_await asio::async_write(socket_, asio::buffer(bytes), asio::use_awaitable);
}

asio::awaitable<void> ScriptedCall::until_closed()
{
    boost::system::error_code closed;
    char ignored[256];
    while (!closed)
        co_await socket_.async_read_some(asio::buffer(ignored), asio::redirect_error(asio::use_awaitable, closed));
}

void ScriptedCall::reset()
{
    socket_.set_option(asio::socket_base::linger(true, 0));
    socket_.close();
}

asio::awaitable<void> ScriptedCall::read_request()
{
    std::size_t wanted = std::string::npos;
    while (request_.size() < wanted) {
        char bytes[4096];
        const std::size_t read = co_await socket_.async_read_some(asio::buffer(bytes), asio::use_awaitable);
        request_.append(bytes, read);
        const std::size_t head = request_.find("\r\n\r\n");
        if (head == std::string::npos) continue;
        const std::size_t length = ascii_lower(request_.substr(0, head)).find("\r\ncontent-length: ");
        wanted = head + 4 + (length == std::string::npos ? 0 : std::stoul(request_.substr(length + 18)));
    }
}

ScriptedServer::ScriptedServer(asio::io_context& io, Script script)
    : io_(io),
      script_(std::move(script)),
      acceptor_(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
      calls_(io.get_executor(), [](std::string_view, std::exception_ptr) {})
{
    calls_.start("accept", accept());
}

ScriptedServer::~ScriptedServer()
{
    calls_.cancel();
    io_.restart();
    while (calls_.size() > 0 && io_.run_one() > 0) {}
}

std::string ScriptedServer::url(std::string_view path) const
{
    return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + std::string(path);
}

asio::awaitable<void> ScriptedServer::accept()
{
    for (;;) calls_.start("call", serve(co_await acceptor_.async_accept(asio::use_awaitable)));
}

asio::awaitable<void> ScriptedServer::serve(tcp::socket socket)
{
    ScriptedCall call(std::move(socket));
    co_await call.read_request();
    requests_.push_back(call.request());
    co_await script_(call);
    ++ended_;
}

std::string http_answer(std::string_view body, std::string_view content_type, std::string_view status)
{
    return "HTTP/1.1 " + std::string(status) + "\r\nContent-Type: " + std::string(content_type) +
           "\r\nConnection: close\r\n\r\n" + std::string(body);
}

} // namespace trunkline::testing
