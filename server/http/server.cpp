// SPDX-License-Identifier: MIT
#include <http/server.hpp>

#include <http/session.hpp>

#include <base/log.hpp>
#include <base/task_group.hpp>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <charconv>
#include <stdexcept>

namespace trunkline::http {

namespace {

/// "127.0.0.1:8080" or "[::1]:8080".
tcp::endpoint parse_address(const std::string& text)
{
    const std::size_t colon = text.rfind(':');
    std::string host = text.substr(0, colon);
    if (host == "localhost") host = "127.0.0.1";
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    std::uint16_t port = 0;
    boost::system::error_code failed;
    const auto address = asio::ip::make_address(host, failed);
    bool good = !failed && colon != std::string::npos;
    if (good) {
        const auto [end, wrong] = std::from_chars(text.data() + colon + 1, text.data() + text.size(), port);
        good = wrong == std::errc{} && end == text.data() + text.size();
    }
    if (!good)
        throw std::runtime_error("cannot listen on '" + text +
                                 "': it has to be an address and a port, such as 127.0.0.1:8080");
    return {address, port};
}

std::string text_of(const tcp::endpoint& endpoint)
{
    const std::string address = endpoint.address().to_string();
    return (endpoint.address().is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(endpoint.port());
}

/// Connections that are being told that there are too many; more of them are dropped without a word.
constexpr std::size_t refusals_max = 64;

} // namespace

struct Server::Impl {
    Impl(asio::any_io_executor executor, Clock& clock, Router& router, ServerOptions options);

    asio::awaitable<void> run();
    asio::awaitable<void> accept(tcp::acceptor& acceptor);
    asio::awaitable<void> serve(tcp::socket socket, bool refuse);
    asio::awaitable<void> keep_time();
    asio::awaitable<void> wait_for_stop();
    void tick();

    asio::any_io_executor executor;
    ServerOptions options;
    SessionContext context;
    std::vector<tcp::acceptor> acceptors;
    TaskGroup sessions, accepting, timing;
    asio::steady_timer stopped; // never expires; cancelled by stop()
    Time cut_at = Time::max();
};

Server::Impl::Impl(asio::any_io_executor executor, Clock& clock, Router& router, ServerOptions given)
    : executor(executor),
      options(std::move(given)),
      context{clock, router, options, {}},
      sessions(executor,
               [](std::string_view, std::exception_ptr failure) {
                   log_error("http", "a session broke: " + describe(failure));
               }),
      accepting(executor,
                [](std::string_view, std::exception_ptr failure) {
                    log_error("http", "accepting broke: " + describe(failure));
                }),
      timing(executor, [](std::string_view,
                          std::exception_ptr failure) { log_error("http", "the tick broke: " + describe(failure)); }),
      stopped(executor, asio::steady_timer::time_point::max())
{}

asio::awaitable<void> Server::Impl::accept(tcp::acceptor& acceptor)
{
    while (!context.stopping) {
        boost::system::error_code failed;
        tcp::socket socket =
            co_await acceptor.async_accept(executor, asio::redirect_error(asio::use_awaitable, failed));
        if (context.stopping || failed == asio::error::operation_aborted) co_return;
        if (failed) {
            log_warning("http", "cannot accept a connection: " + failed.message());
            co_await context.clock.sleep_for(options.tick); // out of file descriptors, most likely
            continue;
        }
        const std::size_t open = context.sessions.size();
        if (open >= options.connections_max + refusals_max) continue;
        sessions.start("http connection", serve(std::move(socket), open >= options.connections_max));
    }
}

asio::awaitable<void> Server::Impl::serve(tcp::socket socket, bool refuse)
{
    Session session(std::move(socket), context);
    if (refuse) co_await session.refuse();
    else co_await session.run();
}

asio::awaitable<void> Server::Impl::keep_time()
{
    for (;;) {
        co_await context.clock.sleep_for(options.tick);
        tick();
    }
}

void Server::Impl::tick()
{
    const Time now = context.clock.now();
    for (Session* session : context.sessions) session->tick(now);
    if (now < cut_at) return;
    cut_at = Time::max();
    if (!context.sessions.empty())
        log_warning("http", "stopping: " + std::to_string(context.sessions.size()) + " connections are cut");
    sessions.cancel();
    for (Session* session : context.sessions) session->cut();
}

asio::awaitable<void> Server::Impl::wait_for_stop()
{
    boost::system::error_code woken;
    while (!context.stopping && !woken) co_await stopped.async_wait(asio::redirect_error(asio::use_awaitable, woken));
}

asio::awaitable<void> Server::Impl::run()
{
    for (tcp::acceptor& acceptor : acceptors) accepting.start("http accept", accept(acceptor));
    timing.start("http tick", keep_time());
    co_await asio::this_coro::throw_if_cancelled(false);
    co_await wait_for_stop();
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());

    context.stopping = true;
    for (tcp::acceptor& acceptor : acceptors) acceptor.close();
    cut_at = context.clock.now() + options.drain_timeout;
    for (Session* session : context.sessions) session->finish();
    co_await accepting.join();
    co_await sessions.join();
    timing.cancel();
    co_await timing.join();
}

Server::Server(asio::any_io_executor executor, Clock& clock, Router& router, ServerOptions options)
    : impl_(std::make_unique<Impl>(std::move(executor), clock, router, std::move(options)))
{}

Server::~Server() = default;

void Server::listen()
{
    for (const std::string& text : impl_->options.listen) {
        const tcp::endpoint endpoint = parse_address(text);
        try {
            impl_->acceptors.emplace_back(impl_->executor, endpoint, true);
        } catch (const boost::system::system_error& error) {
            throw std::runtime_error("cannot listen on " + text + ": " + error.code().message());
        }
    }
}

std::vector<std::string> Server::addresses() const
{
    std::vector<std::string> all;
    for (const tcp::acceptor& acceptor : impl_->acceptors) all.push_back(text_of(acceptor.local_endpoint()));
    return all;
}

std::uint16_t Server::port() const { return impl_->acceptors.at(0).local_endpoint().port(); }

asio::awaitable<void> Server::run() { return impl_->run(); }

void Server::stop()
{
    impl_->context.stopping = true;
    impl_->stopped.cancel();
}

std::size_t Server::connections() const noexcept { return impl_->context.sessions.size(); }

std::size_t Server::streams() const noexcept { return impl_->context.streams; }

} // namespace trunkline::http
