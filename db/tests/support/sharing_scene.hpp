// SPDX-License-Identifier: MIT
#pragma once

#include <support/postgres_server.hpp>
#include <support/run.hpp>

#include <trunkline/db/pool.hpp>
#include <trunkline/db/task.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>

#include <gtest/gtest.h>

#include <algorithm>

namespace trunkline::db::testing {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

/// A text whose length of time is its argument's to say: it is learned as short, and then is not.
inline constexpr auto work = "SELECT work($1, $2)";

/// Many callers of one pool on a real PostgreSQL, and what becomes of each.
class SharingScene : public ::testing::Test {
protected:
    SharingScene()
    {
        server.sql("CREATE OR REPLACE FUNCTION work(seconds float8, answer bigint) RETURNS bigint LANGUAGE plpgsql AS"
                   " 'BEGIN PERFORM pg_sleep(seconds); RETURN answer; END'");
        server.sql("CREATE TABLE IF NOT EXISTS shared_log (id bigint PRIMARY KEY)");
        server.sql("TRUNCATE shared_log");
    }

    Options options_for(std::string url, std::size_t max_size)
    {
        Options options = Options::parse(url);
        options.min_size = 1;
        options.max_size = max_size;
        options.application_name = "sharing";
        return options;
    }
    void use(std::size_t max_size) { use(options_for(server.url(), max_size)); }
    void use(const Options& options) { pool.emplace(io.get_executor(), options); }

    template <class T>
    T get(asio::awaitable<T> awaited)
    {
        std::optional<T> value;
        run(io, keep(std::move(awaited), value));
        return std::move(*value);
    }
    template <class T>
    static asio::awaitable<void> keep(asio::awaitable<T> awaited, std::optional<T>& value)
    {
        value.emplace(co_await std::move(awaited));
    }

    /// What the callers call, and the numbers of where that goes.
    virtual Executor& db() { return *pool; }
    virtual PoolStats stats() const { return pool->stats(); }

    asio::awaitable<std::int64_t> worked(double seconds, std::int64_t answer)
    {
        return db().fetch_value<std::int64_t>(work, seconds, answer);
    }
    void run_some()
    {
        for (int i = 0; i < 10; ++i) ASSERT_EQ(get(worked(0, i)), i);
    }
    /// Runs `work` until it is known as short, which takes longer on a machine that is busy with other things.
    void learn()
    {
        const auto limit = steady_clock::now() + 120s;
        for (bool shared = false; !shared;) {
            run_some();
            for (int i = 0; i < 2; ++i) go(expect_answer(0, i));
            until([&] { return pool->holders().size() + stats().waiting == 2; });
            shared = stats().in_use == 1 && stats().waiting == 0;
            finish_all();
            ASSERT_LT(steady_clock::now(), limit) << "nothing is ever shared";
        }
    }

    /// Starts `awaited` beside the test.
    struct Running {
        bool ended = false;
        std::exception_ptr failure;
        steady_clock::duration took{};
        asio::cancellation_signal stop;
    };
    Running& go(asio::awaitable<void> awaited)
    {
        Running& running = *running_.emplace_back(std::make_unique<Running>());
        const auto began = steady_clock::now();
        auto note = [&running, began](std::exception_ptr failure) {
            running.ended = true;
            running.failure = failure;
            running.took = steady_clock::now() - began;
        };
        asio::co_spawn(with_task(io.get_executor(), "caller"), std::move(awaited),
                       asio::bind_cancellation_slot(running.stop.slot(), std::move(note)));
        return running;
    }
    void until(std::function<bool()> reached, std::chrono::milliseconds limit_after = 120s)
    {
        const auto limit = steady_clock::now() + limit_after;
        io.restart();
        while (!reached())
            if (io.run_one_until(limit) == 0) throw std::runtime_error("what was waited for did not happen");
    }
    void finish_all(std::chrono::milliseconds limit_after = 120s)
    {
        until([&] { return std::ranges::all_of(running_, [](const auto& one) { return one->ended; }); }, limit_after);
    }
    asio::awaitable<void> expect_answer(double seconds, std::int64_t answer)
    {
        EXPECT_EQ(co_await worked(seconds, answer), answer);
    }
    asio::awaitable<void> within(std::chrono::milliseconds limit, double seconds, std::int64_t answer)
    {
        auto limited = pool->within(limit);
        EXPECT_EQ(co_await limited.fetch_value<std::int64_t>(work, seconds, answer), answer);
    }
    template <class Failure>
    static Failure failure_of(const Running& running)
    {
        try {
            if (running.failure) std::rethrow_exception(running.failure);
        } catch (const Failure& failure) {
            return failure;
        }
        throw std::runtime_error("it did not fail");
    }
    /// How many have failed.
    std::size_t failures() const
    {
        return static_cast<std::size_t>(
            std::ranges::count_if(running_, [](const auto& one) { return !!one->failure; }));
    }
    template <class Look>
    void for_each(Look look) const
    {
        for (const auto& one : running_) look(*one);
    }
    std::int64_t sessions() const
    {
        return std::stoll(server.sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'sharing'"));
    }

    PostgresServer& server = PostgresServer::shared();
    asio::io_context io{1};
    std::optional<Pool> pool;

private:
    std::vector<std::unique_ptr<Running>> running_;
};

} // namespace trunkline::db::testing
