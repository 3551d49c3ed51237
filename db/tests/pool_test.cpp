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

// -- Helpers -------------------------------------------------------------------

TEST(Pool, a_helper_takes_a_connection_for_one_statement_only)
{
    House house;
    EXPECT_EQ(house.get(house.pool().execute("SELECT 1")), 1u);
    const PoolStats stats = house.pool().stats();
    EXPECT_EQ(stats.acquired, 1u);
    EXPECT_EQ(stats.idle, 1u);
    EXPECT_EQ(stats.in_use, 0u);
    EXPECT_TRUE(house.pool().holders().empty());
    EXPECT_EQ(house.server->log(), (std::vector<std::string>{"open 1", "1: SELECT 1"}));
}

TEST(Pool, start_opens_the_floor_and_returns_with_the_first)
{
    House house(House::small(3, 5));
    EXPECT_EQ(house.server->log().size(), 0u);
    house.get(house.pool().start());
    EXPECT_GE(house.pool().stats().size, 1u);
    house.until([&] { return house.pool().stats().idle == 3; });
}

TEST(Pool, start_throws_what_the_first_attempt_throws_and_a_later_call_succeeds)
{
    House house;
    house.server->refuse("no such role");
    const auto failure = house.failure_of<ConnectFailed>(house.pool().start());
    EXPECT_TRUE(has(failure.what(), "no such role"));
    house.server->refuse("");
    EXPECT_EQ(house.get(house.pool().execute("SELECT 1")), 1u);
    EXPECT_EQ(house.pool().stats().last_connect_error, "");
}

TEST(Pool, a_driver_that_makes_sense_of_one_connection_gets_no_second)
{
    auto server = std::make_shared<testing::FakeServer>();
    server->connections_max = 1;
    House house(House::small(5, 20), server);
    server->hold("SELECT 1");
    Running& first = house.go(execute(house.pool(), "SELECT 1"));
    Running& second = house.go(execute(house.pool(), "SELECT 2"));
    house.until([&] { return server->held("SELECT 1") == 1; });
    house.settle();
    EXPECT_EQ(server->most_open(), 1u);
    EXPECT_EQ(house.pool().stats().max_size, 1u);
    EXPECT_EQ(house.pool().stats().min_size, 1u);
    server->release("SELECT 1");
    house.finish(first);
    house.finish(second);
}

TEST(Pool, calls_are_served_in_the_order_they_came)
{
    House house;
    auto held = std::make_optional(house.get(house.pool().acquire()));
    for (int i = 1; i <= 5; ++i) {
        house.go(execute(house.pool(), "SELECT " + std::to_string(i)));
        house.settle();
    }
    EXPECT_EQ(house.pool().stats().waiting, 5u);
    held.reset();
    house.until([&] { return house.server->logged("1: SELECT 5"); });
    EXPECT_EQ(house.server->log(), (std::vector<std::string>{"open 1", "1: reset", "1: SELECT 1", "1: SELECT 2",
                                                             "1: SELECT 3", "1: SELECT 4", "1: SELECT 5"}));
}

// -- Waiting -------------------------------------------------------------------

TEST(Pool, acquire_timeout_says_who_holds_the_connections)
{
    Options options = House::small();
    options.acquire_timeout = 20ms;
    House house(options);
    bool holding = false;
    bool enough = false;
    Running& hogging = house.go(hog(house.pool(), holding, enough), "the hog");
    house.until([&] { return holding; });
    const auto timeout = house.failure_of<AcquireTimeout>(house.pool().execute("SELECT 1"));
    const std::string message = timeout.what();
    EXPECT_TRUE(has(message, "1 of 1 in use")) << message;
    EXPECT_TRUE(has(message, "house.hpp:")) << message;
    EXPECT_TRUE(has(message, "task 'the hog'")) << message;
    EXPECT_TRUE(has(message, "SELECT 7")) << message;
    EXPECT_EQ(timeout.outcome(), Outcome::not_sent);
    EXPECT_EQ(timeout.statement(), "SELECT 1");
    EXPECT_EQ(house.pool().stats().acquire_timeouts, 1u);
    enough = true;
    house.finish(hogging);
}

