// SPDX-License-Identifier: MIT
#include <dashboard/dashboard_routes.hpp>
#include <dashboard/statistics.hpp>

#include <base/task_group.hpp>
#include <http/call_builder.hpp>
#include <support/database.hpp>
#include <trunkline/db/error.hpp>
#include <trunkline/db/transaction.hpp>

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

namespace trunkline::dashboard {

namespace {

using namespace std::chrono_literals;

/// Passes statements on to a pool and counts them.
class CountingExecutor final : public db::Executor {
public:
    explicit CountingExecutor(db::Pool& pool) : pool_(pool) {}
    int asked = 0;

private:
    asio::awaitable<std::vector<db::Result>> do_run(db::Query query) override
    {
        ++asked;
        std::vector<db::Result> results;
        for (const db::Statement& statement : query.statements()) results.push_back(co_await pool_.query(statement));
        co_return results;
    }
    asio::awaitable<db::Transaction> do_begin(db::TransactionOptions, std::optional<std::chrono::nanoseconds>,
                                              std::source_location) override
    {
        throw std::logic_error("statistics need no transaction");
    }
    void do_after_commit(std::function<void()>) override {}
    db::Engine do_engine() const noexcept override { return pool_.engine(); }

    db::Pool& pool_;
};

struct Statistics : ::testing::TestWithParam<db::Engine> {
    trunkline::testing::Database database{GetParam()};
    db::Pool& pool = database.pool();
    const Time midnight = std::chrono::floor<std::chrono::days>(database.clock.now());

