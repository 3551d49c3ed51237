// SPDX-License-Identifier: MIT
#include <support/house.hpp>
#include <support/postgres_server.hpp>
#include <support/run.hpp>

namespace trunkline::db {
namespace {

using namespace std::chrono_literals;
using testing::execute;
using testing::House;
using testing::PostgresServer;

constexpr Retries quick{.tries_max = 4, .pause_first = 1ms, .pause_max = 2ms};

ErrorInfo refusal(std::string sqlstate)
{
    ErrorInfo info;
    info.message = "refused";
    info.sqlstate = std::move(sqlstate);
    info.outcome = Outcome::rejected;
    return info;
}

TEST(Transact, commits_what_was_done_and_answers_what_it_answered)
{
    House house;
    const auto work = [](Transaction& tx) -> asio::awaitable<int> {
        co_await execute(tx, "SELECT 1");
        co_return 7;
    };
    EXPECT_EQ(house.get(house.pool().transact({}, work)), 7);
    EXPECT_EQ(house.server->log(), (std::vector<std::string>{"open 1", "1: BEGIN", "1: SELECT 1", "1: COMMIT"}));
}

TEST(Transact, gives_up_after_its_tries_with_what_the_server_said_last)
{
    House house;
    for (const char* state : {"40001", "40P01"}) {
        house.server->fail("SELECT 1", refusal(state));
        int calls = 0;
        const auto work = [&](Transaction& tx) -> asio::awaitable<void> {
            ++calls;
            co_await execute(tx, "SELECT 1");
        };
        EXPECT_EQ(house.failure_of<SerializationFailure>(house.pool().transact({}, work, quick)).sqlstate(), state);
        EXPECT_EQ(calls, 4);
    }
    EXPECT_EQ(house.server->count("1: ROLLBACK"), 8u);
}

TEST(Transact, runs_nothing_again_that_failed_for_another_reason)
{
    House house;
    house.server->fail("SELECT 1", refusal("23505"));
    int calls = 0;
    const auto work = [&](Transaction& tx) -> asio::awaitable<void> {
        ++calls;
        co_await execute(tx, "SELECT 1");
    };
    house.failure_of<UniqueViolation>(house.pool().transact({}, work, quick));
    const auto broken = [&](Transaction&) -> asio::awaitable<void> {
        ++calls;
        throw std::runtime_error("a mistake of the program");
        co_return;
    };
    house.failure_of<std::runtime_error>(house.pool().transact({}, broken, quick));
    EXPECT_EQ(calls, 2);
    EXPECT_EQ(house.server->count("1: COMMIT"), 0u);
}

TEST(Transact, runs_nothing_again_that_may_have_been_committed)
{
    House house;
    house.server->lose_at("COMMIT");
    int calls = 0;
    const auto work = [&](Transaction& tx) -> asio::awaitable<void> {
        ++calls;
        co_await execute(tx, "SELECT 1");
    };
    EXPECT_EQ(house.failure_of<ConnectionLost>(house.pool().transact({}, work, quick)).outcome(), Outcome::unknown);
    EXPECT_EQ(calls, 1);
}

TEST(Transact, holds_no_connection_while_it_pauses)
{
    House house;
    house.server->fail("SELECT 1", refusal("40001"));
    const auto work = [](Transaction& tx) -> asio::awaitable<void> { co_await execute(tx, "SELECT 1"); };
    auto& running = house.go(house.pool().transact({}, work, {.tries_max = 2, .pause_first = 10s, .pause_max = 10s}));
    house.until([&] { return house.server->logged("1: ROLLBACK") && house.pool().stats().idle == 1; });
    house.get(execute(house.pool(), "SELECT 2"));
    EXPECT_FALSE(running.ended);
    house.cancel(running);
    house.until([&] { return running.ended; });
    EXPECT_EQ(house.server->count("1: SELECT 1"), 1u) << "a caller that gave up is not run again";
}

/// What the tests on a real server share.
struct Accounts {
    explicit Accounts(std::size_t connections) : pool(io.get_executor(), options(connections))
    {
        server.sql(
            "DROP TABLE IF EXISTS accounts; CREATE TABLE accounts (id bigint PRIMARY KEY, amount bigint NOT NULL);"
            "INSERT INTO accounts SELECT i, 0 FROM generate_series(1, 4) i");
    }
    Options options(std::size_t connections)
    {
        // A deadlock is found soon.
        Options made = Options::parse(server.url() + "?options=-c%20deadlock_timeout%3D10ms");
        made.max_size = connections;
        made.min_size = 1;
        return made;
    }
    /// Runs `tasks` side by side to their end.
    template <class Make>
    void run_all(int tasks, Make make)
    {
        int running = tasks;
        for (int i = 0; i < tasks; ++i)
            asio::co_spawn(with_task(io.get_executor(), "mover"), make(i), [&](std::exception_ptr failure) {
                if (failure) std::rethrow_exception(failure);
                --running;
            });
        const auto limit = std::chrono::steady_clock::now() + 50s;
        while (running != 0 && io.run_one_until(limit) != 0) {}
        ASSERT_EQ(running, 0);
    }
    std::string sum() const { return server.sql("SELECT sum(amount) FROM accounts"); }

