// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/pool.hpp>
#include <trunkline/db/task.hpp>
#include <trunkline/db/testing/fake_driver.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <gtest/gtest.h>

namespace trunkline::db::testing {

/// A call that runs beside the test.
struct Running {
    bool ended = false;
    std::exception_ptr failure;
    asio::cancellation_signal stop;
};

/// A pool on a scripted server, and a loop that the test turns by hand. Nothing here waits longer than a bound.
class House {
public:
    House() : House(small()) {}
    explicit House(Options options, std::shared_ptr<FakeServer> script = std::make_shared<FakeServer>())
        : server(std::move(script)), pool_(std::in_place, io.get_executor(), std::move(options), fake_driver(server))
    {
        pool_->set_log([this](std::string_view message) { logged.emplace_back(message); });
    }

    /// No floor, one connection.
    static Options small(std::size_t min_size = 0, std::size_t max_size = 1)
    {
        Options options;
        options.engine = Engine::postgresql;
        options.min_size = min_size;
        options.max_size = max_size;
        return options;
    }

    Pool& pool() { return *pool_; }
    void destroy_pool() { pool_.reset(); }

    /// Starts `work` in a task of that name.
    Running& go(asio::awaitable<void> work, std::string task = "test")
    {
        Running& running = running_.emplace_back();
        auto note = [&running](std::exception_ptr failure) {
            running.ended = true;
            running.failure = failure;
        };
        asio::co_spawn(with_task(io.get_executor(), std::move(task)), std::move(work),
                       asio::bind_cancellation_slot(running.stop.slot(), note));
        return running;
    }

    void cancel(Running& running)
    {
        asio::post(io, [&running] { running.stop.emit(asio::cancellation_type::terminal); });
    }

    /// Turns the loop until `reached()`.
    template <class Reached>
    void until(Reached reached)
    {
        const auto bound = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        io.restart();
        while (!reached())
            if (io.run_one_until(bound) == 0) throw std::runtime_error("what was waited for did not happen");
    }
    /// Lets everything happen that can happen now.
    void settle()
    {
        io.restart();
        io.poll();
    }

    void finish(Running& running)
    {
        until([&] { return running.ended; });
        if (running.failure) std::rethrow_exception(running.failure);
    }

    /// Runs `work` to its end and answers what it returned.
    template <class T>
    T get(asio::awaitable<T> work)
    {
        std::optional<T> value;
        finish(go(keep(std::move(work), value)));
        return std::move(*value);
    }
    void get(asio::awaitable<void> work) { finish(go(std::move(work))); }

    /// The failure of that call, which has to be a Failure.
    template <class Failure>
    Failure failure_of(Running& running)
    {
        try {
            finish(running);
        } catch (const Failure& failure) {
            return failure;
        }
        throw std::runtime_error("it did not fail");
    }
    template <class Failure, class T>
    Failure failure_of(asio::awaitable<T> work)
    {
        return failure_of<Failure>(go(drop(std::move(work))));
    }

    bool idle() { return pool().stats().idle == pool().stats().size; }

    std::list<Running> running_; // outlives what runs
    asio::io_context io;
    std::shared_ptr<FakeServer> server;
    std::vector<std::string> logged;

private:
    template <class T>
    static asio::awaitable<void> keep(asio::awaitable<T> work, std::optional<T>& value)
    {
        value.emplace(co_await std::move(work));
    }
    template <class T>
    static asio::awaitable<void> drop(asio::awaitable<T> work)
    {
        (void)co_await std::move(work);
    }
    static asio::awaitable<void> drop(asio::awaitable<void> work) { return work; }

    std::optional<Pool> pool_;
};

inline asio::awaitable<void> execute(Executor& db, std::string sql)
{
    const unsafe_sql text(std::move(sql));
    co_await db.execute(text);
}

/// Runs `SELECT 7` and keeps its connection until it has had enough.
inline asio::awaitable<void> hog(Pool& pool, bool& holding, bool& enough)
{
    auto connection = co_await pool.acquire();
    co_await execute(connection, "SELECT 7");
    holding = true;
    asio::steady_timer pause(co_await asio::this_coro::executor);
    while (!enough) {
        pause.expires_after(std::chrono::milliseconds(1));
        co_await pause.async_wait(asio::use_awaitable);
    }
}

} // namespace trunkline::db::testing
