// SPDX-License-Identifier: MIT
// Promise 6 where it hurts: several clients behind one pooler with few servers, each with texts of its own under what
// would be the same names, and strangers who take those names.
#include <support/name_thief.hpp>
#include <support/pgbouncer_server.hpp>
#include <support/postgres_bench.hpp>
#include <support/run.hpp>

#include <trunkline/db/pool.hpp>
#include <trunkline/db/task.hpp>
#include <trunkline/db/testing/fault_proxy.hpp>

#include <boost/asio/co_spawn.hpp>

#include <gtest/gtest.h>

#include <list>
#include <map>
#include <set>

namespace trunkline::db {
namespace {

using testing::FaultProxy;
using testing::NameThief;
using testing::PgbouncerServer;
using testing::PostgresServer;
using testing::statement;

constexpr const char* database = "fights";

class PoolerFights : public ::testing::Test {
protected:
    static void SetUpTestSuite()
    {
        PostgresServer& server = PostgresServer::shared();
        server.create_database(database);
        server.sql("ALTER DATABASE fights SET datestyle = 'ISO'");
        server.sql("CREATE TABLE done (owner text, id bigint)", database);
        bouncer = std::make_unique<PgbouncerServer>(server, 2);
    }
    static void TearDownTestSuite() { bouncer.reset(); }
    void SetUp() override { server.sql("TRUNCATE done", database); }

    Pool& pool(const std::string& url, std::size_t max_size = 4)
    {
        Options options = Options::parse(url);
        options.min_size = 1;
        options.max_size = max_size;
        return pools_.emplace_back(io.get_executor(), options);
    }
    Pool& behind_pooler(const std::string& parameters = "") { return pool(bouncer->url(database) + parameters); }

    struct Tally {
        int right = 0;
        int wrong = 0;
        int nameless = 0; ///< calls that failed because their statement's name was not there any more
        std::string first_trouble;
    };

    /// Tasks that ask and write for `owner`, each of them `rounds` times.
    void go(Pool& pool, const std::string& owner, int tasks, int rounds)
    {
        for (int task = 0; task < tasks; ++task) {
            ++running_;
            auto note = [this](std::exception_ptr failure) {
                --running_;
                trouble(failure);
            };
            asio::co_spawn(with_task(io.get_executor(), owner), fight(pool, owner, task * rounds, rounds), note);
        }
    }
    void finish()
    {
        const auto bound = std::chrono::steady_clock::now() + std::chrono::seconds(120);
        io.restart();
        while (running_ > 0)
            if (io.run_one_until(bound) == 0) throw std::runtime_error("the fight did not end");
    }
    template <class T>
    T get(asio::awaitable<T> work)
    {
        std::optional<T> value;
        testing::run(io, keep(std::move(work), value));
        return std::move(*value);
    }
    template <class T>
    static asio::awaitable<void> keep(asio::awaitable<T> work, std::optional<T>& value)
    {
        value.emplace(co_await std::move(work));
    }

    asio::awaitable<void> fight(Pool& pool, std::string owner, std::int64_t first, int rounds)
    {
        for (std::int64_t id = first; id < first + rounds; ++id) {
            std::exception_ptr failure;
            try {
                co_await ask(pool, owner, id);
                if (id % 4 == 1) co_await write(pool, owner, id);
                if (id % 6 == 2) co_await ask_twice_at_once(pool, owner, id);
            } catch (...) {
                failure = std::current_exception();
            }
            trouble(failure);
        }
    }

    /// Seven texts for each owner. By counting, as names are made, the nth of one owner is the nth of every other.
    static Statement question(const std::string& owner, std::int64_t id)
    {
        return statement("SELECT '" + owner + "-" + std::to_string(id % 7) + "-' || $1::text", std::to_string(id));
    }
    void expect_answer(const std::string& owner, std::int64_t id, const std::string& answer)
    {
        const std::string expected = owner + "-" + std::to_string(id % 7) + "-" + std::to_string(id);
        ++(answer == expected ? tally.right : tally.wrong);
        if (answer != expected && tally.first_trouble.empty())
            tally.first_trouble = "'" + answer + "' instead of '" + expected + "'";
    }
    asio::awaitable<void> ask(Executor& db, const std::string& owner, std::int64_t id)
    {
        Statement asked = question(owner, id);
        const auto rows = co_await db.fetch<std::string>(std::move(asked));
        expect_answer(owner, id, rows.size() == 1 ? rows[0] : "nothing");
    }
    asio::awaitable<void> write(Pool& pool, const std::string& owner, std::int64_t id)
    {
        auto transaction = co_await pool.begin();
        co_await ask(transaction, owner, id);
        co_await transaction.execute("INSERT INTO done VALUES ($1, $2)", owner, id);
        co_await ask(transaction, owner, id + 1);
        co_await transaction.commit();
        written[owner].insert(id);
    }
    asio::awaitable<void> ask_twice_at_once(Pool& pool, const std::string& owner, std::int64_t id)
    {
        Batch batch;
        batch.add(question(owner, id));
        batch.add(question(owner, id + 3));
        const std::vector<Result> answers = co_await pool.run(std::move(batch));
        expect_answer(owner, id, answers.at(0).as<std::string>(0));
        expect_answer(owner, id + 3, answers.at(1).as<std::string>(0));
    }
    void trouble(std::exception_ptr failure)
    {
        if (!failure) return;
        try {
            std::rethrow_exception(failure);
        } catch (const Error& error) {
            if (error.sqlstate() == "26000" && error.outcome() == Outcome::rejected) ++tally.nameless;
            else if (tally.first_trouble.empty()) tally.first_trouble = error.what();
        } catch (const std::exception& error) {
            if (tally.first_trouble.empty()) tally.first_trouble = error.what();
        }
    }
    void expect_written()
    {
        for (const auto& [owner, ids] : written)
            EXPECT_EQ(server.sql("SELECT count(*) || '/' || count(DISTINCT id) FROM done WHERE owner = '" + owner + "'",
                                 database),
                      std::to_string(ids.size()) + "/" + std::to_string(ids.size()));
    }
    static std::string address(const std::string& url)
    {
        const auto from = url.find('@') + 1;
        return url.substr(from, url.find('/', from) - from);
    }

