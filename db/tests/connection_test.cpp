// SPDX-License-Identifier: MIT
#include <support/house.hpp>

namespace trunkline::db {
namespace {

using namespace std::chrono_literals;
using testing::execute;
using testing::hog;
using testing::House;
using testing::Running;

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(Connection, gives_itself_back_to_be_reset)
{
    House house;
    {
        auto connection = house.get(house.pool().acquire());
        house.get(execute(connection, "SET x = 1"));
        EXPECT_EQ(house.pool().stats().in_use, 1u);
        EXPECT_FALSE(house.server->logged("1: reset"));
    }
    EXPECT_TRUE(house.server->logged("1: reset"));
    EXPECT_TRUE(house.idle());
}

TEST(Connection, left_in_a_transaction_is_rolled_back_before_it_serves_anybody)
{
    House house;
    Running* next = nullptr;
    {
        auto connection = house.get(house.pool().acquire());
        house.get(execute(connection, "BEGIN"));
        next = &house.go(execute(house.pool(), "SELECT 2"));
        house.settle();
    }
    house.finish(*next);
    EXPECT_EQ(house.server->log(),
              (std::vector<std::string>{"open 1", "1: BEGIN", "1: reset", "1: ROLLBACK", "1: SELECT 2"}));
}

TEST(Connection, is_dropped_when_it_cannot_be_rolled_back)
{
    House house;
    house.server->lose_at("ROLLBACK");
    {
        auto connection = house.get(house.pool().acquire());
        house.get(execute(connection, "BEGIN"));
    }
    house.get(house.pool().execute("SELECT 2"));
    EXPECT_TRUE(house.server->logged("2: SELECT 2"));
}

TEST(Connection, after_a_loss_every_call_fails_and_none_is_sent)
{
    House house;
    auto connection = house.get(house.pool().acquire());
    house.server->lose_at("SELECT 1");
    house.failure_of<ConnectionLost>(execute(connection, "SELECT 1"));
    const auto again = house.failure_of<ConnectionLost>(execute(connection, "SELECT 2"));
    EXPECT_EQ(again.outcome(), Outcome::not_sent);
    house.failure_of<ConnectionLost>(connection.begin());
    EXPECT_FALSE(house.server->logged("1: SELECT 2"));
}

TEST(Connection, refuses_statements_while_its_transaction_is_open)
{
    House house;
    auto connection = house.get(house.pool().acquire());
    {
        auto tx = house.get(connection.begin());
        house.failure_of<UsageError>(execute(connection, "SELECT 1"));
        house.get(execute(tx, "SELECT 2"));
        house.get(tx.commit());
    }
    house.get(execute(connection, "SELECT 3"));
    EXPECT_EQ(house.pool().stats().in_use, 1u);
}

TEST(Connection, a_transaction_of_it_that_was_destroyed_is_rolled_back_in_front_of_the_next_statement)
{
    House house;
    auto connection = house.get(house.pool().acquire());
    (void)house.get(connection.begin());
    EXPECT_FALSE(house.server->logged("1: ROLLBACK"));
    house.get(execute(connection, "SELECT 3"));
    EXPECT_EQ(house.server->log(), (std::vector<std::string>{"open 1", "1: BEGIN", "1: ROLLBACK", "1: SELECT 3"}));
}

TEST(Connection, is_noted_in_the_task_that_holds_it)
{
    House house;
    bool holding = false;
    bool enough = false;
    Running& hogging = house.go(hog(house.pool(), holding, enough), "the hog");
    house.until([&] { return holding; });
    ASSERT_EQ(house.pool().holders().size(), 1u);
    const Holder holder = house.pool().holders().front();
    EXPECT_EQ(holder.task, "the hog");
    EXPECT_EQ(holder.statement, "SELECT 7");
    EXPECT_TRUE(has(holder.place.file_name(), "house.hpp"));
    enough = true;
    house.finish(hogging);
}

asio::awaitable<void> count_held(Pool& pool, std::vector<std::size_t>& held)
{
    const TaskPtr task = task_of(co_await asio::this_coro::executor);
    {
        auto connection = co_await pool.acquire();
        held.push_back(task->held());
        auto tx = co_await connection.begin();
        held.push_back(task->held());
        co_await tx.commit();
    }
    held.push_back(task->held());
    auto tx = co_await pool.begin();
    held.push_back(task->held());
    co_await tx.commit();
    held.push_back(task->held());
}

TEST(Connection, is_held_by_its_task_until_it_is_given_back)
{
    House house;
    std::vector<std::size_t> held;
    house.get(count_held(house.pool(), held));
    EXPECT_EQ(held, (std::vector<std::size_t>{1, 1, 0, 1, 0}));
}

TEST(Connection, held_for_too_long_is_reported_once)
{
    Options options = House::small();
    options.leak_warning = 10ms;
    House house(options);
    auto connection = house.get(house.pool().acquire());
    house.until([&] { return !house.logged.empty(); });
    EXPECT_TRUE(has(house.logged.front(), "connection_test.cpp:")) << house.logged.front();
    house.failure_of<AcquireTimeout>(house.pool().within(30ms).execute("SELECT 1"));
    EXPECT_EQ(house.logged.size(), 1u);
}

TEST(Connection, a_call_beside_another_is_refused)
{
    House house;
    auto connection = house.get(house.pool().acquire());
    house.server->hold("SELECT 1");
    Running& first = house.go(execute(connection, "SELECT 1"));
    house.until([&] { return house.server->held("SELECT 1") == 1; });
    house.failure_of<UsageError>(execute(connection, "SELECT 2"));
    house.server->release("SELECT 1");
    house.finish(first);
}

} // namespace
} // namespace trunkline::db
