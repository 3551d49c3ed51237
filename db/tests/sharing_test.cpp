// SPDX-License-Identifier: MIT
// Promise 8: statements of many callers on few connections, on a real PostgreSQL.
#include <support/pgbouncer_server.hpp>
#include <support/sharing_scene.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace trunkline::db {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using testing::work;
using Sharing = testing::SharingScene;

TEST_F(Sharing, many_callers_are_on_the_way_on_one_connection)
{
    use(1);
    learn();
    for (int i = 0; i < 100; ++i) go(expect_answer(0, i));
    until([&] { return pool->holders().size() == 100; });
    EXPECT_EQ(pool->stats().size, 1u);
    EXPECT_EQ(pool->stats().waiting, 0u);
    finish_all();
    EXPECT_TRUE(pool->holders().empty());
    EXPECT_EQ(pool->stats().idle, 1u);
}

TEST_F(Sharing, without_it_everybody_has_a_connection_of_his_own)
{
    Options options = options_for(server.url(), 1);
    options.sharing = false;
    use(options);
    run_some();
    for (int i = 0; i < 10; ++i) go(expect_answer(0, i));
    until([&] { return pool->stats().waiting == 9; });
    EXPECT_EQ(pool->holders().size(), 1u);
    finish_all();
}

/// Mixed work of many tasks, some of it wrong on purpose: what comes back has to be one's own.
asio::awaitable<void> mixed_work(Pool& pool, std::int64_t first, int count, int& refused)
{
    for (std::int64_t id = first; id < first + count; ++id) {
        const std::int64_t divisor = id % 100 == 7 ? 0 : 1;
        try {
            EXPECT_EQ(co_await pool.fetch_value<std::int64_t>("SELECT $1::bigint / $2::bigint", id, divisor), id);
            EXPECT_NE(divisor, 0);
        } catch (const Error& error) {
            EXPECT_EQ(error.sqlstate(), "22012");
            EXPECT_EQ(error.outcome(), Outcome::rejected);
            ++refused;
        }
        if (id % 3 == 0) {
            EXPECT_EQ(co_await pool.execute("INSERT INTO shared_log (id) VALUES ($1)", id), 1u);
        } else if (id % 50 == 1) {
            bool twice = false;
            try {
                co_await pool.execute("INSERT INTO shared_log (id) VALUES ($1)", std::int64_t{-1});
            } catch (const UniqueViolation&) {
                twice = true;
            }
            EXPECT_TRUE(twice);
        } else {
            const std::string text = "caller " + std::to_string(id);
            EXPECT_EQ(co_await pool.fetch_value<std::string>("SELECT $1::text", text), text);
        }
    }
}

TEST_F(Sharing, everybody_gets_exactly_his_own_answer_and_nothing_happens_twice)
{
    constexpr int tasks = 200, each = 100;
    use(6);
    server.sql("INSERT INTO shared_log VALUES (-1)");
    int refused = 0;
    for (int task = 0; task < tasks; ++task) go(mixed_work(*pool, std::int64_t{task} * each, each, refused));
    finish_all();
    EXPECT_EQ(refused, tasks * each / 100);
    int inserts = 0;
    for (int id = 0; id < tasks * each; ++id) inserts += id % 3 == 0;
    EXPECT_EQ(server.sql("SELECT count(*) FROM shared_log WHERE id >= 0"), std::to_string(inserts));
    EXPECT_LE(pool->stats().size, 6u);
    EXPECT_TRUE(pool->holders().empty());
}

TEST_F(Sharing, who_reads_is_on_few_connections)
{
    use(10);
    std::size_t most = 100;
    // On a machine that is busy with other things a short statement can look long, and is alone for a while.
    for (int attempt = 0; attempt < 20 && most > 4; ++attempt) {
        learn();
        for (int i = 0; i < 100; ++i) go(expect_answer(0.001, i));
        until([&] { return pool->stats().in_use > 0; });
        most = 0;
        until([&] {
            most = std::max(most, pool->stats().in_use);
            return pool->holders().empty();
        });
        finish_all();
    }
    EXPECT_LE(most, 4u);
}

TEST_F(Sharing, what_turned_out_to_be_long_shares_no_more)
{
    use(4);
    learn();
    EXPECT_EQ(get(worked(0.25, 1)), 1) << "longer than any pause of the machine";
    for (int i = 0; i < 3; ++i) go(expect_answer(0.2, i));
    until([&] { return pool->holders().size() == 3; });
    EXPECT_EQ(pool->stats().in_use, 3u) << "each has a connection to himself";
    finish_all();
}