    PostgresServer& server = PostgresServer::shared();
    asio::io_context io{1};
    Pool pool;
};

asio::awaitable<void> read_then_write(Accounts& accounts, int& calls, int times)
{
    const auto add = [&calls](Transaction& tx) -> asio::awaitable<void> {
        ++calls;
        const auto before = co_await tx.fetch_value<std::int64_t>("SELECT sum(amount)::bigint FROM accounts");
        co_await tx.execute("UPDATE accounts SET amount = amount + 1 WHERE id = $1", std::int64_t{1 + before % 4});
    };
    for (int i = 0; i < times; ++i)
        co_await accounts.pool.transact({.isolation = Isolation::serializable}, add, {.tries_max = 1'000});
}

TEST(TransactOnPostgresql, what_cannot_be_serialised_is_run_again_until_it_can)
{
    Accounts accounts(8);
    int calls = 0;
    accounts.run_all(8, [&](int) { return read_then_write(accounts, calls, 10); });
    EXPECT_EQ(accounts.sum(), "80");
    EXPECT_GT(calls, 80) << "nobody got in anybody's way: this showed nothing";
}

asio::awaitable<void> move_between(Accounts& accounts, int& calls, std::int64_t from, std::int64_t to, int times)
{
    const auto move = [&calls, from, to](Transaction& tx) -> asio::awaitable<void> {
        ++calls;
        co_await tx.execute("UPDATE accounts SET amount = amount - 1 WHERE id = $1", from);
        co_await tx.execute("UPDATE accounts SET amount = amount + 1 WHERE id = $1", to);
    };
    for (int i = 0; i < times; ++i) co_await accounts.pool.transact({}, move, {.tries_max = 1'000});
}

TEST(TransactOnPostgresql, a_deadlock_is_run_again)
{
    Accounts accounts(8);
    int calls = 0;
    accounts.run_all(8, [&](int i) { return move_between(accounts, calls, i % 2 ? 1 : 2, i % 2 ? 2 : 1, 20); });
    EXPECT_EQ(accounts.sum(), "0");
    EXPECT_EQ(accounts.server.sql("SELECT amount FROM accounts WHERE id = 1"), "0");
    EXPECT_GT(calls, 160) << "nobody met a deadlock: this showed nothing";
}

TEST(TransactOnPostgresql, read_committed_can_be_asked_for_where_the_pool_has_another)
{
    Accounts accounts(1);
    Options options = accounts.options(1);
    options.isolation = Isolation::serializable;
    Pool strict(accounts.io.get_executor(), options);
    std::string asked, usual;
    const auto look = [&]() -> asio::awaitable<void> {
        const auto level = [](Transaction& tx) {
            return tx.fetch_value<std::string>("SELECT current_setting('transaction_isolation')");
        };
        asked = co_await strict.transact({.isolation = Isolation::read_committed}, level);
        usual = co_await strict.transact({}, level);
    };
    testing::run(accounts.io, look());
    EXPECT_EQ(asked, "read committed");
    EXPECT_EQ(usual, "serializable");
}

} // namespace
} // namespace trunkline::db
