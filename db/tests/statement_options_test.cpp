// SPDX-License-Identifier: MIT
// `Executor::with`: how the statements of one call go to the server, as the server and the wire saw it.
#include <support/pgbouncer_server.hpp>
#include <support/postgres_server.hpp>
#include <support/run.hpp>

#include <trunkline/db/pool.hpp>
#include <trunkline/db/testing/fault_proxy.hpp>

#include <boost/asio/use_awaitable.hpp>

#include <gtest/gtest.h>

namespace trunkline::db {
namespace {

using testing::FaultProxy;
using testing::From;
using testing::PostgresServer;

constexpr StatementOptions as_a_pooler_needs{};
constexpr StatementOptions named{.raw_sql = false, .no_prepare = false, .statement_cache_size = 100};

/// A pool with one connection, and a proxy that notes what is said on it.
class StatementOptionsTest : public ::testing::Test {
protected:
    void SetUp() override { use(""); }
    void use(const std::string& parameters)
    {
        const std::string url = "postgresql://postgres@127.0.0.1:" + std::to_string(proxy.port()) + "/postgres";
        Options options = Options::parse(url + parameters);
        options.min_size = options.max_size = 1;
        pool.emplace(io.get_executor(), options);
        get(pool->fetch_value<int>("SELECT 0"));
    }

    template <class T>
    T get(asio::awaitable<T> work)
    {
        std::optional<T> value;
        testing::run(io, keep(std::move(work), value));
        return std::move(*value);
    }
    void get(asio::awaitable<void> work) { testing::run(io, std::move(work)); }
    template <class T>
    static asio::awaitable<void> keep(asio::awaitable<T> work, std::optional<T>& value)
    {
        value.emplace(co_await std::move(work));
    }

    /// How many statements the connection keeps by name whose text has this word in it.
    std::int64_t kept(const std::string& word)
    {
        auto careful = pool->with(as_a_pooler_needs);
        return get(careful.fetch_value<std::int64_t>(
            "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%' || $1 || '%'"
            " AND statement NOT LIKE '%pg_prepared_statements%'",
            word));
    }
    /// The letters of the messages that a client sent since `forget`.
    std::string sent() const
    {
        std::string letters;
        for (const auto& message : proxy.said())
            if (message.from == From::client) letters += message.type;
        return letters;
    }