    Uuid add_conversation(const http::Actor& of, Time at, std::int64_t messages)
    {
        const Uuid id = db::new_uuid();
        const bool fresh = false;
        (void)database.run(pool.execute(
            "INSERT INTO conversations (id, tenant_id, user_id, channel, agent_type, title_source, is_fresh, preview,"
            " last_seq, message_count, created_at, active_at)"
            " VALUES ($1, $2, $3, 'web_chat', 'assistant', 'default', $4, '', $5, $5, $6, $6)",
            id, of.tenant_id, of.user_id, fresh, messages, at));
        for (std::int64_t seq = 1; seq <= messages; ++seq) add_message(of, id, seq, at);
        return id;
    }
    void add_message(const http::Actor& of, const Uuid& conversation, std::int64_t seq, Time at)
    {
        (void)database.run(
            pool.execute("INSERT INTO messages (id, tenant_id, conversation_id, seq, sender, content, created_at)"
                         " VALUES ($1, $2, $3, $4, 'user', 'x', $5)",
                         db::new_uuid(), of.tenant_id, conversation, seq, at));
    }
    Uuid add_client(const http::Actor& of, std::string status)
    {
        const Uuid id = db::new_uuid();
        const bool stand_in = false;
        (void)database.run(pool.execute(
            "INSERT INTO clients (id, tenant_id, full_name, name_is_stand_in, phone, status, client_type, tags,"
            " created_at, updated_at, created_by) VALUES ($1, $2, 'Ada', $3, '+1', $4, 'individual', $5, $6, $6, 'x')",
            id, of.tenant_id, stand_in, status, db::Json("[]"), midnight));
        return id;
    }
    void add_cases(const http::Actor& of, const std::vector<std::string>& statuses)
    {
        const Uuid client = add_client(of, "active"), type = db::new_uuid();
        const bool active = true;
        (void)database.run(
            pool.execute("INSERT INTO case_types (id, tenant_id, code, name, category, keywords, active, created_at)"
                         " VALUES ($1, $2, 'WP', 'Permit', 'visa', $3, $4, $5)",
                         type, of.tenant_id, db::Json("[]"), active, midnight));
        for (const std::string& status : statuses)
            (void)database.run(pool.execute(
                "INSERT INTO cases (id, tenant_id, client_id, case_type_id, status, priority, created_at, updated_at,"
                " created_by) VALUES ($1, $2, $3, $4, $5, 'normal', $6, $6, 'x')",
                db::new_uuid(), of.tenant_id, client, type, status, midnight));
    }
    void add_run(const http::Actor& of, std::string status)
    {
        const bool journal = true;
        (void)database.run(pool.execute(
            "INSERT INTO runs (id, tenant_id, user_id, conversation_id, agent_type, question_seq, status, last_seq,"
            " owner, lease_until, started_at, has_journal)"
            " VALUES ($1, $2, $3, $4, 'assistant', 1, $5, 0, $1, $6, $6, $7)",
            db::new_uuid(), of.tenant_id, of.user_id, add_conversation(of, midnight - 48h, 0), status, midnight,
            journal));
    }
    Stats stats(const Uuid& tenant) { return database.run(count_everything(pool, tenant, database.clock.now())); }
    std::vector<DayOfActivity> days(int count)
    {
        return database.run(count_by_day(pool, database.tenant, database.clock.now(), count)).days;
    }
    void add_user(int number)
    {
        (void)database.run(pool.execute("INSERT INTO users (id, tenant_id, email, name, password_hash, role, status,"
                                        " created_at) VALUES ($1, $2, $3, 'x', '', 'customer', 'active', $4)",
                                        db::new_uuid(), database.tenant, std::to_string(number), midnight));
    }
};

http::Response ask(std::vector<http::Route>& table, const http::Actor& actor, std::string_view path,
                   trunkline::testing::Database& database)
{
    const auto route = std::ranges::find(table, path, &http::Route::path);
    http::Call call = http::CallBuilder().actor(actor).route(std::string(path)).build();
    const http::RawInput input;
    return database.run(route->handle(call, input));
}

} // namespace

TEST_P(Statistics, of_a_new_tenant_are_zero)
{
    const Stats none = stats(db::new_uuid());
    EXPECT_EQ(serialize(to_json(none)), serialize(to_json(Stats{})));
}

TEST_P(Statistics, are_what_the_rows_say_and_say_nothing_of_other_tenants)
{
    add_conversation(database.customer, midnight, 3);             // today, from its first moment
    add_conversation(database.other_customer, midnight - 1us, 2); // yesterday
    add_conversation(database.customer, database.clock.now(), 0); // empty: not counted
    add_conversation(database.stranger, midnight, 50);
    for (const char* status : {"prospect", "active", "inactive", "lost"}) add_client(database.staff, status);
    add_client(database.stranger, "active");
    add_cases(database.staff, {"inquiry", "approved", "completed", "cancelled"}); // and a client of theirs
    add_cases(database.stranger, {"inquiry"});
    for (const char* status : {"running", "running", "finished", "stopped"}) add_run(database.customer, status);
    add_run(database.stranger, "running");

    const Stats ours = stats(database.tenant);
    EXPECT_EQ(ours.users, 4);
    EXPECT_EQ(ours.conversations, 2);
    EXPECT_EQ(ours.messages, 5);
    EXPECT_EQ(ours.conversations_today, 1);
    EXPECT_EQ(ours.messages_today, 3);
    EXPECT_EQ(ours.clients, 4);
    EXPECT_EQ(ours.open_cases, 2);
    EXPECT_EQ(ours.running_runs, 2);
    const Stats theirs = stats(database.other_tenant);
    EXPECT_EQ(theirs.users, 1);
    EXPECT_EQ(theirs.messages, 50);
    EXPECT_EQ(theirs.clients, 2);
    EXPECT_EQ(theirs.open_cases, 1);
    EXPECT_EQ(theirs.running_runs, 1);
}

TEST_P(Statistics, activity_has_every_day_and_counts_each_on_its_own)
{
    add_conversation(database.customer, midnight, 2);
    add_conversation(database.customer, midnight - 1us, 3);
    add_conversation(database.customer, midnight - 48h, 1);
    add_conversation(database.customer, midnight - 48h, 0);       // empty
    add_conversation(database.customer, midnight - 48h - 1us, 7); // the day before those shown
    add_conversation(database.customer, midnight + 24h, 9);       // of a clock that is ahead
    add_conversation(database.stranger, midnight, 50);
    const auto shown = days(3);
    ASSERT_EQ(shown.size(), 3u);
    EXPECT_EQ(shown[2].date, db::to_rfc3339(midnight).substr(0, 10));
    EXPECT_EQ(shown[0].date, db::to_rfc3339(midnight - 48h).substr(0, 10));
    EXPECT_EQ(shown[0].messages, 1);
    EXPECT_EQ(shown[0].conversations, 1);
    EXPECT_EQ(shown[1].messages, 3);
    EXPECT_EQ(shown[1].conversations, 1);
    EXPECT_EQ(shown[2].messages, 2);
    EXPECT_EQ(shown[2].conversations, 1);
}

TEST_P(Statistics, a_day_without_anything_is_zero)
{
    const auto shown = days(365);
    ASSERT_EQ(shown.size(), 365u);
    for (const auto& day : shown) EXPECT_EQ(day.messages + day.conversations, 0) << day.date;
    EXPECT_EQ(days(1).size(), 1u);
}

// -- The cache ------------------------------------------------------------------

TEST_P(Statistics, are_remembered_for_two_seconds_and_for_each_tenant)
{
    CountingExecutor counting(pool);
    StatsCache cache(database.clock);
    const auto users = [&](const Uuid& tenant) { return database.run(cache.get(counting, tenant)).users; };
    EXPECT_EQ(users(database.tenant), 4);
    add_user(1);
    EXPECT_EQ(users(database.other_tenant), 1);
    database.clock.advance(StatsCache::kept_for - 1us);
    EXPECT_EQ(users(database.tenant), 4);
    EXPECT_EQ(counting.asked, 2);
    database.clock.advance(1us);
    EXPECT_EQ(users(database.tenant), 5);
    EXPECT_EQ(counting.asked, 3);
}

TEST_P(Statistics, twenty_dashboards_that_open_at_once_ask_the_database_once)
{
    CountingExecutor counting(pool);
    StatsCache cache(database.clock);
    std::vector<std::optional<Stats>> shown(20);
    TaskGroup dashboards(database.io.get_executor(), [](std::string_view, std::exception_ptr) {});
    const auto open_all = [&] {
        for (auto& one : shown)
            dashboards.start("dashboard", trunkline::testing::detail::keep(cache.get(counting, database.tenant), one));
        database.until([&] { return dashboards.size() == 0; });
    };
    open_all();
    EXPECT_EQ(counting.asked, 1);
    for (const auto& one : shown) EXPECT_EQ(one.value_or(Stats{}).users, 4);
    add_user(1);
    database.clock.advance(1h); // what is known is too old by now, for all of them
    open_all();
    EXPECT_EQ(counting.asked, 2);
    for (const auto& one : shown) EXPECT_EQ(one.value_or(Stats{}).users, 5);
}

TEST_P(Statistics, a_dashboard_that_is_closed_while_it_asks_leaves_the_others_theirs)
{
    CountingExecutor counting(pool);
    StatsCache cache(database.clock);
    std::optional<Stats> closed, other;
    TaskGroup first(database.io.get_executor(), [](std::string_view, std::exception_ptr) {});
    TaskGroup second(database.io.get_executor(), [](std::string_view, std::exception_ptr) {});
    first.start("closed", trunkline::testing::detail::keep(cache.get(counting, database.tenant), closed));
    second.start("other", trunkline::testing::detail::keep(cache.get(counting, database.tenant), other));
    first.cancel();
    database.until([&] { return first.size() + second.size() == 0; });
    ASSERT_TRUE(other);
    EXPECT_EQ(other->users, 4);
    EXPECT_EQ(database.run(cache.get(counting, database.tenant)).users, 4);
}

TEST_P(Statistics, those_who_waited_for_a_count_that_failed_ask_for_themselves)
{
    (void)database.run(pool.execute("ALTER TABLE runs RENAME TO away"));
    CountingExecutor counting(pool);
    StatsCache cache(database.clock);
    std::size_t failures = 0;
    std::vector<std::optional<Stats>> shown(3);
    TaskGroup dashboards(database.io.get_executor(), [&](std::string_view, std::exception_ptr) { ++failures; });
    for (auto& one : shown)
        dashboards.start("dashboard", trunkline::testing::detail::keep(cache.get(counting, database.tenant), one));
    database.until([&] { return dashboards.size() == 0; });
    EXPECT_EQ(failures, 3u);
    EXPECT_EQ(counting.asked, 3);
}

TEST_P(Statistics, a_failure_is_not_remembered)
{
    StatsCache cache(database.clock);
    (void)database.run(pool.execute("ALTER TABLE runs RENAME TO away"));
    EXPECT_THROW((void)database.run(cache.get(pool, database.tenant)), db::Error);
    EXPECT_THROW((void)database.run(cache.get(pool, database.tenant)), db::Error);
    (void)database.run(pool.execute("ALTER TABLE away RENAME TO runs"));
    EXPECT_EQ(database.run(cache.get(pool, database.tenant)).users, 4);
}

// -- The routes -------------------------------------------------------------------

TEST_P(Statistics, routes_are_for_staff_and_show_the_tenant_of_who_asks)
{
    DashboardRoutes routes(pool, database.clock);
    auto table = routes.table();
    for (const http::Route& route : table) EXPECT_EQ(route.access, http::Access::staff) << route.path;
    const auto ours = ask(table, database.staff, "/api/v1/dashboard/stats", database);
    const auto theirs = ask(table, database.stranger, "/api/v1/dashboard/stats", database);
    EXPECT_EQ(json::parse(ours.body).at("users").as_int64(), 4);
    EXPECT_EQ(json::parse(theirs.body).at("users").as_int64(), 1);
    const auto activity = ask(table, database.staff, "/api/v1/dashboard/activity", database);
    EXPECT_EQ(json::parse(activity.body).at("days").as_array().size(), 7u);
}

TEST_P(Statistics, the_page_of_the_pool_opens_when_all_connections_are_taken)
{
    trunkline::testing::Database small(GetParam(), 1);
    DashboardRoutes routes(small.pool(), small.clock);
    auto table = routes.table();
    const auto held = small.run(small.pool().begin());
    const auto page = json::parse(ask(table, small.staff, "/api/v1/dashboard/pool", small).body);
    EXPECT_EQ(page.at("in_use").as_int64(), 1);
    EXPECT_EQ(page.at("max_size").as_int64(), 1);
    EXPECT_EQ(page.at("engine").as_string(), db::to_string(GetParam()));
    ASSERT_EQ(page.at("holders").as_array().size(), 1u);
    const std::string_view place = page.at("holders").at(0).at("place").as_string();
    EXPECT_TRUE(place.starts_with("statistics_test.cpp:")) << place;
}

TEST(StatisticsOnPostgresql, a_question_that_takes_too_long_is_stopped)
{
    trunkline::testing::Database database(db::Engine::postgresql);
    auto lock = database.run(database.pool().begin());
    (void)database.run(lock.execute("LOCK TABLE runs IN ACCESS EXCLUSIVE MODE"));
    StatsCache cache(database.clock);
    const auto began = std::chrono::steady_clock::now();
    EXPECT_THROW((void)database.run(cache.get(database.pool(), database.tenant)), db::CommandTimeout);
    EXPECT_LT(std::chrono::steady_clock::now() - began, question_max + 5s);
    database.run(lock.rollback());
    EXPECT_EQ(database.run(cache.get(database.pool(), database.tenant)).users, 4);
}

INSTANTIATE_TEST_SUITE_P(OnEveryEngine, Statistics, ::testing::Values(db::Engine::sqlite, db::Engine::postgresql),
                         [](const auto& info) { return std::string(db::to_string(info.param)); });

} // namespace trunkline::dashboard
