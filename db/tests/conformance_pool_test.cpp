// SPDX-License-Identifier: MIT
#include <support/conformance.hpp>

#include <boost/asio/this_coro.hpp>

#include <algorithm>

namespace trunkline::db::testing {
namespace {

/// Takes a connection of its own and notes whose turn it was.
asio::awaitable<void> queue_up(Pool& pool, int number, std::vector<int>& served)
{
    auto connection = co_await pool.acquire();
    served.push_back(number);
    (void)co_await connection.execute("SELECT 1");
}

/// Writes a number, reads it back, and does so in one of three ways.
asio::awaitable<void> ask(Pool& pool, std::int64_t number, std::vector<std::int64_t>& heard)
{
    const Uuid id = new_uuid();
    const std::string name = "n" + std::to_string(number);
    if (number % 3 == 0) {
        auto tx = co_await pool.begin();
        (void)co_await tx.execute("INSERT INTO people (id, name, age) VALUES ($1, $2, $3)", id, name, number);
        co_await tx.commit();
    } else {
        (void)co_await pool.execute("INSERT INTO people (id, name, age) VALUES ($1, $2, $3)", id, name, number);
    }
    const auto answer = co_await pool.fetch_value<std::int64_t>("SELECT age FROM people WHERE id = $1", id);
    heard.push_back(answer == number ? number : -1);
}

asio::awaitable<void> note_holds(Pool& pool, std::vector<std::size_t>& held)
{
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    const TaskPtr task = task_of(executor);
    held.push_back(task->held());
    {
        auto tx = co_await pool.begin();
        held.push_back(task->held());
        EXPECT_THROW(refuse_while_holding(executor, "a model's answer"), UsageError);
        co_await tx.commit();
        held.push_back(task->held());
    }
    (void)co_await pool.execute("SELECT 1");
    refuse_while_holding(executor, "a model's answer");
    held.push_back(task->held());
}

// -- Deadlines ---------------------------------------------------------------

TEST_P(Conformance, a_statement_past_its_deadline_is_stopped_and_the_pool_stays_healthy)
{
    open_with_tables(usual(1));
    const auto began = std::chrono::steady_clock::now();
    auto view = pool().within(60ms);
    const auto failure = failure_of<CommandTimeout>(dawdle(view));
    EXPECT_LT(std::chrono::steady_clock::now() - began, 20s);
    EXPECT_EQ(failure.sqlstate(), "57014");
    EXPECT_NE(failure.outcome(), Outcome::applied);
    EXPECT_TRUE(failure.unavailable());
    EXPECT_EQ(get(pool().fetch_value<std::int64_t>("SELECT 1")), 1);
}

TEST_P(Conformance, command_timeout_bounds_every_statement)
{
    Options options = usual();
    options.command_timeout = 60ms;
    open(options);
    failure_of<CommandTimeout>(dawdle(pool()));
}

TEST_P(Conformance, a_statement_past_its_deadline_ends_its_transaction_not_the_pool)
{
    auto tx = get(pool().begin());
    add(tx, "Ada");
    auto view = tx.within(60ms);
    failure_of<CommandTimeout>(dawdle(view));
    get(tx.rollback());
    EXPECT_TRUE(names(pool()).empty());
}

TEST_P(Conformance, a_cancelled_caller_is_let_go_and_the_pool_serves_on)
{
    open_with_tables(usual(1));
    Errand& errand = go(drop(dawdle(pool())));
    until([&] { return pool().stats().in_use == 1; });
    cancel(errand);
    until([&] { return errand.ended; });
    EXPECT_TRUE(errand.failure);
    EXPECT_EQ(get(pool().fetch_value<std::int64_t>("SELECT 1")), 1);
}

TEST_P(Conformance, who_waits_too_long_hears_who_holds_the_connections)
{
    open_with_tables(usual(1));
    auto holder = get(pool().acquire());
    get(holder.fetch_value<std::int64_t>("SELECT 4711"));
    const auto failure = failure_of<AcquireTimeout>(pool().within(40ms).execute("SELECT 1"));
    EXPECT_EQ(failure.outcome(), Outcome::not_sent);
    const std::string_view said = failure.what();
    EXPECT_NE(said.find("conformance_pool_test.cpp"), said.npos) << said;
    EXPECT_NE(said.find("SELECT 4711"), said.npos) << said;
    EXPECT_EQ(pool().stats().acquire_timeouts, 1u);
    EXPECT_EQ(get(holder.fetch_value<std::int64_t>("SELECT 1")), 1) << "the holder is left in peace";
}

TEST_P(Conformance, acquire_timeout_bounds_the_wait_of_those_who_do_not_ask)
{
    Options options = usual(1);
    options.acquire_timeout = 40ms;
    open_with_tables(options);
    auto holder = get(pool().acquire());
    failure_of<AcquireTimeout>(pool().begin());
    failure_of<AcquireTimeout>(pool().acquire());
}

// -- Waiting and holding -----------------------------------------------------

TEST_P(Conformance, a_pool_of_one_serves_in_the_order_of_asking)
{
    open_with_tables(usual(1));
    std::vector<int> served;
    {
        auto holder = get(pool().acquire());
        for (int number = 1; number <= 5; ++number) go(queue_up(pool(), number, served));
        until([&] { return pool().stats().waiting == 5; });
        EXPECT_TRUE(served.empty());
    }
    until([&] { return served.size() == 5; });
    EXPECT_EQ(served, (std::vector<int>{1, 2, 3, 4, 5}));
    for (Errand& errand : errands_) finish(errand);
    EXPECT_EQ(pool().stats().opened, 1u);
}

TEST_P(Conformance, stats_and_holders_say_who_holds_what)
{
    EXPECT_TRUE(pool().holders().empty());
    auto connection = get(pool().acquire());
    const auto line = std::source_location::current().line() - 1;
    get(connection.fetch_value<std::int64_t>("SELECT 4711"));
    EXPECT_EQ(pool().stats().in_use, 1u);
    const auto holders = pool().holders();
    ASSERT_EQ(holders.size(), 1u);
    EXPECT_EQ(holders[0].place.line(), line);
    EXPECT_EQ(holders[0].statement, "SELECT 4711");
    EXPECT_EQ(holders[0].task, "conformance");
    {
        const auto gone = std::move(connection);
    }
    EXPECT_EQ(pool().stats().in_use, 0u);
    EXPECT_TRUE(pool().holders().empty());
    const std::string name = is_postgresql() ? "PostgreSQL" : is_mysql() ? "MariaDB" : "SQLite";
    EXPECT_NE(pool().describe().find(name), std::string::npos) << pool().describe();
}

TEST_P(Conformance, a_task_knows_what_it_holds)
{
    std::vector<std::size_t> held;
    get(note_holds(pool(), held));
    EXPECT_EQ(held, (std::vector<std::size_t>{0, 1, 0, 0}));
}

TEST_P(Conformance, statements_that_fail_cost_no_connection)
{
    open_with_tables(usual(1));
    for (int k = 0; k < 20; ++k)
        failure_of<CheckViolation>(pool().execute("INSERT INTO people (id, name) VALUES ($1, $2)", new_uuid(), ""));
    add(pool(), "Ada");
    const PoolStats stats = pool().stats();
    EXPECT_EQ(stats.opened, 1u);
    EXPECT_EQ(stats.broken, 0u);
    EXPECT_EQ(stats.in_use, 0u);
}

TEST_P(Conformance, two_hundred_tasks_at_once_each_hear_their_own_answer)
{
    std::vector<std::int64_t> heard;
    for (std::int64_t number = 0; number < 200; ++number) go(ask(pool(), number, heard));
    until([&] { return heard.size() == 200; });
    std::ranges::sort(heard);
    for (std::int64_t number = 0; number < 200; ++number) EXPECT_EQ(heard[static_cast<std::size_t>(number)], number);
    EXPECT_EQ(get(pool().fetch_value<std::int64_t>("SELECT count(*) FROM people")), 200);
    EXPECT_LE(pool().stats().opened, 4u);
}

TEST_P(Conformance, start_opens_the_floor)
{
    Options options = usual();
    options.min_size = is_in_memory() ? 1 : 2;
    open(options);
    get(pool().start());
    until([&] { return pool().stats().idle == options.min_size; });
    EXPECT_EQ(pool().stats().size, options.min_size);
}

// -- The end -----------------------------------------------------------------

TEST_P(Conformance, drain_waits_for_the_leases_and_takes_no_new_work)
{
    std::optional<Transaction> tx = get(pool().begin());
    bool drained = false;
    Errand& drain = go(drain_and_note(drained));
    failure_of<PoolClosed>(pool().execute("SELECT 1"));
    EXPECT_FALSE(drained);
    add(*tx, "Ada");
    get(tx->commit());
    tx.reset();
    finish(drain);
    EXPECT_TRUE(drained);
    EXPECT_EQ(pool().stats().size, 0u);
    failure_of<PoolClosed>(pool().begin());
}

TEST_P(Conformance, a_drained_pool_leaves_nothing_to_wait_for)
{
    add(pool(), "Ada");
    get(pool().drain(30s));
    const auto began = std::chrono::steady_clock::now();
    io.restart();
    io.run_for(20s);
    EXPECT_LT(std::chrono::steady_clock::now() - began, 10s) << "a program that drained its pool ends";
}

TEST_P(Conformance, drain_says_whom_it_had_to_cut)
{
    auto tx = get(pool().begin());
    add(tx, "Ada");
    const auto cut = get(pool().drain(40ms));
    ASSERT_EQ(cut.size(), 1u);
    EXPECT_TRUE(cut[0].statement.starts_with("INSERT INTO people"));
    failure_of<PoolClosed>(tx.execute("SELECT 1"));
    failure_of<PoolClosed>(pool().execute("SELECT 1"));
    EXPECT_EQ(pool().stats().size, 0u);
}

TEST_P(Conformance, what_outlives_its_pool_fails_and_does_no_harm)
{
    auto tx = get(pool().begin());
    add(tx, "Ada");
    forget_pool();
    failure_of<PoolClosed>(tx.execute("SELECT 1"));
}

INSTANTIATE_TEST_SUITE_P(On, Conformance, ::testing::ValuesIn(all_roads), road_name);

} // namespace
} // namespace trunkline::db::testing
