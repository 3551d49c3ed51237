// SPDX-License-Identifier: MIT
#include <support/house.hpp>

namespace trunkline::db {
namespace {

using namespace std::chrono_literals;
using testing::execute;
using testing::House;
using testing::Running;

TEST(Drain, waits_for_what_runs_then_closes_and_refuses_new_work)
{
    House house(House::small(2, 2));
    house.server->hold("SELECT 1");
    Running& running = house.go(execute(house.pool(), "SELECT 1"));
    house.until([&] { return house.server->held("SELECT 1") == 1; });
    std::optional<std::vector<Holder>> cut;
    auto drained = [](Pool& pool, std::optional<std::vector<Holder>>& cut) -> asio::awaitable<void> {
        cut = co_await pool.drain(10s);
    };
    Running& draining = house.go(drained(house.pool(), cut));
    house.settle();
    EXPECT_FALSE(cut);
    house.failure_of<PoolClosed>(house.pool().execute("SELECT 2"));
    house.server->release("SELECT 1");
    house.finish(running);
    house.finish(draining);
    EXPECT_TRUE(cut->empty());
    EXPECT_EQ(house.server->open(), 0u);
    EXPECT_EQ(house.pool().stats().size, 0u);
    house.failure_of<PoolClosed>(house.pool().start());
}

TEST(Drain, stops_what_runs_at_its_deadline_and_says_so)
{
    House house(House::small(0, 3));
    house.server->hold("SELECT 1");
    Running& running = house.go(execute(house.pool(), "SELECT 1"));
    house.until([&] { return house.server->held("SELECT 1") == 1; });
    auto idle_in_hand = house.get(house.pool().acquire());
    auto tx = house.get(house.pool().begin());
    const auto cut = house.get(house.pool().drain(15ms));
    EXPECT_EQ(cut.size(), 3u);
    const auto closed = house.failure_of<PoolClosed>(running);
    EXPECT_EQ(closed.outcome(), Outcome::unknown);
    EXPECT_TRUE(house.server->logged("1: stopped SELECT 1"));
    EXPECT_EQ(house.server->open(), 0u);
    house.failure_of<PoolClosed>(execute(idle_in_hand, "SELECT 2"));
    house.failure_of<PoolClosed>(tx.commit());
}

TEST(Drain, cuts_a_connection_that_is_still_being_opened)
{
    House house;
    house.server->hold("CONNECT");
    Running& waiting = house.go(execute(house.pool(), "SELECT 1"));
    house.until([&] { return house.server->held("CONNECT") == 1; });
    house.get(house.pool().drain(10ms));
    house.failure_of<PoolClosed>(waiting);
    EXPECT_EQ(house.pool().stats().size, 0u);
}

TEST(Pool, may_go_while_leases_live)
{
    House house(House::small(0, 3));
    house.server->hold("SELECT 1");
    Running& running = house.go(execute(house.pool(), "SELECT 1"));
    house.until([&] { return house.server->held("SELECT 1") == 1; });
    auto connection = house.get(house.pool().acquire());
    auto tx = house.get(house.pool().begin());
    Running& waiting = house.go(execute(house.pool(), "SELECT 2"));
    house.settle();
    house.destroy_pool();
    EXPECT_EQ(house.server->open(), 1u) << "only the one that runs";
    house.failure_of<PoolClosed>(running);
    house.failure_of<PoolClosed>(waiting);
    house.failure_of<PoolClosed>(execute(connection, "SELECT 3"));
    house.failure_of<PoolClosed>(execute(tx, "SELECT 3"));
    house.failure_of<PoolClosed>(tx.begin());
    house.settle();
    EXPECT_EQ(house.server->open(), 0u);
}

TEST(Pool, may_go_while_it_opens_closes_and_rolls_back)
{
    House house(House::small(0, 3));
    for (const char* what : {"ROLLBACK", "CLOSE"}) house.server->hold(what);
    (void)house.get(house.pool().begin());
    house.server->lose_at("SELECT 1");
    house.failure_of<ConnectionLost>(house.pool().execute("SELECT 1"));
    house.server->hold("CONNECT");
    Running& waiting = house.go(execute(house.pool(), "SELECT 2"));
    house.until([&] {
        return house.server->held("CONNECT") == 1 && house.server->held("ROLLBACK") == 1 &&
               house.server->held("CLOSE") == 1;
    });
    house.destroy_pool();
    house.failure_of<PoolClosed>(waiting);
    house.settle();
    EXPECT_EQ(house.server->open(), 0u);
}

TEST(Pool, and_its_loop_may_go_with_everything_under_way)
{
    House house(House::small(0, 3));
    house.server->hold("SELECT 1");
    house.server->hold("CONNECT");
    house.go(execute(house.pool(), "SELECT 1"));
    house.go(execute(house.pool(), "SELECT 2"));
    house.until([&] { return house.server->held("CONNECT") == 2; });
    house.server->release("CONNECT");
    house.until([&] { return house.server->held("SELECT 1") == 1; });
    house.destroy_pool();
    // Nothing runs any more: the loop destroys what is left, and the sanitizers look on.
}

} // namespace
} // namespace trunkline::db
