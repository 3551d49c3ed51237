// SPDX-License-Identifier: MIT
// Where a pool may live, and from where it may be called: see docs/executors.md. Run under ThreadSanitizer as well.
#include <support/house.hpp>
#include <support/threads.hpp>

#include <boost/asio/strand.hpp>

#include <atomic>

namespace trunkline::db {
namespace {

using namespace std::chrono_literals;
using testing::begun;
using testing::ended;
using testing::execute;
using testing::FakeServer;
using testing::House;
using testing::Threads;

Options sized(std::size_t max_size)
{
    Options options = House::small(0, max_size);
    options.acquire_timeout = 30s;
    return options;
}

/// A pool on a strand of a context that four threads run. The scripted server belongs to the strand, as the pool does.
class OnStrand : public ::testing::Test {
protected:
    template <class Look>
    auto at_home(Look look)
    {
        return asio::post(home, asio::use_future(look)).get();
    }
    ~OnStrand() override
    {
        for (const char* gate : {"CONNECT", "SELECT 1", "BEGIN", "ROLLBACK"}) at_home([&] { server->release(gate); });
        (void)ended(begun(elsewhere(), pool().drain(5s)));
        threads.join();
    }

    void use(Options options) { pool_.emplace(home, std::move(options), testing::fake_driver(server)); }
    Pool& pool()
    {
        if (!pool_) use(sized(4));
        return *pool_;
    }

    /// The context's own executor, as most coroutines of a program run on it.
    asio::any_io_executor elsewhere() { return threads.io.get_executor(); }
    /// An executor of its own for each caller, so that what a caller owns is used by one thread at a time.
    asio::any_io_executor a_strand() { return asio::make_strand(threads.io); }

    template <class Reached>
    void until(Reached reached)
    {
        const auto bound = std::chrono::steady_clock::now() + 30s;
        while (!at_home(reached)) {
            if (std::chrono::steady_clock::now() > bound)
                throw std::runtime_error("what was waited for did not happen");
            std::this_thread::yield();
        }
    }
    bool nothing_lent()
    {
        const PoolStats now = pool().stats();
        return now.in_use == 0 && now.waiting == 0;
    }

    Threads threads{4};
    const asio::any_io_executor home{asio::make_strand(threads.io)};
    const std::shared_ptr<FakeServer> server = std::make_shared<FakeServer>();

private:
    std::optional<Pool> pool_;
};

/// What a caller does with a pool, so many times.
asio::awaitable<void> everything(Pool& pool, std::size_t times, std::atomic<std::size_t>& committed)
{
    const auto here = co_await asio::this_coro::executor;
    for (std::size_t i = 0; i < times; ++i) {
        co_await execute(pool, "SELECT 1");
        if (co_await asio::this_coro::executor != here) throw std::runtime_error("it came back elsewhere");
        {
            auto connection = co_await pool.acquire();
            co_await execute(connection, "SELECT 2");
        }
        refuse_while_holding(here, "what is not the database"); // it was given back, as far as the task is concerned
        auto transaction = co_await pool.begin();
        co_await execute(transaction, "INSERT 1");
        {
            auto undone = co_await transaction.begin();
            co_await execute(undone, "INSERT 2");
        }
        transaction.after_commit([&committed] { ++committed; });
        if (i % 3 == 0) co_await transaction.commit();
        else if (i % 3 == 1) co_await transaction.rollback();
    }
}

TEST_F(OnStrand, callers_on_every_thread_use_a_pool_that_lives_on_a_strand)
{
    std::atomic<std::size_t> committed = 0;
    std::vector<std::future<void>> callers;
    for (int i = 0; i < 16; ++i) callers.push_back(begun(a_strand(), everything(pool(), 30, committed)));
    for (auto& caller : callers) ended(std::move(caller));
    EXPECT_EQ(committed, 16u * 10u);
    until([&] { return nothing_lent(); });
    EXPECT_EQ(at_home([&] { return server->most_open() <= 4; }), true);
    EXPECT_EQ(at_home([&] { return pool().stats().broken; }), 0u);
}

TEST_F(OnStrand, callers_that_are_at_home_need_not_change_threads)
{
    std::atomic<std::size_t> committed = 0;
    std::vector<std::future<void>> callers;
    for (int i = 0; i < 4; ++i) callers.push_back(begun(home, everything(pool(), 30, committed)));
    for (auto& caller : callers) ended(std::move(caller));
    EXPECT_EQ(committed, 4u * 10u);
    EXPECT_TRUE(at_home([&] { return nothing_lent(); }));
}

asio::awaitable<std::optional<Connection>> take(Pool& pool) { co_return co_await pool.acquire(); }

TEST_F(OnStrand, a_lease_may_be_destroyed_on_any_thread)
{
    for (int i = 0; i < 20; ++i) {
        std::optional<Connection> mine = ended(begun(elsewhere(), take(pool())));
        std::thread([&] { mine.reset(); }).join();
        std::optional<Transaction> tx;
        auto open = [](Pool& from, std::optional<Transaction>& into) -> asio::awaitable<void> {
            into.emplace(co_await from.begin());
        };
        ended(begun(elsewhere(), open(pool(), tx)));
        std::thread([&] { tx.reset(); }).join();
    }
    until([&] { return nothing_lent(); });
    EXPECT_GE(at_home([&] { return server->count("1: ROLLBACK"); }), 20u);
}

asio::awaitable<void> work_with(Connection connection, int times)
{
    for (int i = 0; i < times; ++i) co_await execute(connection, "SELECT 3");
}

TEST_F(OnStrand, a_lease_that_was_taken_at_home_may_be_used_elsewhere)
{
    auto connection = ended(begun(home, take(pool())));
    ended(begun(elsewhere(), work_with(std::move(*connection), 5)));
    connection.reset();
    until([&] { return nothing_lent(); });
    EXPECT_EQ(at_home([&] { return server->count("1: SELECT 3"); }), 5u);
}

/// A caller that is cancelled after a while, wherever it is then.
struct Cancelled {
    explicit Cancelled(asio::any_io_executor on) : executor(std::move(on)) {}