TEST(Pool, acquire_timeout_names_the_last_failure_to_connect)
{
    Options options = House::small();
    options.acquire_timeout = 30ms;
    House house(options);
    house.server->refuse("connection refused");
    const auto timeout = house.failure_of<AcquireTimeout>(house.pool().acquire());
    EXPECT_TRUE(has(timeout.what(), "connection refused")) << timeout.what();
}

TEST(Pool, within_includes_the_wait_for_a_connection)
{
    House house;
    const auto held = house.get(house.pool().acquire());
    const auto started = std::chrono::steady_clock::now();
    house.failure_of<AcquireTimeout>(house.pool().within(15ms).execute("SELECT 1"));
    house.failure_of<AcquireTimeout>(house.pool().within(15ms).begin());
    EXPECT_LT(std::chrono::steady_clock::now() - started, 5s);
}

TEST(Pool, within_bounds_the_statement_which_is_stopped_on_the_server)
{
    House house;
    house.server->hold("SELECT 1");
    house.failure_of<CommandTimeout>(house.pool().within(15ms).execute("SELECT 1"));
    EXPECT_TRUE(house.server->logged("1: stopped SELECT 1"));
    EXPECT_EQ(house.pool().stats().cancelled, 1u);
    EXPECT_TRUE(house.idle());
}

TEST(Pool, within_bounds_begin)
{
    House house;
    house.server->hold("BEGIN");
    house.failure_of<CommandTimeout>(house.pool().within(15ms).begin());
    house.until([&] { return house.idle(); });
}

TEST(Pool, command_timeout_holds_without_within)
{
    Options options = House::small();
    options.command_timeout = 15ms;
    House house(options);
    house.server->hold("SELECT 1");
    house.failure_of<CommandTimeout>(house.pool().execute("SELECT 1"));
}

TEST(Pool, the_wider_of_two_limits_changes_nothing)
{
    House house;
    house.server->hold("SELECT 1");
    auto narrow = house.pool().within(15ms);
    house.failure_of<CommandTimeout>(narrow.within(1h).execute("SELECT 1"));
}

TEST(Pool, a_cancelled_waiter_leaves_the_line_and_leaks_nothing)
{
    House house;
    auto held = std::make_optional(house.get(house.pool().acquire()));
    Running& first = house.go(execute(house.pool(), "SELECT 1"));
    Running& second = house.go(execute(house.pool(), "SELECT 2"));
    house.settle();
    house.cancel(first);
    house.failure_of<boost::system::system_error>(first);
    EXPECT_EQ(house.pool().stats().waiting, 1u);
    held.reset();
    house.finish(second);
    EXPECT_FALSE(house.server->logged("1: SELECT 1"));
    EXPECT_TRUE(house.idle());
}

TEST(Pool, a_waiter_that_is_cancelled_just_as_it_is_served_passes_its_connection_on)
{
    House house;
    auto held = std::make_optional(house.get(house.pool().acquire()));
    Running& first = house.go(execute(house.pool(), "SELECT 1"));
    Running& second = house.go(execute(house.pool(), "SELECT 2"));
    house.settle();
    first.stop.emit(asio::cancellation_type::terminal);
    held.reset(); // lent to the first, which has not run since
    house.failure_of<boost::system::system_error>(first);
    house.finish(second);
    EXPECT_TRUE(house.idle());
}

TEST(Pool, a_waiter_that_gives_up_leaves_the_connection_being_opened)
{
    House house;
    house.server->hold("CONNECT");
    Running& caller = house.go(execute(house.pool(), "SELECT 1"));
    house.until([&] { return house.server->held("CONNECT") == 1; });
    house.cancel(caller);
    house.failure_of<boost::system::system_error>(caller);
    EXPECT_EQ(house.server->held("CONNECT"), 1u);
    house.server->release("CONNECT");
    house.until([&] { return house.pool().stats().idle == 1; });
}

