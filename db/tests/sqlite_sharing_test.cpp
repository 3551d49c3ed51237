// SPDX-License-Identifier: MIT
// Promise 14 through the pool: callers' statements share sessions, so that a group is not bounded by connections.
#include <support/sqlite_bed.hpp>

#include <trunkline/db/pool.hpp>

#include <boost/system/system_error.hpp>

#include <list>

namespace trunkline::db {
namespace {

using namespace std::chrono_literals;
using testing::endless;
using testing::Pending;
using testing::Steady;

class SqliteSharing : public testing::SqliteBed {
protected:
    SqliteSharing()
    {
        limits_.idle_in_transaction_max = 60s; // a slow machine must not take the writer from a test
        options_.min_size = 1;
        options_.max_size = 4;
    }
    ~SqliteSharing() override
    {
        calls_.clear();
        pool_.reset();
        io_.restart();
        io_.poll();
    }

    Pool& pool()
    {
        if (pool_) return *pool_;
        pool_.emplace(io_.get_executor(), options_, make_sqlite_driver(io_.get_executor(), options_, limits_));
        get(pool_->execute("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT) STRICT"));
        return *pool_;
    }

    template <class T>
    T get(asio::awaitable<T> work)
    {
        std::optional<T> value;
        Pending<void>(io_, keep(std::move(work), value)).get();
        return std::move(*value);
    }
    void get(asio::awaitable<void> work) { Pending<void>(io_, std::move(work)).get(); }
    template <class T>
    static asio::awaitable<void> keep(asio::awaitable<T> work, std::optional<T>& value)
    {
        value.emplace(co_await std::move(work));
    }
    /// Starts an insert; it is on its way when this returns.
    Pending<std::uint64_t>& insert(std::int64_t id)
    {
        return calls_.emplace_back(io_, pool().execute("INSERT INTO t (id) VALUES ($1)", id));
    }
    template <class Reached>
    void until(Reached reached)
    {
        const auto limit = Steady::now() + 60s;
        io_.restart();
        while (!reached() && Steady::now() < limit) io_.run_one_until(limit);
        ASSERT_TRUE(reached()) << "what was waited for did not happen";
    }
    /// Everybody has a connection and his statement is on its way; or as many wait as are said to.
    void until_waiting(std::size_t waiting)
    {
        until([&] { return pool().stats().waiting == waiting; });
    }
    std::int64_t count() { return get(pool().fetch_value<std::int64_t>("SELECT count(*) FROM t")); }
    Transaction hold_writer() { return get(pool().begin()); }
    std::uintmax_t log_size() const { return std::filesystem::file_size(options_.target + "-wal"); }

