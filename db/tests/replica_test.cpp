// SPDX-License-Identifier: MIT
#include <support/postgres_server.hpp>
#include <support/run.hpp>

#include <trunkline/db/pool.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

namespace trunkline::db::testing {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

asio::awaitable<void> rest(std::chrono::milliseconds time)
{
    asio::steady_timer pause(co_await asio::this_coro::executor, time);
    co_await pause.async_wait(asio::use_awaitable);
}

/// A primary, a standby that follows it, and a pool that knows where the standby is.
class Replica : public ::testing::Test {
protected:
    void SetUp() override
    {
        primary.sql("CREATE TABLE notes (id int PRIMARY KEY); INSERT INTO notes VALUES (1)");
        standby = PostgresServer::standby_of(primary);
        make_pool("&max_replica_lag=0");
    }
    void make_pool(const std::string& more)
    {
        Options options =
            Options::parse(primary.url() + "?gssencmode=disable&application_name=readers&replicas=127.0.0.1:" +
                           std::to_string(standby->port()) + more);
        options.min_size = 1;
        options.max_size = 4;
        pool.emplace(io.get_executor(), options);
    }
    asio::awaitable<bool> asks_a_standby()
    {
        co_return co_await pool->read().fetch_value<bool>("SELECT pg_is_in_recovery()");
    }
    asio::awaitable<std::string> refusal_of_a_write()
    {
        std::string state;
        try {
            co_await pool->read().execute("INSERT INTO notes VALUES (99)");
        } catch (const Error& error) {
            state = error.sqlstate();
        }
        co_return state;
    }

    PostgresServer primary;
    std::unique_ptr<PostgresServer> standby;
    asio::io_context io;
    std::optional<Pool> pool;
};

TEST_F(Replica, reads_go_to_the_standby_and_all_else_to_the_primary)
{
    const auto look = [&]() -> asio::awaitable<void> {
        co_await pool->execute("INSERT INTO notes VALUES (2)");
        standby->catch_up_with(primary);
        const bool there = co_await asks_a_standby();
        EXPECT_TRUE(there);
        const auto count = co_await pool->read().fetch_value<std::int64_t>("SELECT count(*) FROM notes");
        EXPECT_EQ(count, 2);
        const bool here = co_await pool->fetch_value<bool>("SELECT pg_is_in_recovery()");
        EXPECT_FALSE(here);
        auto transaction = co_await pool->read().begin();
        const bool still_there = co_await transaction.fetch_value<bool>("SELECT pg_is_in_recovery()");
        EXPECT_TRUE(still_there);
        co_await transaction.commit();
        const ReadStats stats = pool->read_stats();
        EXPECT_EQ(stats.on_replica, 3u);
        EXPECT_EQ(stats.on_primary, 0u);
        EXPECT_EQ(stats.replicas.size, 1u);
        EXPECT_EQ(stats.replicas.max_size, 10u);
        EXPECT_NE(pool->describe().find("reads over up to 10 connections to standbys, 1 now"), std::string::npos);
    };
    testing::run(io, look());
}

TEST_F(Replica, a_write_is_refused_by_the_server_wherever_it_goes)
{
    const auto write = [&]() -> asio::awaitable<void> {
        const std::string by_the_standby = co_await refusal_of_a_write();
        EXPECT_EQ(by_the_standby, "25006");
        standby->promote(); // the session is still there, and the server would take writes now
        const std::string by_the_promoted = co_await refusal_of_a_write();
        EXPECT_EQ(by_the_promoted, "25006");
        EXPECT_EQ(pool->read_stats().on_primary, 0u);
        standby->stop();
        const std::string by_the_primary = co_await refusal_of_a_write();
        EXPECT_EQ(by_the_primary, "25006");
        EXPECT_GE(pool->read_stats().on_primary, 1u);
        co_await pool->execute("INSERT INTO notes VALUES (3)"); // the primary's connections are as they were
    };
    testing::run(io, write());
}

TEST_F(Replica, reads_go_on_when_the_standby_dies_and_return_when_it_is_back)
{
    const auto go_through_it = [&]() -> asio::awaitable<void> {
        const bool there = co_await asks_a_standby();
        EXPECT_TRUE(there);
        standby->stop();
        for (int i = 0; i < 20; ++i) {
            const bool still_there = co_await asks_a_standby();
            EXPECT_FALSE(still_there);
        }
        standby->start();
        bool back = false;
        for (const auto end = steady_clock::now() + 40s; !back && steady_clock::now() < end;) {
            co_await rest(20ms);
            back = co_await asks_a_standby();
        }
        EXPECT_TRUE(back);
    };
    testing::run(io, go_through_it());
}

TEST_F(Replica, a_standby_that_is_further_behind_than_it_may_be_is_passed_over_until_it_has_caught_up)
{
    make_pool("&max_replica_lag=300ms");
    const auto go_through_it = [&]() -> asio::awaitable<void> {
        const bool there = co_await asks_a_standby();
        EXPECT_TRUE(there);
        standby->sql("SELECT pg_wal_replay_pause()");
        co_await pool->execute("INSERT INTO notes VALUES (4)");
        bool passed_over = false;
        for (const auto end = steady_clock::now() + 20s; !passed_over && steady_clock::now() < end;) {
            co_await rest(20ms);
            passed_over = !co_await asks_a_standby();
        }
        EXPECT_TRUE(passed_over);
        const auto count = co_await pool->read().fetch_value<std::int64_t>("SELECT count(*) FROM notes WHERE id = 4");
        EXPECT_EQ(count, 1) << "the primary has it";
        EXPECT_GT(pool->read_stats().lag.value(), 300ms);
        standby->sql("SELECT pg_wal_replay_resume()");
        bool back = false;
        for (const auto end = steady_clock::now() + 20s; !back && steady_clock::now() < end;) {
            co_await rest(20ms);
            back = co_await asks_a_standby();
        }
        EXPECT_TRUE(back);
    };
    testing::run(io, go_through_it());
}

TEST_F(Replica, a_pool_that_knows_of_no_standby_reads_from_its_only_server_and_is_refused_writes_there)
{
    pool.emplace(io.get_executor(), Options::parse(primary.url()));
    const auto look = [&]() -> asio::awaitable<void> {
        const auto count = co_await pool->read().fetch_value<std::int64_t>("SELECT count(*) FROM notes");
        EXPECT_EQ(count, 1);
        const std::string refusal = co_await refusal_of_a_write();
        EXPECT_EQ(refusal, "25006");
        EXPECT_EQ(pool->read_stats().on_primary, 2u);
        EXPECT_EQ(pool->read_stats().replicas.max_size, 0u);
        auto transaction = co_await pool->read().begin();
        bool refused = false;
        try {
            co_await transaction.execute("INSERT INTO notes VALUES (5)");
        } catch (const Error& error) {
            refused = error.sqlstate() == "25006";
        }
        EXPECT_TRUE(refused);
    };
    testing::run(io, look());
}

} // namespace
} // namespace trunkline::db::testing
