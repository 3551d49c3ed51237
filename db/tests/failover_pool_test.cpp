// SPDX-License-Identifier: MIT
#include <support/house.hpp>

namespace trunkline::db {
namespace {

using namespace std::chrono_literals;
using testing::execute;
using testing::FakeServer;
using testing::House;
using testing::Running;

ErrorInfo refused(const char* sqlstate, const char* message)
{
    ErrorInfo info;
    info.sqlstate = sqlstate;
    info.message = message;
    info.outcome = Outcome::rejected;
    return info;
}

const ErrorInfo read_only = refused("25006", "cannot execute INSERT in a read-only transaction");

/// A warm pool whose connections lead to a primary.
class FailoverPool : public ::testing::Test {
protected:
    void SetUp() override
    {
        server->lead_to("db1:5432");
        server->turn("db1:5432", Role::primary);
        house.get(house.pool().start());
        house.until([&] { return house.pool().stats().idle == 3; });
    }
    /// The server that all are connected to follows another one now.
    void fail_over()
    {
        server->turn("db1:5432", Role::standby);
        server->fail("INSERT", read_only);
    }
    void expect_all_stay()
    {
        house.settle();
        EXPECT_EQ(server->count("open 4"), 0u);
        EXPECT_EQ(house.pool().stats().idle, 3u);
    }
    static asio::awaitable<void> write(Executor& db) { return execute(db, "INSERT"); }
    static asio::awaitable<void> write_in_a_reading_transaction(Pool& pool)
    {
        TransactionOptions options;
        options.read_only = true;
        auto transaction = co_await pool.begin(options);
        co_await execute(transaction, "INSERT");
    }

    House house{House::small(3, 5)};
    FakeServer* const server = house.server.get();
};

TEST_F(FailoverPool, the_first_write_that_is_refused_takes_all_connections_of_that_server_with_it)
{
    fail_over();
    EXPECT_EQ(house.failure_of<Error>(write(house.pool())).sqlstate(), "25006");
    server->lead_to("db2:5432");
    house.until([&] { return server->logged("open 6"); });
    for (const char* closed : {"close 1", "close 2", "close 3"}) house.until([&] { return server->logged(closed); });
    EXPECT_EQ(house.pool().stats().broken, 0u);
    EXPECT_EQ(house.pool().stats().retired, 3u);
}

TEST_F(FailoverPool, who_holds_a_connection_meanwhile_keeps_it_and_nobody_gets_it_afterwards)
{
    bool holding = false, enough = false;
    Running& holder = house.go(testing::hog(house.pool(), holding, enough));
    house.until([&] { return holding; });
    fail_over();
    house.failure_of<Error>(write(house.pool()));
    house.until([&] { return house.pool().stats().idle == 3; });
    EXPECT_EQ(house.pool().stats().in_use, 1u);
    enough = true;
    house.finish(holder);
    house.until([&] { return house.pool().stats().size == 3; });
    EXPECT_EQ(house.pool().stats().retired, 3u);
}

TEST_F(FailoverPool, a_write_in_a_transaction_that_its_caller_made_read_only_says_nothing_of_the_server)
{
    server->fail("INSERT", read_only);
    server->turn("db1:5432", Role::unknown); // even if the server does not say what it is
    EXPECT_EQ(house.failure_of<Error>(write_in_a_reading_transaction(house.pool())).sqlstate(), "25006");
    house.until([&] { return house.idle(); });
    expect_all_stay();
}

TEST_F(FailoverPool, nor_does_one_that_a_primary_refuses)
{
    server->fail("INSERT", read_only); // somebody wrote SET TRANSACTION READ ONLY in his own text
    house.failure_of<Error>(write(house.pool()));
    expect_all_stay();
}

TEST_F(FailoverPool, an_end_by_the_server_is_looked_for_in_the_idle_ones_too)
{
    server->fail("SELECT 1", refused("57P01", "terminating connection due to administrator command"));
    server->break_connection(1);
    server->break_connection(2);
    EXPECT_THROW(house.get(house.pool().execute("SELECT 1")), ConnectionLost);
    house.until([&] { return house.pool().stats().idle == 3 && house.pool().stats().size == 3; });
    EXPECT_GE(house.pool().stats().broken, 2u);
    EXPECT_FALSE(server->logged("close 4")) << "the new ones are not of that server's time";
}

TEST_F(FailoverPool, the_pools_own_end_is_no_news_of_a_server)
{
    bool holding = false, enough = false;
    house.go(testing::hog(house.pool(), holding, enough));
    house.until([&] { return holding; });
    server->hold("SELECT 2");
    Running& cut = house.go(execute(house.pool(), "SELECT 2"));
    house.until([&] { return server->held("SELECT 2") == 1; });
    house.get([](Pool& pool) -> asio::awaitable<void> { (void)co_await pool.drain(0ms); }(house.pool()));
    EXPECT_THROW(house.finish(cut), PoolClosed);
    enough = true;
    house.until([&] { return house.pool().stats().size == 0; });
}

/// Who starts a pool with little patience gives up his wait, and nothing else: what opens has a deadline of its own.
TEST(PoolStart, that_gives_up_leaves_nothing_behind_that_is_not_whole)
{
    House house(House::small(3, 5));
    house.server->hold("CONNECT");
    Running& start = house.go(house.pool().start());
    house.until([&] { return house.server->held("CONNECT") == 3; });
    house.cancel(start);
    EXPECT_THROW(house.finish(start), boost::system::system_error);
    EXPECT_EQ(house.pool().stats().opening, 3u);
    house.server->release("CONNECT");
    house.until([&] { return house.pool().stats().idle == 3; });
    EXPECT_EQ(house.get(house.pool().execute("SELECT 1")), 1u);
    EXPECT_EQ(house.server->most_open(), 3u) << "none was opened in the place of another";
    EXPECT_FALSE(house.server->logged("stopped CONNECT"));
    EXPECT_FALSE(house.server->logged("drop 1"));
    EXPECT_EQ(house.pool().stats().last_connect_error, "");
}

} // namespace
} // namespace trunkline::db
