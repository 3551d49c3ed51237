// SPDX-License-Identifier: MIT
#pragma once

#include "client.hpp"

#include <http/server.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <future>
#include <thread>

namespace trunkline::http::testing {

/// Knows three tokens: "customer", "staff" and "admin". "broken" finds the database down.
class TokenAuthenticator final : public Authenticator {
public:
    asio::awaitable<std::optional<Actor>> authenticate(const Credentials& credentials) override;
};

/// A server of given routes on a free loopback port, on a thread and with a clock of its own. Stops in its destructor.
class RunningServer {
public:
    explicit RunningServer(std::vector<Route> routes, ServerOptions options = {}, RouterOptions router_options = {},
                           Assets assets = {});
    ~RunningServer();

    std::uint16_t port() const { return port_; }
    Client connect() const { return Client(port_); }

    /// One request on a connection of its own.
    Answer get(std::string_view target, const std::vector<std::string>& headers = {}) const;
    Answer ask(std::string_view method, std::string_view target, const std::vector<std::string>& headers = {},
               std::string_view body = {}) const;
    /// A POST as our own page makes it.
    Answer post(std::string_view target, std::string_view body, std::vector<std::string> headers = {}) const;

    /// Moves the clock once the server has done what it can do now, and waits until it has looked at it.
    void advance(std::chrono::milliseconds by);
    /// Asks again and again, for at most ten seconds, until `true`.
    bool eventually(const std::function<bool(Server&)>& holds);
    /// Calls `work` on the server's thread.
    void on_server(const std::function<void(Server&)>& work);

    void settle();                                                       ///< waits until what is ready to run has run
    void stop();                                                         ///< begins to stop
    bool stopped(std::chrono::seconds limit = std::chrono::seconds(10)); ///< true when it has within the limit

private:
    asio::io_context io_{1};
    ManualClock clock_{Time(std::chrono::microseconds(1'795'000'000'000'000))};
    TokenAuthenticator authenticator_;
    Router router_;
    std::unique_ptr<Server> server_;
    std::uint16_t port_ = 0;
    std::promise<void> ended_;
    std::shared_future<void> end_;
    asio::executor_work_guard<asio::io_context::executor_type> until_the_end_{io_.get_executor()};
    std::thread thread_;
};

/// The actor of a token.
Actor actor_of(Role role);

} // namespace trunkline::http::testing
