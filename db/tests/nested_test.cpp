// SPDX-License-Identifier: MIT
// Promise 9: a task that keeps a connection is given no second one.
#include <support/house.hpp>

namespace trunkline::db {
namespace {

using namespace std::chrono_literals;
using testing::execute;
using testing::House;

asio::awaitable<void> ask_while_keeping(Pool& pool, std::string how)
{
    auto connection = co_await pool.acquire();
    if (how == "acquire") auto second = co_await pool.acquire();
    if (how == "begin") auto second = co_await pool.begin();
    if (how == "helper") co_await execute(pool, "SELECT 2");
}

asio::awaitable<void> ask_within_transaction(Pool& pool)
{
    auto transaction = co_await pool.begin();
    co_await execute(pool, "SELECT 2");
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(Nested, a_second_connection_is_refused_with_both_places_however_many_are_free)
{
    House house(House::small(0, 10));
    for (const char* how : {"acquire", "begin", "helper"}) {
        const auto refusal = house.failure_of<UsageError>(ask_while_keeping(house.pool(), how));
        const std::string message = refusal.what();
        EXPECT_TRUE(has(message, "nested_test.cpp:14")) << message;
        EXPECT_TRUE(has(message, how == std::string("acquire") ? "nested_test.cpp:15"
                                 : how == std::string("begin") ? "nested_test.cpp:16"
                                                               : "house.hpp:"))
            << message;
    }
    EXPECT_FALSE(house.server->logged("1: SELECT 2"));
    EXPECT_EQ(house.pool().stats().in_use, 0u);
}

TEST(Nested, a_transaction_is_kept_too)
{
    House house(House::small(0, 10));
    EXPECT_TRUE(has(house.failure_of<UsageError>(ask_within_transaction(house.pool())).what(), "nested_test.cpp:22"));
}

TEST(Nested, may_be_allowed)
{
    Options options = House::small(0, 2);
    options.nested = Options::Nested::allow;
    House house(options);
    house.get(ask_while_keeping(house.pool(), "helper"));
    EXPECT_TRUE(house.server->logged("2: SELECT 2"));
}

asio::awaitable<void> one_after_the_other(Pool& pool)
{
    {
        auto connection = co_await pool.acquire();
    }
    auto transaction = co_await pool.begin();
    co_await transaction.commit();
    co_await execute(pool, "SELECT 2");
}

TEST(Nested, what_was_given_back_is_not_kept)
{
    House house;
    house.get(one_after_the_other(house.pool()));
    EXPECT_TRUE(house.server->logged("1: SELECT 2"));
}

TEST(Nested, statements_of_one_task_may_run_side_by_side)
{
    House house(House::small(0, 2));
    house.server->hold("SELECT 1");
    const auto task = with_task(house.io.get_executor(), "two at once");
    int ended = 0;
    for (const char* sql : {"SELECT 1", "SELECT 2"})
        asio::co_spawn(task, execute(house.pool(), sql), [&](std::exception_ptr failure) {
            EXPECT_FALSE(failure);
            ++ended;
        });
    house.until([&] { return ended == 1; });
    house.server->release("SELECT 1");
    house.until([&] { return ended == 2; });
}

} // namespace
} // namespace trunkline::db