TEST(Pool, a_cancelled_statement_is_stopped_on_the_server)
{
    House house;
    house.server->hold("SELECT 1");
    Running& caller = house.go(execute(house.pool(), "SELECT 1"));
    house.until([&] { return house.server->held("SELECT 1") == 1; });
    house.cancel(caller);
    house.failure_of<boost::system::system_error>(caller);
    EXPECT_TRUE(house.server->logged("1: stopped SELECT 1"));
    EXPECT_TRUE(house.idle());
    house.get(house.pool().execute("SELECT 2"));
    EXPECT_TRUE(house.server->logged("1: SELECT 2"));
}

// -- Outages -------------------------------------------------------------------

TEST(Pool, a_connection_that_broke_reaches_no_caller_again)
{
    House house;
    house.server->lose_at("SELECT 1");
    const auto lost = house.failure_of<ConnectionLost>(house.pool().execute("SELECT 1"));
    EXPECT_EQ(lost.outcome(), Outcome::unknown);
    house.get(house.pool().execute("SELECT 2"));
    EXPECT_TRUE(house.server->logged("2: SELECT 2"));
    EXPECT_EQ(house.pool().stats().broken, 1u);
}

TEST(Pool, a_connection_that_broke_while_idle_is_replaced_and_the_caller_never_knows)
{
    House house;
    house.get(house.pool().execute("SELECT 1"));
    house.server->break_connection(1);
    house.get(house.pool().execute("SELECT 2"));
    EXPECT_TRUE(house.server->logged("2: SELECT 2"));
    EXPECT_EQ(house.server->open(), 1u);
}

TEST(Pool, after_a_second_of_outage_callers_fail_with_its_cause_and_come_back_with_the_server)
{
    House house;
    house.server->refuse("the host is down");
    const auto early = house.failure_of<ConnectFailed>(house.pool().execute("SELECT 1"));
    EXPECT_TRUE(has(early.what(), "the host is down"));
    const auto attempts = house.pool().stats().open_failures;
    house.failure_of<ConnectFailed>(house.pool().execute("SELECT 1"));
    EXPECT_EQ(house.pool().stats().open_failures, attempts) << "it did not even try";
    ASSERT_EQ(house.logged.size(), 1u);
    EXPECT_TRUE(has(house.logged[0], "the host is down"));
    house.server->refuse("");
    house.until([&] { return house.pool().stats().idle == 1; });
    house.get(house.pool().execute("SELECT 1"));
    EXPECT_EQ(house.logged.size(), 2u);
}

TEST(Pool, describes_itself_in_one_line)
{
    House house(House::small(1, 4));
    const std::string line = house.pool().describe();
    EXPECT_TRUE(has(line, "1 to 4 connections")) << line;
    EXPECT_TRUE(has(line, "a script")) << line;
    EXPECT_EQ(line.find('\n'), std::string::npos);
}

TEST(Pool, measures_waiting_and_holding)
{
    House house;
    auto held = std::make_optional(house.get(house.pool().acquire()));
    Running& waiting = house.go(execute(house.pool(), "SELECT 1"));
    house.settle();
    held.reset();
    house.finish(waiting);
    const PoolStats stats = house.pool().stats();
    EXPECT_EQ(stats.acquired, 2u);
    EXPECT_EQ(stats.opened, 1u);
    EXPECT_GT(stats.wait_max, 0ns);
    EXPECT_GE(stats.wait_total, stats.wait_max);
    EXPECT_GT(stats.hold_max, 0ns);
}

TEST(Pool, a_connection_retires_after_its_queries)
{
    Options options = House::small(1, 2);
    options.max_queries = 2;
    House house(options);
    for (int i = 0; i < 6; ++i) {
        house.get(house.pool().execute("SELECT 1"));
        house.until([&] { return house.idle(); });
    }
    EXPECT_EQ(house.server->count("1: SELECT 1"), 2u);
    EXPECT_TRUE(house.server->logged("close 1"));
    EXPECT_GE(house.pool().stats().retired, 2u);
}

} // namespace
} // namespace trunkline::db
