// SPDX-License-Identifier: MIT
// Promise 4 against a real server: what is stopped stops there too, and a stop never hits anybody else.
#include <support/cancel_storm.hpp>
#include <support/pgbouncer_server.hpp>
#include <support/run.hpp>

#include "pool/stoppable.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <sstream>

namespace trunkline::db {
namespace {

using namespace std::chrono_literals;
using std::chrono::system_clock;
using testing::CancelStorm;
using testing::expect_calm_after;
using testing::PostgresServer;

constexpr std::chrono::seconds storm_max{120};

class Cancels : public ::testing::Test {
protected:
    static void SetUpTestSuite()
    {
        CancelStorm::prepare(PostgresServer::shared());
        PostgresServer::shared().sql(
            "CREATE TABLE stops (id bigint, at timestamptz);"
            "CREATE FUNCTION stopped_at(id bigint, seconds float8) RETURNS void LANGUAGE plpgsql AS $$"
            " BEGIN PERFORM pg_sleep(seconds);"
            " EXCEPTION WHEN query_canceled THEN INSERT INTO stops VALUES (id, clock_timestamp()); END $$");
    }

    Pool& use(std::string url, std::size_t max_size)
    {
        Options options = Options::parse(url);
        options.application_name = "cancels";
        options.min_size = 1;
        options.max_size = max_size;
        return pool.emplace(io.get_executor(), options);
    }

    PostgresServer& server = PostgresServer::shared();
    asio::io_context io{1};
    std::optional<Pool> pool;
};

TEST_F(Cancels, of_five_thousand_none_hits_a_later_query_and_the_server_never_has_more_connections_than_max_size)
{
    constexpr std::size_t max_size = 6;
    CancelStorm storm(use(server.url(), max_size), {.tries = 5'000, .stoppers = 12, .bystanders = 8, .seed = 11});
    const testing::ConnectionWatch watch(server, "cancels");
    testing::run(io, storm.run(), storm_max);
    expect_calm_after(storm.tally());
    EXPECT_GT(watch.looks(), 0);
    EXPECT_LE(watch.most(), static_cast<int>(max_size)) << "the server does not list those who only ask it to stop";
    EXPECT_EQ(pool->stats().in_use, 0u);
    EXPECT_EQ(pool->stats().waiting, 0u);
    EXPECT_EQ(pool->stats().broken, 0u);
}

TEST_F(Cancels, through_a_pooler_none_hits_a_later_query_either)
{
    server.sql("ALTER ROLE postgres SET datestyle = 'ISO'");
    const testing::PgbouncerServer bouncer(server, 3);
    CancelStorm storm(use(bouncer.url(), 5), {.tries = 400, .stoppers = 6, .bystanders = 4, .seed = 12});
    testing::run(io, storm.run(), storm_max);
    server.sql("ALTER ROLE postgres RESET datestyle");
    expect_calm_after(storm.tally());
    EXPECT_EQ(pool->stats().in_use, 0u);
}

/// When each of the stops came, against when it was wanted, by the server's own clock.
class Lateness {
public:
    void wanted(std::int64_t id, system_clock::time_point at) { wanted_[id] = at; }
    void read(const PostgresServer& server)
    {
        const std::string rows =
            server.sql("SELECT id || ' ' || (extract(epoch FROM at) * 1000000)::bigint FROM stops ORDER BY id");
        std::istringstream lines(rows);
        for (std::int64_t id = 0, at = 0; lines >> id >> at;)
            late_.push_back(std::chrono::microseconds(at) - (wanted_.at(id).time_since_epoch()));
        std::sort(late_.begin(), late_.end());
    }
    std::size_t size() const { return late_.size(); }
    double ms(double share) const
    {
        const auto at = std::min(late_.size() - 1, static_cast<std::size_t>(share * static_cast<double>(late_.size())));
        return std::chrono::duration<double, std::milli>(late_[at]).count();
    }
    void report(const char* what) const
    {
        std::printf("  %s: the server stopped %.1f ms after it was wanted (median), 95 %% within %.1f, all within "
                    "%.1f ms\n",
                    what, ms(0.5), ms(0.95), ms(1));
    }

private:
    std::map<std::int64_t, system_clock::time_point> wanted_;
    std::vector<std::chrono::duration<double, std::micro>> late_;
};

// Each would sleep for half a minute. The server notes when it was stopped, unless that was before it had begun to sleep.
constexpr int stops = 50, noted_min = 25;
constexpr auto patience = 20ms;

asio::awaitable<void> stop_at_deadlines(Pool& pool, Lateness& lateness)
{
    co_await pool.start();
    for (std::int64_t id = 1; id <= stops; ++id) {
        auto limited = pool.within(patience);
        lateness.wanted(id, system_clock::now() + patience);
        try {
            co_await limited.execute("SELECT stopped_at($1, 30)", id); // answered: the server caught the stop
        } catch (const CommandTimeout&) {}
    }
}

TEST_F(Cancels, at_the_deadline_the_server_stops_and_says_when)
{
    server.sql("TRUNCATE stops");
    Lateness lateness;
    testing::run(io, stop_at_deadlines(use(server.url(), 2), lateness), storm_max);
    lateness.read(server);
    ASSERT_GE(lateness.size(), static_cast<std::size_t>(noted_min));
    EXPECT_GE(lateness.ms(0), 0) << "never before it was wanted";
    lateness.report("deadline");
}

asio::awaitable<void> cancel_coroutines(Pool& pool, Lateness& lateness, int& aborted)
{
    co_await pool.start();
    for (std::int64_t id = 1; id <= stops; ++id) {
        const auto stop = std::make_shared<asio::cancellation_signal>();
        asio::steady_timer timer(co_await asio::this_coro::executor, patience);
        timer.async_wait([stop, id, &lateness](boost::system::error_code failure) {
            if (failure) return;
            lateness.wanted(id, system_clock::now());
            stop->emit(asio::cancellation_type::terminal);
        });
        auto work = pool.execute("SELECT stopped_at($1, 30)", id);
        try {
            (void)co_await db::detail::stoppable(stop, std::move(work));
        } catch (const boost::system::system_error& error) {
            if (error.code() == asio::error::operation_aborted) ++aborted;
        }
    }
}

TEST_F(Cancels, when_its_coroutine_is_cancelled_the_server_stops_and_says_when)
{
    server.sql("TRUNCATE stops");
    Lateness lateness;
    int aborted = 0;
    testing::run(io, cancel_coroutines(use(server.url(), 2), lateness, aborted), storm_max);
    EXPECT_EQ(aborted, stops);
    lateness.read(server);
    ASSERT_GE(lateness.size(), static_cast<std::size_t>(noted_min));
    EXPECT_GE(lateness.ms(0), 0) << "never before it was wanted";
    lateness.report("coroutine");
}

} // namespace
} // namespace trunkline::db