TEST_F(Sharing, who_wants_a_connection_of_his_own_is_served_though_others_share_all_the_time)
{
    use(1);
    learn();
    bool enough = false;
    const auto ask_on = [&]() -> asio::awaitable<void> {
        while (!enough) co_await worked(0, 1);
    };
    for (int i = 0; i < 20; ++i) go(ask_on());
    for (int i = 0; i < 20; ++i) {
        Running& own = go([](Pool& from) -> asio::awaitable<void> {
            auto connection = co_await from.acquire();
            EXPECT_EQ(co_await connection.fetch_value<int>("SELECT 7"), 7);
        }(*pool));
        until([&] { return own.ended; });
        EXPECT_FALSE(own.failure);
    }
    enough = true;
    finish_all();
}

TEST_F(Sharing, at_a_deadline_the_server_stops_and_the_neighbours_never_know)
{
    use(1);
    learn();
    Running& late = go(within(100ms, 20, 1));
    std::vector<Running*> neighbours;
    for (int i = 0; i < 20; ++i) neighbours.push_back(&go(expect_answer(0, i)));
    finish_all();
    EXPECT_EQ(failure_of<CommandTimeout>(late).outcome(), Outcome::rejected);
    EXPECT_LT(late.took, 2s);
    for (const Running* neighbour : neighbours) EXPECT_FALSE(neighbour->failure);
    EXPECT_EQ(pool->stats().cancelled, 1u);
    EXPECT_EQ(pool->stats().broken, 0u);
    EXPECT_EQ(get(worked(0, 3)), 3);
}

