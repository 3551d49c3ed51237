// SPDX-License-Identifier: MIT
#include <support/postgres_server.hpp>
#include <support/run.hpp>

#include <trunkline/db/pool.hpp>
#include <trunkline/db/task.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

namespace trunkline::db::testing {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr std::size_t writers = 12;
constexpr std::size_t connections_max = 8;

asio::awaitable<void> rest(std::chrono::milliseconds time)
{
    asio::steady_timer pause(co_await asio::this_coro::executor, time);
    co_await pause.async_wait(asio::use_awaitable);
}

/// A primary, a standby that follows it, and a pool that is told of both and writes. Whoever is promoted, it finds.
class FailoverTest : public ::testing::Test {
protected:
    void SetUp() override
    {
        primary.sql("CREATE TABLE notes (id int PRIMARY KEY)");
        standby = PostgresServer::standby_of(primary);
        const auto at = [](const PostgresServer& server) { return "127.0.0.1:" + std::to_string(server.port()); };
        Options options = Options::parse("postgresql://postgres@" + at(primary) + "," + at(*standby) +
                                         "/postgres?target_session_attrs=read-write&gssencmode=disable");
        options.application_name = "writers";
        options.min_size = 5;
        options.max_size = connections_max;
        options.sharing = false; // so that a connection has one statement under way
        pool.emplace(io.get_executor(), options);
    }

    template <class Reached>
    asio::awaitable<void> until(Reached reached)
    {
        for (const auto end = steady_clock::now() + 20s; !reached() && steady_clock::now() < end;) co_await rest(2ms);
        EXPECT_TRUE(reached()) << "what was waited for did not happen";
    }

    asio::awaitable<void> writer()
    {
        while (!enough) {
            const int id = ++last_id;
            try {
                co_await pool->execute("INSERT INTO notes VALUES ($1)", id);
                ++written;
            } catch (const Error& error) {
                note(error);
            }
            co_await rest(1ms);
        }
        ++ended;
    }
    void note(const Error& error)
    {
        if (error.sqlstate() == "25006") ++refused;
        else if (error.outcome() == Outcome::not_sent) ++not_sent;
        else if (dynamic_cast<const ConnectionLost*>(&error)) ++lost;
        else ++strange;
    }
    asio::awaitable<void> begin_writing()
    {
        co_await pool->start();
        for (std::size_t i = 0; i < writers; ++i)
            asio::co_spawn(with_task(io.get_executor(), "writer"), writer(), [](std::exception_ptr failure) {
                if (failure) std::rethrow_exception(failure);
            });
        co_await until([&] { return written > 200 && pool->stats().in_use == connections_max; });
    }
    asio::awaitable<void> end_writing()
    {
        const std::size_t before = written;
        co_await until([&] { return written > before + 200; });
        enough = true;
        co_await until([&] { return ended == writers; });
        co_await until([&] { return pool->stats().idle >= 5; });
    }
    /// Every connection has a statement under way, which the primary will not answer. The standby would.
    asio::awaitable<void> stall_writing()
    {
        primary.sql("CREATE FUNCTION stall() RETURNS trigger LANGUAGE plpgsql AS"
                    " 'BEGIN PERFORM pg_sleep(3600); RETURN NEW; END';"
                    "CREATE TRIGGER stall BEFORE INSERT ON notes FOR EACH ROW"
                    " WHEN (inet_server_port() = " +
                    std::to_string(primary.port()) + ") EXECUTE FUNCTION stall()");
        co_await until([&] {
            return primary.sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'") ==
                   std::to_string(connections_max);
        });
    }
    asio::awaitable<void> drain()
    {
        const auto cut = co_await pool->drain(5s);
        EXPECT_TRUE(cut.empty());
    }

    PostgresServer primary;
    std::unique_ptr<PostgresServer> standby;
    asio::io_context io;
    std::optional<Pool> pool;
    bool enough = false;
    int last_id = 0;
    std::size_t written = 0, refused = 0, not_sent = 0, lost = 0, strange = 0, ended = 0;
};

/// The old primary lives on and takes no writes: what other pools keep for half an hour.
TEST_F(FailoverTest, a_primary_that_takes_no_writes_any_more_costs_each_connection_one_statement_at_most)
{
    const auto go_through_it = [&]() -> asio::awaitable<void> {
        co_await begin_writing();
        standby->promote();
        primary.set_read_only(true);
        co_await until([&] { return primary.sessions_of("writers") == 0; });
        co_await end_writing();
        EXPECT_GE(standby->sessions_of("writers"), 5u) << "the floor is there";
        EXPECT_EQ(primary.sessions_of("writers"), 0u);
        co_await drain();
    };
    testing::run(io, go_through_it());
    EXPECT_GE(refused, 1u);
    EXPECT_LE(refused, connections_max);
    EXPECT_EQ(not_sent, 0u) << "there was somebody to connect to all the time";
    EXPECT_EQ(lost, 0u);
    EXPECT_EQ(strange, 0u);
}

TEST_F(FailoverTest, a_primary_that_shuts_down_costs_each_connection_one_statement_and_the_standby_takes_over)
{
    const auto go_through_it = [&]() -> asio::awaitable<void> {
        co_await begin_writing();
        co_await stall_writing();
        primary.shut_down();
        co_await until([&] { return lost > 0; });
        standby->promote();
        co_await end_writing();
        EXPECT_GE(standby->sessions_of("writers"), 5u) << "the floor is there";
        co_await drain();
    };
    testing::run(io, go_through_it());
    EXPECT_EQ(lost, connections_max);
    EXPECT_EQ(refused, 0u) << "nobody was connected to one that takes no writes";
    EXPECT_EQ(strange, 0u);
}

} // namespace
} // namespace trunkline::db::testing