    FaultProxy proxy{PostgresServer::shared().port()};
    asio::io_context io{1};
    std::optional<Pool> pool;
};

TEST_F(StatementOptionsTest, by_default_a_call_names_nothing_and_a_text_without_parameters_goes_as_it_is)
{
    auto careful = pool->with(as_a_pooler_needs);
    proxy.forget();
    EXPECT_EQ(get(careful.fetch_value<int>("SELECT 1 AS plain")), 1);
    EXPECT_EQ(sent(), "Q");
    proxy.forget();
    EXPECT_EQ(get(careful.fetch_value<int>("SELECT $1::int AS bound", 7)), 7);
    EXPECT_EQ(sent(), "PBDES");
    EXPECT_EQ(kept("plain") + kept("bound"), 0);
}

TEST_F(StatementOptionsTest, what_is_asked_for_changes_how_the_same_statement_runs)
{
    const auto ask = [this](StatementOptions how) {
        auto view = pool->with(how);
        proxy.forget();
        EXPECT_EQ(get(view.fetch_value<int>("SELECT 1 AS asked")), 1);
        return sent();
    };
    EXPECT_EQ(ask({.raw_sql = true, .no_prepare = true, .statement_cache_size = 0}), "Q");
    EXPECT_EQ(ask({.raw_sql = false, .no_prepare = true, .statement_cache_size = 9}), "PBDES");
    EXPECT_EQ(ask({.raw_sql = false, .no_prepare = false, .statement_cache_size = 0}), "PBDES");
    EXPECT_EQ(kept("asked"), 0);
    EXPECT_EQ(ask(named), "PBDES"); // prepares it
    EXPECT_EQ(kept("asked"), 1);
    EXPECT_EQ(ask(named), "BDES");
    EXPECT_EQ(ask(as_a_pooler_needs), "Q") << "the name that is there is not used";
}

TEST_F(StatementOptionsTest, a_call_that_bears_with_few_names_adds_none_beyond_and_takes_nobody_s_away)
{
    use("?statement_cache_size=3");
    const auto run = [this](Executor& db, int number) {
        const unsafe_sql text("SELECT " + std::to_string(number) + " AS few");
        return get(db.query(text)).size();
    };
    auto two = pool->with({.raw_sql = false, .no_prepare = false, .statement_cache_size = 2});
    for (int number = 1; number <= 4; ++number) EXPECT_EQ(run(two, number), 1u);
    EXPECT_EQ(kept("few"), 1) << "one that opened the connection, and one of these";
    for (int number = 5; number <= 9; ++number) EXPECT_EQ(run(*pool, number), 1u);
    EXPECT_EQ(kept("few"), 3);
    EXPECT_EQ(run(two, 10), 1u);
    EXPECT_EQ(kept(" 9 AS few"), 1) << "still there";
}

TEST_F(StatementOptionsTest, a_transaction_keeps_the_manner_in_which_it_was_begun_and_so_do_its_savepoints)
{
    const auto work = [](Executor& db) -> asio::awaitable<void> {
        auto transaction = co_await db.begin();
        (void)co_await transaction.fetch_value<int>("SELECT 1 AS outer_one");
        auto savepoint = co_await transaction.begin();
        (void)co_await savepoint.fetch_value<int>("SELECT 2 AS inner_one");
        auto other = savepoint.with(named);
        (void)co_await other.fetch_value<int>("SELECT 3 AS nearer");
        co_await savepoint.commit();
        co_await transaction.commit();
    };
    auto careful = pool->with(as_a_pooler_needs);
    get(work(careful));
    EXPECT_EQ(kept("outer_one") + kept("inner_one") + kept("SAVEPOINT"), 0);
    EXPECT_EQ(kept("nearer"), 1) << "who is nearer to the statement decides";
    get(work(*pool));
    EXPECT_EQ(kept("outer_one") + kept("inner_one"), 2) << "the next one is the pool's own again";
}

TEST_F(StatementOptionsTest, a_unit_is_one_unit_in_every_manner)
{
    for (const StatementOptions how : {as_a_pooler_needs, named}) {
        auto view = pool->with(how);
        Batch batch;
        batch.add("SELECT 1 AS member");
        batch.add("SELECT 1 / 0");
        try {
            (void)get(view.run(std::move(batch)));
            ADD_FAILURE() << "it did not fail";
        } catch (const Error& error) {
            EXPECT_EQ(error.index(), 1u);
        }
        EXPECT_EQ(kept("member"), how == named ? 1 : 0) << "a name outlives what was undone";
    }
}

TEST_F(StatementOptionsTest, a_limit_and_a_manner_go_together)
{
    auto careful = pool->with(as_a_pooler_needs);
    auto limited = careful.within(std::chrono::milliseconds(50));
    EXPECT_THROW(get(limited.execute("SELECT pg_sleep(30)")), CommandTimeout);
    auto quick = pool->within(std::chrono::seconds(20));
    auto careful_too = quick.with(as_a_pooler_needs);
    proxy.forget();
    EXPECT_EQ(get(careful_too.fetch_value<int>("SELECT 1")), 1);
    EXPECT_EQ(sent(), "Q");
}

TEST_F(StatementOptionsTest, among_others_on_one_connection_it_is_careful_all_the_same)
{
    const auto ask = [](Executor& db, int number) { return db.fetch_value<int>("SELECT $1::int AS shared", number); };
    auto careful = pool->with(as_a_pooler_needs);
    for (int number = 0; number < 20; ++number) EXPECT_EQ(get(ask(careful, number)), number);
    EXPECT_EQ(kept("shared"), 0);
    EXPECT_EQ(get(ask(*pool, 7)), 7);
    EXPECT_EQ(kept("shared"), 1);
}

TEST_F(StatementOptionsTest, behind_a_pooler_nothing_is_named_whatever_is_asked_for)
{
    PostgresServer::shared().sql("ALTER ROLE postgres SET datestyle = 'ISO'");
    const testing::PgbouncerServer bouncer(PostgresServer::shared(), 1);
    Options options = Options::parse(bouncer.url());
    options.min_size = options.max_size = 1;
    pool.emplace(io.get_executor(), options);
    auto wished = pool->with(named);
    for (int number = 0; number < 5; ++number) {
        const int answer = get(wished.fetch_value<int>("SELECT $1::int AS wished", number));
        EXPECT_EQ(answer, number);
    }
    EXPECT_EQ(kept("wished"), 0);
    PostgresServer::shared().sql("ALTER ROLE postgres RESET datestyle");
}

TEST(StatementOptionsOnSqlite, they_mean_nothing_and_do_no_harm)
{
    asio::io_context io{1};
    Pool pool(io.get_executor(), Options::parse("sqlite::memory:"));
    const auto work = [](Executor& db) -> asio::awaitable<void> {
        co_await db.execute("CREATE TABLE IF NOT EXISTS t (id INTEGER) STRICT");
        auto transaction = co_await db.begin();
        co_await transaction.execute("INSERT INTO t VALUES ($1)", std::int64_t{1});
        co_await transaction.commit();
        EXPECT_GE(co_await db.fetch_value<std::int64_t>("SELECT count(*) FROM t"), 1);
    };
    for (const StatementOptions how : {as_a_pooler_needs, named}) {
        auto view = pool.with(how);
        testing::run(io, work(view));
    }
}

} // namespace
} // namespace trunkline::db
