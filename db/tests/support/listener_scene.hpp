// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/listener.hpp>
#include <trunkline/db/testing/fault_proxy.hpp>

#include <support/postgres_driver_fixture.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <list>

namespace trunkline::db::testing {

/// A call that runs beside the test.
struct ListenerCall {
    bool ended = false;
    std::exception_ptr failure;
    Event event;
    asio::cancellation_signal stop;
};

/// A listener and its loop, which the test turns by hand. Nothing here waits longer than a bound.
class ListenerScene {
public:
    explicit ListenerScene(const std::string& url, ListenerLimits limits = {})
        : io(std::in_place), listener(std::in_place, io->get_executor(), Options::parse(url), limits)
    {
        listener->set_log([this](std::string_view message) { logged.emplace_back(message); });
    }

    ListenerCall& go(asio::awaitable<void> work)
    {
        ListenerCall& call = calls_.emplace_back();
        auto note = [&call](std::exception_ptr failure) {
            call.ended = true;
            call.failure = failure;
        };
        asio::co_spawn(*io, std::move(work), asio::bind_cancellation_slot(call.stop.slot(), note));
        return call;
    }
    ListenerCall& go_next()
    {
        ListenerCall& call = calls_.emplace_back();
        auto note = [&call](std::exception_ptr failure, Event event) {
            call.ended = true;
            call.failure = failure;
            call.event = std::move(event);
        };
        asio::co_spawn(*io, listener->next(), asio::bind_cancellation_slot(call.stop.slot(), note));
        return call;
    }
    void cancel(ListenerCall& call)
    {
        asio::post(*io, [&call] { call.stop.emit(asio::cancellation_type::terminal); });
    }

    /// Turns the loop until `reached()`.
    template <class Reached>
    void until(Reached reached)
    {
        const auto bound = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        io->restart();
        while (!reached()) {
            if (std::chrono::steady_clock::now() > bound)
                throw std::runtime_error("what was waited for did not happen");
            if (io->run_one_for(std::chrono::milliseconds(10)) == 0) io->restart();
        }
    }
    /// Lets everything happen that can happen now.
    void settle()
    {
        io->restart();
        io->poll();
    }
    void finish(ListenerCall& call)
    {
        until([&] { return call.ended; });
        if (call.failure) std::rethrow_exception(call.failure);
    }
    void get(asio::awaitable<void> work) { finish(go(std::move(work))); }
    /// It fails with an Error of that state.
    void expect_failure(ListenerCall& call, const std::string& sqlstate)
    {
        try {
            finish(call);
            ADD_FAILURE() << "it did not fail";
        } catch (const Error& error) {
            EXPECT_EQ(error.sqlstate(), sqlstate) << error.what();
        }
    }
    Event next()
    {
        ListenerCall& call = go_next();
        finish(call);
        return call.event;
    }
    std::string next_text()
    {
        const Event event = next();
        return event.is_gap() ? "gap" : event.channel + ":" + event.payload;
    }
    void start(const std::vector<std::string>& channels)
    {
        for (const auto& channel : channels) get(listener->listen(channel));
        get(listener->start());
    }
    void lose_session(const PostgresServer& server)
    {
        const auto losses = stats().losses;
        server.sql("SELECT pg_terminate_backend(" + std::to_string(stats().process_id) + ")");
        until([&] { return stats().losses == losses + 1; });
    }

    ListenerStats stats() const { return listener->stats(); }

    std::list<ListenerCall> calls_; // outlives what runs
    std::vector<std::string> logged;
    std::optional<asio::io_context> io;
    std::optional<Listener> listener;
};

class ListenerTest : public ::testing::Test {
protected:
    std::string url(const std::string& parameters = {}) const
    {
        return server.url() + "?application_name=" + name + parameters;
    }
    std::string through(const FaultProxy& proxy) const
    {
        std::string found = url();
        const std::string port = std::to_string(server.port());
        return found.replace(found.find(port), port.size(), std::to_string(proxy.port()));
    }
    std::string sessions() const
    {
        return server.sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = '" + name + "'");
    }
    std::string last_statement(int pid) const
    {
        return server.sql("SELECT query FROM pg_stat_activity WHERE pid = " + std::to_string(pid));
    }
    void notify(const std::string& channel, const std::string& payload) const
    {
        server.sql("NOTIFY " + channel + ", '" + payload + "'");
    }

    PostgresServer& server = PostgresServer::shared();
    const std::string name = std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()).substr(0, 63);
};

/// Reconnects quickly, and finds a frozen server within 400 ms.
inline ListenerLimits quick()
{
    ListenerLimits limits;
    limits.quiet_max = std::chrono::milliseconds(200);
    limits.answer_timeout = std::chrono::milliseconds(200);
    limits.backoff_first = std::chrono::milliseconds(5);
    limits.backoff_max = std::chrono::milliseconds(40);
    return limits;
}

} // namespace trunkline::db::testing
