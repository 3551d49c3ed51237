// SPDX-License-Identifier: MIT
#include <support/house.hpp>

namespace trunkline::db {
namespace {

using namespace std::chrono_literals;
using testing::execute;
using testing::House;
using testing::Running;
using Log = std::vector<std::string>;

TEST(Transaction, gives_its_connection_back_at_commit)
{
    House house;
    auto tx = house.get(house.pool().begin());
    house.get(execute(tx, "INSERT"));
    EXPECT_EQ(house.pool().stats().in_use, 1u);
    house.get(tx.commit());
    EXPECT_TRUE(house.idle()) << "although the transaction's object lives on";
    EXPECT_EQ(house.server->log(), (Log{"open 1", "1: BEGIN", "1: INSERT", "1: COMMIT"}));
}

TEST(Transaction, refuses_everything_once_it_is_over)
{
    House house;
    auto tx = house.get(house.pool().begin());
    house.get(tx.commit());
    house.failure_of<UsageError>(execute(tx, "INSERT"));
    house.failure_of<UsageError>(tx.commit());
    house.failure_of<UsageError>(tx.rollback());
    house.failure_of<UsageError>(tx.begin());
    EXPECT_THROW(tx.after_commit([] {}), UsageError);
}

TEST(Transaction, destroyed_uncommitted_is_rolled_back_before_the_connection_serves_anybody)
{
    House house;
    Running* next = nullptr;
    {
        auto tx = house.get(house.pool().begin());
        house.get(execute(tx, "INSERT"));
        next = &house.go(execute(house.pool(), "SELECT 2"));
        house.settle();
    }
    house.finish(*next);
    EXPECT_EQ(house.server->log(), (Log{"open 1", "1: BEGIN", "1: INSERT", "1: ROLLBACK", "1: SELECT 2"}));
}

TEST(Transaction, rollback_waits_for_it_and_gives_the_connection_back)
{
    House house;
    auto tx = house.get(house.pool().begin());
    house.get(tx.rollback());
    EXPECT_TRUE(house.server->logged("1: ROLLBACK"));
    EXPECT_TRUE(house.idle());
}

TEST(Transaction, a_rollback_that_fails_drops_the_connection_and_says_nothing)
{
    House house;
    ErrorInfo failure;
    failure.message = "cannot";
    house.server->fail("ROLLBACK", failure);
    auto tx = house.get(house.pool().begin());
    house.get(tx.rollback());
    house.get(house.pool().execute("SELECT 2"));
    EXPECT_TRUE(house.server->logged("2: SELECT 2"));
}

TEST(Transaction, a_commit_that_is_refused_leaves_nothing_behind)
{
    House house;
    ErrorInfo failure;
    failure.message = "deferred constraint";
    failure.outcome = Outcome::rejected;
    house.server->fail("COMMIT", failure);
    bool told = false;
    auto tx = house.get(house.pool().begin());
    tx.after_commit([&] { told = true; });
    const auto refused = house.failure_of<Error>(tx.commit());
    EXPECT_EQ(refused.outcome(), Outcome::rejected);
    house.get(house.pool().execute("SELECT 2"));
    EXPECT_EQ(house.server->log(), (Log{"open 1", "1: BEGIN", "1: COMMIT", "1: ROLLBACK", "1: SELECT 2"}));
    EXPECT_FALSE(told);
}

TEST(Transaction, a_commit_whose_answer_is_lost_has_an_unknown_outcome)
{
    House house;
    bool told = false;
    auto tx = house.get(house.pool().begin());
    tx.after_commit([&] { told = true; });
    house.server->lose_at("COMMIT");
    const auto lost = house.failure_of<ConnectionLost>(tx.commit());
    EXPECT_EQ(lost.outcome(), Outcome::unknown);
    EXPECT_FALSE(lost.retryable());
    EXPECT_FALSE(told);
}

TEST(Transaction, after_a_loss_commit_is_not_sent)
{
    House house;
    auto tx = house.get(house.pool().begin());
    house.server->lose_at("INSERT");
    house.failure_of<ConnectionLost>(execute(tx, "INSERT"));
    EXPECT_EQ(house.failure_of<ConnectionLost>(tx.commit()).outcome(), Outcome::not_sent);
    EXPECT_FALSE(house.server->logged("1: COMMIT"));
}

TEST(Transaction, a_begin_that_is_cancelled_leaves_no_transaction_open)
{
    House house;
    house.server->hold("BEGIN");
    auto begin = [](Pool& pool) -> asio::awaitable<void> { (void)co_await pool.begin(); };
    Running& caller = house.go(begin(house.pool()));
    house.until([&] { return house.server->held("BEGIN") == 1; });
    house.cancel(caller);
    house.failure_of<boost::system::system_error>(caller);
    house.get(house.pool().execute("SELECT 2"));
    EXPECT_EQ(house.pool().stats().in_use, 0u);
}

TEST(Transaction, begins_with_the_isolation_of_the_pool_unless_it_asks_for_another)
{
    Options options = House::small();
    options.isolation = Isolation::serializable;
    House house(options);
    (void)house.get(house.pool().begin());
    EXPECT_TRUE(house.server->logged("1: serializable"));
}

TEST(Transaction, can_be_moved)
{
    House house(House::small(0, 2));
    auto first = house.get(house.pool().begin());
    auto moved = std::move(first);
    house.get(execute(moved, "INSERT"));
    EXPECT_THROW((void)first.commit(), UsageError);
    moved = house.get(house.pool().begin()); // what it was is rolled back
    house.until([&] { return house.server->logged("1: ROLLBACK"); });
    house.get(moved.commit());
    EXPECT_TRUE(house.server->logged("2: COMMIT"));
}

// -- Savepoints ------------------------------------------------------------------

TEST(Savepoint, is_released_by_its_commit)
{
    House house;
    auto tx = house.get(house.pool().begin());
    auto savepoint = house.get(tx.begin());
    house.get(execute(savepoint, "INSERT"));
    house.get(savepoint.commit());
    house.get(tx.commit());
    EXPECT_EQ(house.server->log(),
              (Log{"open 1", "1: BEGIN", "1: SAVEPOINT tl_2", "1: INSERT", "1: RELEASE SAVEPOINT tl_2", "1: COMMIT"}));
}

TEST(Savepoint, while_it_is_open_its_parent_refuses_statements)
{
    House house;
    auto tx = house.get(house.pool().begin());
    auto savepoint = house.get(tx.begin());
    house.failure_of<UsageError>(execute(tx, "INSERT"));
    house.failure_of<UsageError>(tx.commit());
    house.failure_of<UsageError>(tx.begin());
    auto inner = house.get(savepoint.begin());
    house.failure_of<UsageError>(execute(savepoint, "INSERT"));
    EXPECT_TRUE(house.server->logged("1: SAVEPOINT tl_3"));
    EXPECT_FALSE(house.server->logged("1: INSERT"));
}

TEST(Savepoint, destroyed_uncommitted_is_undone_in_front_of_the_next_statement)
{
    House house;
    auto tx = house.get(house.pool().begin());
    (void)house.get(tx.begin());
    EXPECT_FALSE(house.server->logged("1: ROLLBACK TO SAVEPOINT tl_2"));
    house.get(execute(tx, "INSERT"));
    EXPECT_EQ(house.server->log(), (Log{"open 1", "1: BEGIN", "1: SAVEPOINT tl_2", "1: ROLLBACK TO SAVEPOINT tl_2",
                                        "1: RELEASE SAVEPOINT tl_2", "1: INSERT"}));
}

TEST(Savepoint, destroyed_uncommitted_is_undone_in_front_of_the_commit)
{
    House house;
    auto tx = house.get(house.pool().begin());
    {
        auto savepoint = house.get(tx.begin());
        auto inner = house.get(savepoint.begin());
    }
    house.get(tx.commit());
    EXPECT_EQ(house.server->log(), (Log{"open 1", "1: BEGIN", "1: SAVEPOINT tl_2", "1: SAVEPOINT tl_3",
                                        "1: ROLLBACK TO SAVEPOINT tl_2", "1: RELEASE SAVEPOINT tl_2", "1: COMMIT"}));
}

TEST(Savepoint, rolled_back_heals_its_failed_parent)
{
    House house;
    ErrorInfo failure;
    failure.message = "no";
    failure.outcome = Outcome::rejected;
    house.server->fail("BAD", failure);
    auto tx = house.get(house.pool().begin());
    auto savepoint = house.get(tx.begin());
    house.failure_of<Error>(execute(savepoint, "BAD"));
    house.get(savepoint.rollback());
    house.get(execute(tx, "INSERT"));
    house.get(tx.commit());
    EXPECT_TRUE(house.idle());
    EXPECT_EQ(house.pool().stats().broken, 0u);
}

TEST(Savepoint, of_a_transaction_that_was_destroyed_joins_no_later_one)
{
    House house;
    auto tx = house.get(house.pool().begin());
    auto outer = std::make_optional(house.get(tx.begin()));
    auto stale = house.get(outer->begin());
    outer.reset();
    auto second = house.get(tx.begin());
    auto inner = house.get(second.begin());
    house.failure_of<UsageError>(execute(stale, "INSERT"));
    house.get(execute(inner, "INSERT"));
}

// -- After the commit ----------------------------------------------------------------

TEST(AfterCommit, runs_at_once_on_a_pool_and_a_connection)
{
    House house;
    int told = 0;
    house.pool().after_commit([&] { ++told; });
    house.pool().within(1s).after_commit([&] { ++told; });
    auto connection = house.get(house.pool().acquire());
    connection.after_commit([&] { ++told; });
    EXPECT_EQ(told, 3);
}

TEST(AfterCommit, runs_in_order_after_the_outermost_commit)
{
    House house;
    std::vector<int> told;
    auto tx = house.get(house.pool().begin());
    tx.after_commit([&] { told.push_back(1); });
    auto savepoint = house.get(tx.begin());
    savepoint.after_commit([&] { told.push_back(2); });
    house.get(savepoint.commit());
    tx.after_commit([&] { told.push_back(house.pool().stats().in_use == 0 ? 3 : -3); });
    EXPECT_TRUE(told.empty());
    house.get(tx.commit());
    EXPECT_EQ(told, (std::vector{1, 2, 3}));
}

TEST(AfterCommit, is_dropped_with_what_is_rolled_back)
{
    House house;
    bool told = false;
    {
        auto tx = house.get(house.pool().begin());
        tx.after_commit([&] { told = true; });
        house.get(tx.rollback());
    }
    auto tx = house.get(house.pool().begin());
    auto savepoint = house.get(tx.begin());
    savepoint.after_commit([&] { told = true; });
    house.get(savepoint.rollback());
    house.get(tx.commit());
    EXPECT_FALSE(told);
}

// -- What every executor does ----------------------------------------------------------

asio::awaitable<std::vector<Result>> run_both(Executor& db)
{
    Batch batch;
    batch.add("INSERT INTO a DEFAULT VALUES");
    batch.add("INSERT INTO b DEFAULT VALUES");
    co_return co_await db.run(std::move(batch));
}

TEST(Executor, a_batch_answers_by_index_and_an_empty_one_asks_nothing)
{
    House house;
    EXPECT_EQ(house.get(run_both(house.pool())).size(), 2u);
    EXPECT_TRUE(house.get(house.pool().run(Batch())).empty());
    EXPECT_EQ(house.pool().stats().acquired, 1u);
}

TEST(Executor, execute_many_adds_up_what_changed)
{
    House house;
    const std::vector<std::tuple<std::int64_t>> rows{{1}, {2}, {3}};
    EXPECT_EQ(house.get(house.pool().execute_many("INSERT INTO a (id) VALUES ($1)", rows)), 3u);
    const std::vector<std::tuple<std::int64_t>> none;
    EXPECT_EQ(house.get(house.pool().execute_many("INSERT INTO a (id) VALUES ($1)", none)), 0u);
}

TEST(Executor, the_cardinality_is_in_the_name)
{
    House house;
    std::vector<Value> two{to_value(std::int64_t{1}), to_value(std::int64_t{2})};
    house.server->answer("SELECT two", Result({"n"}, two, 2));
    house.server->answer("SELECT none", Result({"n"}, {}, 0));
    EXPECT_EQ(house.get(house.pool().fetch<std::int64_t>("SELECT two")), (std::vector<std::int64_t>{1, 2}));
    const auto many = house.failure_of<TooManyRows>(house.pool().fetch_one<std::int64_t>("SELECT two"));
    EXPECT_EQ(many.statement(), "SELECT two");
    house.failure_of<TooManyRows>(house.pool().fetch_optional<std::int64_t>("SELECT two"));
    house.failure_of<NoRows>(house.pool().fetch_value<std::int64_t>("SELECT none"));
    EXPECT_FALSE(house.get(house.pool().fetch_optional<std::int64_t>("SELECT none")));
}

} // namespace
} // namespace trunkline::db
