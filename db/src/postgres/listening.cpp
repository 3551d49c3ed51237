// SPDX-License-Identifier: MIT
#include "postgres/listening.hpp"

#include "postgres/hosts.hpp"
#include "postgres/name_lookup.hpp"
#include "postgres/refusal.hpp"

#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>

namespace trunkline::db::postgres {

namespace {

struct FreeNotification {
    void operator()(PGnotify* notification) const noexcept { PQfreemem(notification); }
};
using NotificationPtr = std::unique_ptr<PGnotify, FreeNotification>;

[[noreturn]] void throw_silent()
{
    ErrorInfo info;
    info.message = "the database gave no sign of life";
    info.sqlstate = "08006";
    throw ConnectionLost(std::move(info));
}

} // namespace

/// Nothing is ever asked to stop on this wire, so it needs no lane.
Listening::Listening(const asio::any_io_executor& executor, Hear hear)
    : hear_(std::move(hear)), wire_(executor, nullptr), timer_(executor)
{}

asio::awaitable<void> Listening::connect(const Options& options, Deadline deadline)
{
    Target target = target_of(options.target);
    const std::string wanted = target.wanted;
    std::vector<Host> hosts = co_await look_up(std::move(target), deadline);
    Search search{std::move(hosts), wanted, log_in_keywords(options), nullptr};
    co_await connect_to_one(wire_, search, deadline);
    if (PQexitPipelineMode(wire_.native()) != 1) throw_lost();
}

asio::awaitable<bool> Listening::behind_a_pooler(Deadline deadline)
{
    const ResultPtr answer = co_await ask("SELECT pg_backend_pid()", deadline);
    if (failed(answer.get())) throw_lost(answer.get());
    co_return PQgetvalue(answer.get(), 0, 0) != std::to_string(process_id());
}

asio::awaitable<ResultPtr> Listening::ask(std::string text, Deadline deadline)
{
    PGconn* const connection = wire_.native();
    if (PQsendQuery(connection, text.c_str()) != 1) throw_lost();
    ResultPtr last;
    for (;;) {
        const int unsent = PQflush(connection);
        const bool readable = co_await wait(unsent > 0, deadline);
        if (std::chrono::steady_clock::now() >= deadline) throw_silent();
        if (readable) read();
        while (PQisBusy(connection) == 0) {
            ResultPtr reply(PQgetResult(connection));
            hand_on(); // what stood in front of it
            if (!reply) co_return last;
            if (!last || !failed(last.get())) last = std::move(reply);
        }
    }
}

asio::awaitable<bool> Listening::hear_until(Deadline deadline)
{
    const bool readable = co_await wait(false, deadline);
    if (readable) read();
    co_return readable;
}

void Listening::disturb() noexcept
{
    try {
        timer_.cancel();
    } catch (...) {}
}

/// Whom nobody has let in yet takes no leave.
asio::awaitable<void> Listening::close()
{
    if (PQstatus(wire_.native()) == CONNECTION_OK) co_await wire_.close();
}

/// False at the deadline, or when it was disturbed.
asio::awaitable<bool> Listening::wait(bool writing, Deadline deadline)
{
    namespace group = asio::experimental;
    const bool before = co_await was_cancelled();
    if (before) throw_cancelled();
    timer_.expires_at(deadline);
    auto& socket = wire_.socket();
    bool timer_first = false;
    if (writing) {
        auto first = group::make_parallel_group(timer_.async_wait(asio::deferred),
                                                socket.async_wait(socket.wait_read, asio::deferred),
                                                socket.async_wait(socket.wait_write, asio::deferred));
        auto ended = co_await first.async_wait(group::wait_for_one(), asio::use_awaitable);
        timer_first = std::get<0>(ended)[0] == 0;
    } else {
        auto first = group::make_parallel_group(timer_.async_wait(asio::deferred),
                                                socket.async_wait(socket.wait_read, asio::deferred));
        auto ended = co_await first.async_wait(group::wait_for_one(), asio::use_awaitable);
        timer_first = std::get<0>(ended)[0] == 0;
    }
    const bool after = co_await was_cancelled();
    if (after) throw_cancelled();
    co_return !timer_first;
}

void Listening::read()
{
    const bool there = PQconsumeInput(wire_.native()) == 1;
    hand_on();
    if (!there) throw_lost();
}

void Listening::hand_on()
{
    while (const NotificationPtr heard{PQnotifies(wire_.native())})
        hear_(Event::notification(heard->relname, heard->extra, heard->be_pid));
}

/// What the server said last counts for more than what libpq made of its hanging up.
void Listening::throw_lost(const PGresult* said) const
{
    ErrorInfo info;
    if (said) info = describe_refusal(said);
    if (info.message.empty()) info.message = read_login_refusal(PQerrorMessage(wire_.native())).message;
    if (info.message.empty()) info.message = "the connection to the database was closed";
    if (info.sqlstate.empty()) info.sqlstate = wire_.farewell().empty() ? "08006" : wire_.farewell();
    info.outcome = Outcome::unknown;
    throw ConnectionLost(std::move(info));
}

} // namespace trunkline::db::postgres