    std::optional<Pool> pool_;
    std::list<Pending<std::uint64_t>> calls_;
};

TEST_F(SqliteSharing, a_thousand_callers_share_one_commit_on_a_pool_of_four)
{
    auto tx = hold_writer();
    for (int i = 0; i < 1000; ++i) insert(i);
    const auto before = log_size();
    get(tx.commit());
    for (auto& call : calls_) EXPECT_EQ(call.get(), 1u);
    EXPECT_EQ(count(), 1000);
    EXPECT_LT(log_size() - before, 100u * 4200u); // groups of four would write a thousand pages
    EXPECT_LE(pool().stats().size, 4u);
}

TEST_F(SqliteSharing, callers_of_one_turn_of_the_loop_make_one_group)
{
    pool();
    const auto before = log_size();
    std::size_t ended = 0;
    const auto note = [&ended](std::exception_ptr failure, std::uint64_t) {
        EXPECT_FALSE(failure);
        ++ended;
    };
    for (int i = 0; i < 500; ++i) asio::co_spawn(io_, pool().execute("INSERT INTO t (id) VALUES ($1)", i), note);
    until([&] { return ended == 500; });
    EXPECT_EQ(count(), 500);
    EXPECT_LT(log_size() - before, 50u * 4200u);
}

TEST_F(SqliteSharing, each_caller_has_the_fate_of_his_own_statement)
{
    auto tx = hold_writer();
    for (int i = 0; i < 100; ++i) insert(i % 50);
    get(tx.commit());
    std::size_t done = 0, refused = 0;
    for (auto& call : calls_) try {
            done += call.get();
        } catch (const UniqueViolation& violation) {
            EXPECT_EQ(violation.outcome(), Outcome::rejected);
            ++refused;
        }
    EXPECT_EQ(done, 50u);
    EXPECT_EQ(refused, 50u);
    EXPECT_EQ(count(), 50);
}

TEST_F(SqliteSharing, a_transaction_has_its_turn_between_those_who_share)
{
    options_.min_size = 4;
    auto first = hold_writer();
    until([&] { return pool().stats().idle == 3; }); // nobody waits for a connection: their order is that of asking
    insert(1);
    std::optional<Transaction> second;
    auto begun = Pending<void>(io_, keep(pool().begin(), second));
    insert(2);
    get(first.commit());
    begun.get();
    EXPECT_EQ(calls_.front().get(), 1u);
    EXPECT_TRUE(calls_.back().waits_for(20ms)); // it came after the transaction did
    EXPECT_EQ(get(second->fetch_value<std::int64_t>("SELECT count(*) FROM t")), 1);
    get(second->commit());
    EXPECT_EQ(calls_.back().get(), 1u);
}

TEST_F(SqliteSharing, everyone_who_shares_is_among_the_holders)
{
    auto tx = hold_writer();
    for (int i = 0; i < 10; ++i) insert(i);
    until_waiting(0);
    const auto holders = pool().holders();
    ASSERT_EQ(holders.size(), 11u);
    EXPECT_EQ(std::ranges::count(holders, "INSERT INTO t (id) VALUES ($1)", &Holder::statement), 10);
    EXPECT_EQ(pool().stats().in_use, 2u); // the transaction's connection, and the shared one
    get(tx.commit());
    for (auto& call : calls_) call.get();
    EXPECT_TRUE(pool().holders().empty());
}

TEST_F(SqliteSharing, what_may_be_under_way_at_once_is_bounded_and_the_rest_waits_in_line)
{
    options_.acquire_timeout = 60s;
    auto tx = hold_writer();
    for (int i = 0; i < 3100; ++i) insert(i);
    until_waiting(100);
    get(tx.commit());
    for (auto& call : calls_) EXPECT_EQ(call.get(), 1u);
    EXPECT_EQ(count(), 3100);
}

TEST_F(SqliteSharing, who_is_cancelled_while_he_waits_leaves_nothing_behind)
{
    auto tx = hold_writer();
    for (int i = 0; i < 10; ++i) insert(i);
    until_waiting(0);
    auto& given_up = calls_.front();
    given_up.cancel();
    EXPECT_THROW(given_up.get(), boost::system::system_error);
    EXPECT_EQ(pool().holders().size(), 10u);
    get(tx.commit());
    for (auto call = std::next(calls_.begin()); call != calls_.end(); ++call) call->get();
    EXPECT_EQ(count(), 9);
}

TEST_F(SqliteSharing, who_is_cancelled_as_his_statement_leaves_is_told_whether_it_was_done)
{
    pool();
    asio::cancellation_signal stop;
    std::exception_ptr failure;
    bool ended = false;
    const auto note = [&](std::exception_ptr why, std::uint64_t) {
        failure = why;
        ended = true;
    };
    asio::co_spawn(io_, pool().execute("INSERT INTO t (id) VALUES (1)"),
                   asio::bind_cancellation_slot(stop.slot(), note));
    until([&] { return !pool().holders().empty(); }); // it stands on the desk, and goes over in the next turn
    stop.emit(asio::cancellation_type::terminal);
    until([&] { return ended; });
    EXPECT_EQ(count(), failure ? 0 : 1); // the writer may have been quicker than the cancellation
}

TEST_F(SqliteSharing, a_deadline_that_passes_in_line_is_answered_there)
{
    auto tx = hold_writer();
    auto view = pool().within(50ms);
    const auto late = failure<CommandTimeout>([&] { get(view.execute("INSERT INTO t (id) VALUES (1)")); });
    EXPECT_EQ(late.outcome(), Outcome::not_sent);
    get(tx.commit());
    EXPECT_EQ(count(), 0);
}

TEST_F(SqliteSharing, those_behind_a_slow_write_hear_of_their_deadline_while_it_runs)
{
    auto tx = hold_writer();
    auto slow = Pending<std::uint64_t>(io_, pool().execute(unsafe_sql(testing::endless_insert)));
    until_waiting(0);
    EXPECT_FALSE(slow.over()); // and it is on its way, before those who come now
    auto view = pool().within(200ms);
    auto behind = Pending<std::uint64_t>(io_, view.execute("INSERT INTO t (id) VALUES (1)"));
    get(tx.commit());
    EXPECT_EQ(failure<CommandTimeout>([&] { behind.get(); }).outcome(), Outcome::not_sent);
    EXPECT_FALSE(slow.over());
    slow.cancel();
    EXPECT_THROW(slow.get(), boost::system::system_error);
    EXPECT_EQ(count(), 0);
}

TEST_F(SqliteSharing, those_before_a_slow_write_are_answered_while_it_runs)
{
    auto tx = hold_writer();
    for (int i = 0; i < 10; ++i) insert(i);
    until_waiting(0); // who comes now comes after them
    auto slow = Pending<std::uint64_t>(io_, pool().execute(unsafe_sql(testing::endless_insert)));
    get(tx.commit());
    for (auto& call : calls_) EXPECT_EQ(call.get(), 1u);
    EXPECT_EQ(count(), 10);
    EXPECT_FALSE(slow.over());
    slow.cancel();
    EXPECT_THROW(slow.get(), boost::system::system_error);
}

TEST_F(SqliteSharing, a_slow_read_keeps_nobody_who_came_with_it)
{
    limits_.readers = 2;
    pool();
    auto before = Pending<std::int64_t>(io_, pool().fetch_value<std::int64_t>("SELECT 1"));
    auto slow = Pending<Result>(io_, pool().query(unsafe_sql(endless)));
    std::list<Pending<std::int64_t>> behind;
    for (int i = 0; i < 50; ++i) behind.emplace_back(io_, pool().fetch_value<std::int64_t>("SELECT $1", i));
    EXPECT_EQ(before.get(), 1);
    std::int64_t i = 0;
    for (auto& read : behind) EXPECT_EQ(read.get(), i++);
    EXPECT_FALSE(slow.over());
    slow.cancel();
    EXPECT_THROW(slow.get(), boost::system::system_error);
}

TEST_F(SqliteSharing, a_read_sees_what_was_acknowledged_before_it)
{
    for (int i = 1; i <= 200; ++i) {
        insert(i).get();
        std::list<Pending<std::int64_t>> reads;
        for (int k = 0; k < 5; ++k) reads.emplace_back(io_, pool().fetch_value<std::int64_t>("SELECT count(*) FROM t"));
        for (auto& read : reads) ASSERT_EQ(read.get(), i);
    }
}

/// Reads for some milliseconds, again and again.
asio::awaitable<void> keep_reading(Pool& pool, const bool& enough, std::size_t& reading)
{
    while (!enough)
        (void)co_await pool.fetch_value<std::int64_t>(
            "WITH RECURSIVE c(n) AS (SELECT count(*) FROM t UNION ALL SELECT n + 1 FROM c WHERE n < 50000)"
            " SELECT count(*) FROM c");
    --reading;
}

TEST_F(SqliteSharing, the_log_is_folded_in_though_somebody_is_always_reading)
{
    limits_.readers = 2;
    limits_.log_pages = 20;
    limits_.log_patience = 10s;
    pool();
    bool enough = false;
    std::size_t reading = 4;
    for (int i = 0; i < 4; ++i)
        asio::co_spawn(io_, keep_reading(pool(), enough, reading), [](std::exception_ptr failure) {
            if (failure) std::rethrow_exception(failure);
        });
    for (int i = 0; i < 200; ++i) insert(i).get(); // each a commit of two pages and more
    enough = true;
    until([&] { return reading == 0; });
    EXPECT_LT(log_size(), 150u * 4200u);
}

TEST_F(SqliteSharing, a_drain_that_runs_out_of_patience_tells_everybody_the_truth)
{
    auto tx = hold_writer();
    for (int i = 0; i < 10; ++i) insert(i);
    until_waiting(0);
    const auto cut = get(pool().drain(50ms));
    EXPECT_EQ(cut.size(), 11u);
    std::int64_t done = 0; // the transaction is cut first, and then they may have their turn
    for (auto& call : calls_) try {
            call.get();
            ++done;
        } catch (const PoolClosed& closed) {
            EXPECT_TRUE(closed.outcome() == Outcome::not_sent || closed.outcome() == Outcome::rejected);
        }
    EXPECT_EQ(testing::Stranger(options_.target).number("SELECT count(*) FROM t"), done);
}

TEST_F(SqliteSharing, a_database_in_memory_shares_its_one_connection)
{
    options_.target = ":memory:";
    pool();
    for (int i = 0; i < 100; ++i) insert(i);
    for (auto& call : calls_) call.get();
    EXPECT_EQ(count(), 100);
    EXPECT_EQ(pool().stats().size, 1u);
}

TEST_F(SqliteSharing, without_sharing_each_statement_has_a_connection)
{
    options_.sharing = false;
    auto tx = hold_writer();
    for (int i = 0; i < 10; ++i) insert(i);
    until_waiting(7);
    get(tx.commit());
    for (auto& call : calls_) call.get();
    EXPECT_EQ(count(), 10);
}

TEST_F(SqliteSharing, the_pool_may_go_while_statements_are_on_their_way)
{
    pool();
    for (int i = 0; i < 50; ++i) insert(i);
    pool_.reset();
    std::int64_t done = 0;
    for (auto& call : calls_) try {
            call.get();
            ++done;
        } catch (const PoolClosed& closed) {
            EXPECT_NE(closed.outcome(), Outcome::applied);
        }
    EXPECT_EQ(testing::Stranger(options_.target).number("SELECT count(*) FROM t"), done);
}

TEST_F(SqliteSharing, a_loop_that_ends_before_the_answer_is_heard_lets_go_of_those_who_wait)
{
    auto other = std::make_unique<asio::io_context>();
    auto driver = make_sqlite_driver(other->get_executor(), options_, limits_);
    auto session = Pending(*other, driver->connect(Steady::now() + 30s)).get();
    const testing::Running call(*other, session->run(Query(testing::statement(endless)), Deadline::max()));
    driver.reset(); // answers it
    session.reset();
    other.reset(); // the sanitizers say when something remains
}

} // namespace
} // namespace trunkline::db