    std::future<void> start(asio::awaitable<void> work)
    {
        return asio::co_spawn(executor, std::move(work), asio::bind_cancellation_slot(stop.slot(), asio::use_future));
    }
    void cancel()
    {
        asio::post(executor, [this] { stop.emit(asio::cancellation_type::terminal); });
    }

    asio::any_io_executor executor;
    asio::cancellation_signal stop;
};

TEST_F(OnStrand, a_caller_elsewhere_that_is_cancelled_stops_its_statement_on_the_server)
{
    at_home([&] { server->hold("SELECT 1"); });
    Cancelled caller(a_strand());
    auto result = caller.start(execute(pool(), "SELECT 1"));
    until([&] { return server->held("SELECT 1") == 1; });
    caller.cancel();
    EXPECT_THROW(ended(std::move(result)), boost::system::system_error);
    EXPECT_TRUE(at_home([&] { return server->logged("1: stopped SELECT 1"); }));
    until([&] { return nothing_lent(); });
}

asio::awaitable<void> keep_asking(Pool& pool, std::size_t times)
{
    for (std::size_t i = 0; i < times; ++i) {
        auto transaction = co_await pool.begin();
        co_await execute(transaction, "SELECT 1");
        co_await transaction.commit();
    }
}

TEST_F(OnStrand, callers_that_are_cancelled_at_any_moment_leave_nothing_behind)
{
    use(sized(2));
    std::size_t stopped = 0;
    for (unsigned round = 0; round < 20; ++round) {
        std::list<Cancelled> callers;
        std::vector<std::future<void>> results;
        for (int i = 0; i < 6; ++i)
            results.push_back(callers.emplace_back(a_strand()).start(keep_asking(pool(), 1000)));
        for (unsigned spin = 0; spin < round; ++spin) std::this_thread::yield();
        for (Cancelled& caller : callers) caller.cancel();
        for (auto& result : results) {
            try {
                ended(std::move(result));
            } catch (const boost::system::system_error&) {
                ++stopped;
            }
        }
    }
    EXPECT_GE(stopped, 20u) << "most were still asking";
    until([&] { return nothing_lent(); });
    EXPECT_LE(at_home([&] { return server->most_open(); }), 2u);
}

TEST_F(OnStrand, a_caller_elsewhere_that_waits_too_long_is_told_why)
{
    Options options = sized(1);
    options.acquire_timeout = 50ms;
    use(options);
    at_home([&] { server->hold("SELECT 1"); });
    auto running = begun(elsewhere(), execute(pool(), "SELECT 1"), "the slow one");
    until([&] { return server->held("SELECT 1") == 1; });
    try {
        ended(begun(elsewhere(), execute(pool(), "SELECT 2")));
        FAIL() << "there is one connection only";
    } catch (const AcquireTimeout& timeout) {
        EXPECT_EQ(timeout.cause(), AcquireCause::slow_holders) << timeout.what();
        EXPECT_EQ(timeout.dossier().holders.at(0).task, "the slow one");
    }
    at_home([&] { server->release("SELECT 1"); });
    ended(std::move(running));
}

asio::awaitable<void> ask_while_keeping(Pool& pool)
{
    auto connection = co_await pool.acquire();
    co_await execute(pool, "SELECT 1");
}

TEST_F(OnStrand, a_task_elsewhere_is_refused_a_second_connection)
{
    EXPECT_THROW(ended(begun(elsewhere(), ask_while_keeping(pool()))), UsageError);
    until([&] { return nothing_lent(); });
}

asio::awaitable<void> wait_while_keeping(Pool& pool)
{
    auto connection = co_await pool.acquire();
    refuse_while_holding(co_await asio::this_coro::executor, "a model");
}

TEST_F(OnStrand, a_task_elsewhere_does_not_wait_for_others_while_it_keeps_a_connection)
{
    EXPECT_THROW(ended(begun(elsewhere(), wait_while_keeping(pool()))), UsageError);
}

TEST_F(OnStrand, transact_runs_its_work_where_it_was_called)
{
    const auto here = a_strand();
    auto work = [](Pool& from, asio::any_io_executor on) -> asio::awaitable<void> {
        const auto inside = [&on](Transaction& transaction) -> asio::awaitable<void> {
            if (co_await asio::this_coro::executor != on) throw std::runtime_error("it runs elsewhere");
            co_await execute(transaction, "SELECT 1");
        };
        co_await from.transact({}, inside);
    };
    auto result = asio::co_spawn(here, work(pool(), here), asio::use_future);
    ended(std::move(result));
    EXPECT_EQ(at_home([&] { return server->count("1: COMMIT"); }), 1u);
}

TEST_F(OnStrand, is_looked_at_on_its_own_executor)
{
    ended(begun(elsewhere(), execute(pool(), "SELECT 1")));
    auto looked = asio::post(pool().get_executor(), asio::use_future([&] { return pool().stats().acquired; }));
    EXPECT_EQ(looked.get(), 1u);
}

// -- A pool for each thread --------------------------------------------------------

struct Shard {
    asio::io_context io{1};
    std::shared_ptr<FakeServer> server = std::make_shared<FakeServer>();
    Pool pool{io.get_executor(), sized(2), testing::fake_driver(server)};
    std::thread thread;
};

TEST(Shards, pools_of_several_threads_do_not_know_of_one_another)
{
    std::list<Shard> shards(4);
    std::atomic<std::size_t> committed = 0;
    std::vector<std::future<void>> callers;
    for (Shard& shard : shards) {
        for (int i = 0; i < 4; ++i)
            callers.push_back(begun(shard.io.get_executor(), everything(shard.pool, 30, committed)));
        shard.thread = std::thread([&shard] { shard.io.run(); });
    }
    for (auto& caller : callers) ended(std::move(caller));
    EXPECT_EQ(committed, 16u * 10u);
    for (Shard& shard : shards) {
        auto drained = begun(shard.io.get_executor(), shard.pool.drain(5s));
        if (shard.thread.joinable()) shard.thread.join();
        shard.io.restart();
        shard.io.run();
        EXPECT_TRUE(ended(std::move(drained)).empty());
        EXPECT_LE(shard.server->most_open(), 2u);
    }
}

TEST(Shards, one_thread_may_use_the_pool_of_another)
{
    Threads first(1), second(1);
    const auto server = std::make_shared<FakeServer>();
    Pool pool(first.io.get_executor(), sized(2), testing::fake_driver(server));
    std::atomic<std::size_t> committed = 0;
    auto one = begun(first.io.get_executor(), everything(pool, 60, committed));
    auto other = begun(second.io.get_executor(), everything(pool, 60, committed));
    ended(std::move(one));
    ended(std::move(other));
    EXPECT_EQ(committed, 40u);
    (void)ended(begun(second.io.get_executor(), pool.drain(5s)));
    second.join();
    first.join();
}

} // namespace
} // namespace trunkline::db