TEST_F(Sharing, a_statement_that_was_stopped_in_time_is_not_held_against_its_connection_later)
{
    use(1);
    learn();
    Running& late = go(within(100ms, 20, 1));
    finish_all();
    failure_of<CommandTimeout>(late);
    io.restart();
    io.run_for(2'200ms); // the server had two seconds to stop it, and took less
    EXPECT_EQ(get(worked(0, 4)), 4);
    EXPECT_EQ(pool->stats().broken, 0u);
    EXPECT_EQ(pool->stats().opened, 1u);
}

TEST_F(Sharing, a_cancelled_caller_stops_his_statement_and_no_other)
{
    use(1);
    learn();
    Running& tired = go(expect_answer(20, 1));
    std::vector<Running*> neighbours;
    for (int i = 0; i < 20; ++i) neighbours.push_back(&go(expect_answer(0, i)));
    until([&] { return pool->holders().size() == 21; });
    asio::post(io, [&] { tired.stop.emit(asio::cancellation_type::terminal); });
    finish_all();
    EXPECT_EQ(failure_of<boost::system::system_error>(tired).code(), asio::error::operation_aborted);
    EXPECT_LT(tired.took, 2s);
    for (const Running* neighbour : neighbours) EXPECT_FALSE(neighbour->failure);
}

TEST_F(Sharing, deadlines_that_race_with_answers_hit_nobody_else)
{
    constexpr int rounds = 300;
    use(2);
    learn();
    int stopped = 0;
    for (int round = 0; round < rounds; ++round) {
        Running& late = go(within(std::chrono::milliseconds(1 + round % 4), 0.0005 * (round % 7), round));
        std::vector<Running*> neighbours;
        for (int i = 0; i < 5; ++i) neighbours.push_back(&go(expect_answer(0, i)));
        finish_all();
        if (late.failure) ++stopped;
        for (const Running* neighbour : neighbours) ASSERT_FALSE(neighbour->failure) << "in round " << round;
    }
    EXPECT_GT(stopped, 0);
    EXPECT_LT(stopped, rounds);
}

TEST_F(Sharing, a_lost_connection_fails_those_who_were_on_it_and_the_pool_is_whole_again)
{
    use(1);
    learn();
    std::vector<Running*> lost;
    lost.push_back(&go(expect_answer(20, 0)));
    for (int i = 1; i < 10; ++i) lost.push_back(&go(expect_answer(0, i)));
    until([&] { return pool->holders().size() == 10; });
    server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sharing'");
    finish_all();
    for (const Running* running : lost) EXPECT_EQ(failure_of<ConnectionLost>(*running).outcome(), Outcome::unknown);
    EXPECT_TRUE(pool->holders().empty());
    EXPECT_EQ(get(worked(0, 5)), 5);
    EXPECT_EQ(sessions(), 1);
}

TEST_F(Sharing, a_session_that_ended_while_idle_is_noticed_and_the_statement_runs_elsewhere)
{
    use(1);
    learn();
    server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sharing'");
    const auto limit = steady_clock::now() + 20s;
    while (sessions() != 0) ASSERT_LT(steady_clock::now(), limit);
    EXPECT_EQ(get(worked(0, 5)), 5);
}

TEST_F(Sharing, drain_waits_for_those_who_share_and_cuts_them_at_its_deadline)
{
    use(1);
    learn();
    go(expect_answer(0.1, 1));
    go(expect_answer(0, 2));
    until([&] { return pool->holders().size() == 2; });
    Running& patient =
        go([](Pool& from) -> asio::awaitable<void> { EXPECT_TRUE((co_await from.drain(10s)).empty()); }(*pool));
    finish_all();
    EXPECT_FALSE(patient.failure);

    use(1);
    learn();
    Running& first = go(expect_answer(1, 1)); // closing waits for the server
    Running& second = go(expect_answer(0, 2));
    until([&] { return pool->holders().size() == 2; });
    Running& impatient =
        go([](Pool& from) -> asio::awaitable<void> { EXPECT_EQ((co_await from.drain(50ms)).size(), 2u); }(*pool));
    finish_all();
    EXPECT_FALSE(impatient.failure);
    EXPECT_EQ(failure_of<PoolClosed>(first).outcome(), Outcome::unknown);
    EXPECT_EQ(failure_of<PoolClosed>(second).outcome(), Outcome::unknown);
}

TEST_F(Sharing, the_pool_may_go_while_statements_are_on_the_way)
{
    use(2);
    learn();
    std::vector<Running*> callers;
    for (int i = 0; i < 10; ++i) callers.push_back(&go(expect_answer(i == 0 ? 20 : 0, i)));
    until([&] { return pool->holders().size() == 10; });
    pool.reset();
    finish_all();
    EXPECT_TRUE(callers[0]->failure);
}

TEST_F(Sharing, and_its_loop_may_go_with_everything_under_way)
{
    auto own = std::make_unique<asio::io_context>(1);
    std::optional<Pool> other(std::in_place, own->get_executor(), options_for(server.url(), 1));
    std::optional<std::int64_t> value;
    for (int i = 0; i < 10; ++i)
        testing::run(*own, keep(other->fetch_value<std::int64_t>(work, 0.0, std::int64_t{i}), value));
    const auto ask = [&](double seconds) -> asio::awaitable<void> {
        co_await other->fetch_value<std::int64_t>(work, seconds, std::int64_t{1});
    };
    for (int i = 0; i < 10; ++i) asio::co_spawn(*own, ask(i == 0 ? 20 : 0), [](std::exception_ptr) {});
    own->restart();
    const auto limit = steady_clock::now() + 20s;
    while (other->holders().size() != 10 && own->run_one_until(limit) != 0) {}
    EXPECT_EQ(other->holders().size(), 10u);
    other.reset();
    own.reset();
    // Nothing runs any more: the loop destroyed what was left, and the sanitizers look on.
}

TEST_F(Sharing, a_statement_whose_columns_changed_is_healed)
{
    server.sql(
        "DROP TABLE IF EXISTS shared_columns; CREATE TABLE shared_columns (a bigint); INSERT INTO shared_columns VALUES (1)");
    use(1);
    const auto read = [this]() { return get(pool->query("SELECT * FROM shared_columns")); };
    for (int i = 0; i < 10; ++i) ASSERT_EQ(read().columns().size(), 1u);
    server.sql("ALTER TABLE shared_columns ADD COLUMN b bigint");
    EXPECT_EQ(read().columns().size(), 2u);
    EXPECT_EQ(read().columns().size(), 2u);
}

TEST_F(Sharing, what_a_borrower_left_behind_is_cleared_in_front_of_those_who_share)
{
    use(1);
    const auto zone = [this]() { return get(pool->fetch_value<std::string>("SELECT current_setting('TimeZone')")); };
    for (int i = 0; i < 10; ++i) ASSERT_EQ(zone(), "UTC");
    const auto leave = [](Pool& from) -> asio::awaitable<bool> {
        auto connection = co_await from.acquire();
        co_await connection.execute("SET TIME ZONE 'Asia/Tokyo'");
        co_return true;
    };
    get(leave(*pool));
    EXPECT_EQ(zone(), "UTC");
}

TEST_F(Sharing, more_than_the_socket_holds_goes_both_ways_at_once)
{
    use(1);
    const std::string large(300'000, 'x');
    const auto echo = [&]() -> asio::awaitable<void> {
        EXPECT_EQ((co_await pool->fetch_value<std::string>("SELECT $1::text", large)).size(), large.size());
    };
    for (int i = 0; i < 10; ++i) {
        go([](Pool& from) -> asio::awaitable<void> {
            co_await from.fetch_value<std::string>("SELECT $1::text", std::string("short"));
        }(*pool));
        finish_all();
    }
    for (int i = 0; i < 40; ++i) go(echo());
    finish_all();
    EXPECT_EQ(pool->stats().broken, 0u);
}

TEST_F(Sharing, behind_a_pooler_nobody_shares)
{
    server.sql("ALTER ROLE postgres SET datestyle = 'ISO'");
    testing::PgbouncerServer pgbouncer(server, 2);
    use(options_for(pgbouncer.url(), 1));
    run_some();
    for (int i = 0; i < 5; ++i) go(expect_answer(0, i));
    until([&] { return pool->stats().waiting == 4; });
    EXPECT_EQ(pool->holders().size(), 1u);
    finish_all();
    server.sql("ALTER ROLE postgres RESET datestyle");
}

} // namespace
} // namespace trunkline::db
