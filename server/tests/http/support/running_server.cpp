// SPDX-License-Identifier: MIT
#include "running_server.hpp"

#include <trunkline/db/error.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

namespace trunkline::http::testing {

Actor actor_of(Role role)
{
    Uuid::Bytes16 bytes{};
    bytes[15] = static_cast<std::uint8_t>(1 + static_cast<int>(role));
    return {Uuid(Uuid::Bytes16{9}), Uuid(bytes), Uuid(bytes), role};
}

asio::awaitable<std::optional<Actor>> TokenAuthenticator::authenticate(const Credentials& credentials)
{
    const std::string token = credentials.bearer_token.value_or(credentials.session_token.value_or(""));
    if (token == "broken")
        db::throw_error({.message = "connection refused", .sqlstate = "08001", .statement = "SELECT secret_column"});
    if (token == "customer") co_return actor_of(Role::customer);
    if (token == "staff") co_return actor_of(Role::staff);
    if (token == "admin") co_return actor_of(Role::admin);
    co_return std::nullopt;
}

RunningServer::RunningServer(std::vector<Route> routes, ServerOptions options, RouterOptions router_options,
                             Assets assets)
    : router_(std::move(routes), authenticator_, clock_, std::move(assets), std::move(router_options)),
      end_(ended_.get_future())
{
    options.listen = {"127.0.0.1:0"};
    server_ = std::make_unique<Server>(io_.get_executor(), clock_, router_, std::move(options));
    server_->listen();
    port_ = server_->port();
    asio::co_spawn(io_, server_->run(), [this](std::exception_ptr failure) {
        if (failure) ended_.set_exception(failure);
        else ended_.set_value();
    });
    thread_ = std::thread([this] { io_.run(); });
}

RunningServer::~RunningServer()
{
    stop();
    // What does not end by itself is cut when its time is over.
    for (int second = 0; second < 60 && !stopped(std::chrono::seconds(0)); ++second) advance(std::chrono::seconds(1));
    if (!stopped()) std::abort(); // a server that does not stop is a failure of every test
    until_the_end_.reset();
    thread_.join();
}

Answer RunningServer::ask(std::string_view method, std::string_view target, const std::vector<std::string>& headers,
                          std::string_view body) const
{
    Client client = connect();
    return client.ask(request(method, target, port_, headers, body));
}

Answer RunningServer::get(std::string_view target, const std::vector<std::string>& headers) const
{
    return ask("GET", target, headers);
}

Answer RunningServer::post(std::string_view target, std::string_view body, std::vector<std::string> headers) const
{
    headers.push_back("Content-Type: application/json");
    headers.push_back("Sec-Fetch-Site: same-origin");
    return ask("POST", target, headers, body);
}

void RunningServer::on_server(const std::function<void(Server&)>& work)
{
    std::promise<void> done;
    asio::post(io_, [&] {
        work(*server_);
        done.set_value();
    });
    done.get_future().wait();
}

void RunningServer::advance(std::chrono::milliseconds by)
{
    settle();
    on_server([&](Server&) { clock_.advance(by); });
    settle();
}

/// Each turn runs what the one before has made ready; no chain of ours is longer.
void RunningServer::settle()
{
    for (int turn = 0; turn < 10; ++turn) on_server([](Server&) {});
}

bool RunningServer::eventually(const std::function<bool(Server&)>& holds)
{
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    for (bool held = false; std::chrono::steady_clock::now() < limit; std::this_thread::yield()) {
        on_server([&](Server& server) { held = holds(server); });
        if (held) return true;
    }
    return false;
}

void RunningServer::stop()
{
    on_server([](Server& server) { server.stop(); });
    settle();
}

bool RunningServer::stopped(std::chrono::seconds limit) { return end_.wait_for(limit) == std::future_status::ready; }

} // namespace trunkline::http::testing