    static std::unique_ptr<PgbouncerServer> bouncer;
    PostgresServer& server = PostgresServer::shared();
    asio::io_context io{1};
    Tally tally;
    std::map<std::string, std::set<std::int64_t>> written;

private:
    std::list<Pool> pools_;
    int running_ = 0;
};
std::unique_ptr<PgbouncerServer> PoolerFights::bouncer;

TEST_F(PoolerFights, everybody_gets_his_own_rows_while_strangers_take_our_names)
{
    const NameThief one(bouncer->url(database)), two(bouncer->url(database));
    for (const char* owner : {"ada", "bob", "eve", "kay"}) go(behind_pooler(), owner, 4, 40);
    go(behind_pooler("?no_prepare=true"), "careful", 2, 40);
    go(behind_pooler("?raw_sql=true"), "raw", 2, 40);
    finish();
    EXPECT_EQ(tally.wrong, 0) << tally.first_trouble;
    EXPECT_EQ(tally.first_trouble, "");
    EXPECT_EQ(tally.nameless, 0);
    EXPECT_GE(tally.right, (4 * 4 + 2 + 2) * 40);
    expect_written();
    EXPECT_GT(one.rounds() + two.rounds(), 0);
}

TEST_F(PoolerFights, a_pooler_that_was_denied_is_recognised_all_the_same)
{
    const NameThief thief(bouncer->url(database));
    for (const char* owner : {"ada", "bob", "eve"}) {
        Pool& pool = behind_pooler("?pooler=none");
        go(pool, owner, 3, 30);
    }
    finish();
    EXPECT_EQ(tally.wrong, 0) << tally.first_trouble;
    EXPECT_EQ(tally.first_trouble, "");
    EXPECT_EQ(tally.nameless, 0);
    expect_written();
    Pool& denied = behind_pooler("?pooler=none");
    get(denied.fetch_value<int>("SELECT 1"));
    EXPECT_NE(denied.describe().find("behind a pooler in spite of pooler=none, unnamed statements"), std::string::npos)
        << denied.describe();
}

TEST_F(PoolerFights, a_promise_of_sessions_that_is_broken_costs_names_and_never_gives_a_wrong_row)
{
    const NameThief thief(bouncer->url(database));
    for (const char* owner : {"ada", "bob", "eve"}) go(behind_pooler("?pooler=session"), owner, 3, 40);
    go(behind_pooler(), "kay", 2, 40);
    finish();
    EXPECT_EQ(tally.wrong, 0) << tally.first_trouble;
    EXPECT_EQ(tally.first_trouble, "") << "a name that is gone is healed, or said: 26000, rejected";
    expect_written();
}

TEST_F(PoolerFights, a_pooler_that_comes_in_later_is_recognised_on_the_connection_it_is_on)
{
    auto front = std::make_unique<FaultProxy>(server.port());
    Pool& moved = pool("postgresql://postgres@127.0.0.1:" + std::to_string(front->port()) + "," +
                           address(bouncer->url(database)) + "/" + database,
                       2);
    const auto names = [this](Executor& db) {
        for (int i = 0; i < 3; ++i) EXPECT_EQ(get(db.fetch_value<int>("SELECT $1::int AS moved", i)), i);
        auto careful = db.with({});
        return get(careful.fetch_value<std::int64_t>("SELECT count(*) FROM pg_prepared_statements"
                                                     " WHERE statement LIKE 'SELECT $1::int AS moved%' AND $1",
                                                     true));
    };
    {
        auto direct = get(moved.acquire());
        EXPECT_EQ(names(direct), 1);
    }
    front.reset();            // the first host is gone, and what is left is the pooler
    go(moved, "late", 4, 20); // some fail while the old connection is found dead
    finish();
    tally.first_trouble.clear();
    go(moved, "later", 4, 20);
    finish();
    EXPECT_EQ(tally.wrong, 0);
    EXPECT_EQ(tally.first_trouble, "");
    EXPECT_NE(moved.describe().find("behind a pooler, unnamed statements"), std::string::npos) << moved.describe();
    auto pooled = get(moved.acquire());
    auto pooled_too = get(moved.acquire());
    EXPECT_EQ(names(pooled), 0);
    EXPECT_EQ(names(pooled_too), 0);
}

} // namespace
} // namespace trunkline::db
