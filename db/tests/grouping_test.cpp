// SPDX-License-Identifier: MIT
// Promise 8, grouping: strangers under one Sync, on a real PostgreSQL.
#include <support/pgbouncer_server.hpp>
#include <support/sharing_scene.hpp>

#include <trunkline/db/grouped.hpp>

#include <boost/system/system_error.hpp>

#include <cstdlib>

namespace trunkline::db {
namespace {

using namespace std::chrono_literals;

class Grouping : public testing::SharingScene {
protected:
    Grouping()
    {
        server.sql("DROP TABLE IF EXISTS grouped_late, grouped_log");
        server.sql("CREATE TABLE grouped_log (id bigint PRIMARY KEY, xid bigint DEFAULT txid_current())");
        server.sql(
            "CREATE TABLE grouped_late (id bigint PRIMARY KEY, of bigint REFERENCES grouped_log DEFERRABLE INITIALLY DEFERRED)");
        server.sql("CREATE OR REPLACE FUNCTION smuggled(id bigint) RETURNS bigint LANGUAGE sql AS"
                   " 'INSERT INTO grouped_log (id) VALUES ($1) RETURNING id'");
    }

    asio::awaitable<void> read(std::int64_t number)
    {
        EXPECT_EQ(co_await grouped(*pool).fetch_value<std::int64_t>("SELECT $1::bigint", number), number);
    }
    asio::awaitable<void> divide(std::int64_t number, std::int64_t by)
    {
        EXPECT_EQ(co_await grouped(*pool).fetch_value<std::int64_t>("SELECT $1::bigint / $2::bigint", number, by),
                  number);
    }
    asio::awaitable<void> insert(std::int64_t id)
    {
        EXPECT_EQ(co_await grouped(*pool).execute("INSERT INTO grouped_log (id) VALUES ($1)", id), 1u);
    }
    asio::awaitable<void> insert_late(std::int64_t id, std::int64_t of)
    {
        EXPECT_EQ(co_await grouped(*pool).execute("INSERT INTO grouped_late VALUES ($1, $2)", id, of), 1u);
    }
    asio::awaitable<void> smuggle(std::int64_t id)
    {
        co_await grouped(*pool).fetch_value<std::int64_t>("SELECT smuggled($1)", id);
    }
    asio::awaitable<void> sleep(std::string_view function, double seconds, std::chrono::milliseconds limit)
    {
        auto limited = pool->within(limit);
        if (function == "read") co_await grouped(limited).fetch_value<std::int64_t>("SELECT work($1, 1)", seconds);
        else co_await grouped(limited).execute("INSERT INTO grouped_log (id) VALUES (work($1, -7))", seconds);
    }

    /// The pool as it is once it has a connection and knows that nothing is in between.
    void use(std::size_t max_size)
    {
        SharingScene::use(max_size);
        for (int i = 0; i < 3; ++i) run_some();
    }
    std::string rows() { return server.sql("SELECT count(*) FROM grouped_log"); }
    /// How many rows each transaction wrote, one after the other.
    std::string sizes()
    {
        return server.sql("SELECT string_agg(size::text, ' ' ORDER BY xid) FROM"
                          " (SELECT xid, count(*) AS size FROM grouped_log GROUP BY xid) AS written");
    }
    /// In how many transactions the rows were written.
    std::string transactions() { return server.sql("SELECT count(DISTINCT xid) FROM grouped_log"); }
};

TEST_F(Grouping, inserts_of_strangers_are_one_transaction)
{
    use(1);
    for (int i = 0; i < 100; ++i) go(insert(i));
    finish_all();
    EXPECT_EQ(rows(), "100");
    EXPECT_EQ(transactions(), "1");
}

TEST_F(Grouping, reads_of_strangers_see_one_moment)
{
    use(1);
    std::set<std::string> moments;
    const auto look = [](Pool& from, std::set<std::string>& seen) -> asio::awaitable<void> {
        seen.insert(co_await grouped(from).fetch_value<std::string>("SELECT now()::text"));
    };
    for (int i = 0; i < 100; ++i) go(look(*pool, moments));
    finish_all();
    EXPECT_EQ(moments.size(), 1u);
}

TEST_F(Grouping, who_fails_fails_alone)
{
    use(1);
    std::vector<Running*> wrong;
    for (int i = 0; i < 100; ++i) {
        if (i % 10 == 3) wrong.push_back(&go(divide(i, 0)));
        else go(divide(i, 1));
    }
    finish_all();
    EXPECT_EQ(wrong.size(), 10u);
    for (const Running* one : wrong) {
        EXPECT_EQ(failure_of<Error>(*one).sqlstate(), "22012");
        EXPECT_EQ(failure_of<Error>(*one).outcome(), Outcome::rejected);
    }
    EXPECT_EQ(failures(), wrong.size());
}

TEST_F(Grouping, an_insert_that_is_refused_takes_nobody_with_it_and_nothing_happens_twice)
{
    use(1);
    server.sql("INSERT INTO grouped_log VALUES (50)");
    std::vector<Running*> callers;
    for (int i = 0; i < 100; ++i) callers.push_back(&go(insert(i)));
    finish_all();
    EXPECT_EQ(failure_of<UniqueViolation>(*callers[50]).outcome(), Outcome::rejected);
    EXPECT_EQ(failures(), 1u);
    EXPECT_EQ(rows(), "100");
}

TEST_F(Grouping, groups_grow_while_they_go_well)
{
    use(1);
    for (int i = 0; i < 2000; ++i) go(insert(i));
    finish_all();
    EXPECT_EQ(failures(), 0u);
    EXPECT_EQ(rows(), "2000");
    EXPECT_EQ(sizes(), "128 144 160 176 192 208 224 240 256 272");
}

TEST_F(Grouping, groups_are_halved_when_one_fails_and_grow_again)
{
    use(1);
    for (int round = 0; round < 5; ++round) {
        for (int i = 0; i < 10; ++i) go(insert(1)); // one of them the first time, and then none
        finish_all();
    }
    server.sql("DELETE FROM grouped_log");
    for (int i = 0; i < 200; ++i) go(insert(i));
    finish_all();
    EXPECT_EQ(rows(), "200");
    EXPECT_EQ(sizes(), "16 32 48 64 40");
}

/// Mixed work of one of many callers, one in a hundred wrong on purpose, and what he is answered.
asio::awaitable<void> mixed_work(Pool& pool, std::int64_t first, std::int64_t count)
{
    for (std::int64_t id = first; id < first + count; ++id) {
        Grouped db(pool);
        const std::int64_t divisor = id % 100 == 7 ? 0 : 1;
        std::string state;
        try {
            if (id % 3 == 0) EXPECT_EQ(co_await db.execute("INSERT INTO grouped_log (id) VALUES ($1)", id), 1u);
            EXPECT_EQ(co_await db.fetch_value<std::int64_t>("SELECT $1::bigint / $2::bigint", id, divisor), id);
        } catch (const Error& refused) {
            EXPECT_EQ(refused.outcome(), Outcome::rejected);
            state = refused.sqlstate();
        }
        EXPECT_EQ(state, divisor == 0 ? "22012" : "") << id;
    }
}

TEST_F(Grouping, everybody_gets_exactly_his_own_answer_and_nothing_is_written_twice)
{
    const char* const wanted = std::getenv("TRUNKLINE_MIXED_STATEMENTS");
    const std::int64_t tasks = 100, each = (wanted ? std::atoll(wanted) : 10'000) / tasks;
    use(4);
    for (std::int64_t task = 0; task < tasks; ++task) go(mixed_work(*pool, task * each, each));
    finish_all(120s + tasks * each * 2ms);
    EXPECT_EQ(failures(), 0u);
    EXPECT_EQ(rows(), std::to_string((tasks * each + 2) / 3));
}

TEST_F(Grouping, a_write_smuggled_among_reads_is_refused_by_the_server)
{
    use(1);
    const Running& smuggler = go(smuggle(1));
    for (int i = 0; i < 10; ++i) go(read(i));
    finish_all();
    EXPECT_EQ(failure_of<Error>(smuggler).sqlstate(), "25006");
    EXPECT_EQ(failures(), 1u);
    const Running& lonely = go(smuggle(2));
    finish_all();
    EXPECT_EQ(failure_of<Error>(lonely).sqlstate(), "25006") << "also when nobody is grouped with it";
    EXPECT_EQ(rows(), "0");
}

TEST_F(Grouping, and_so_it_is_where_nothing_is_grouped)
{
    Options options = options_for(server.url(), 1);
    options.sharing = false;
    SharingScene::use(options);
    const Running& smuggler = go(smuggle(1));
    finish_all();
    EXPECT_EQ(failure_of<Error>(smuggler).sqlstate(), "25006");
    EXPECT_EQ(rows(), "0");
}

TEST_F(Grouping, a_deferred_constraint_that_fails_at_the_commit_undoes_its_own_row_only)
{
    use(1);
    server.sql("INSERT INTO grouped_log VALUES (1)");
    const Running& wrong = go(insert_late(1, 2));
    for (int i = 2; i < 10; ++i) go(insert_late(i, 1));
    finish_all();
    EXPECT_EQ(failure_of<ForeignKeyViolation>(wrong).outcome(), Outcome::rejected);
    EXPECT_EQ(failures(), 1u);
    EXPECT_EQ(server.sql("SELECT count(*) FROM grouped_late"), "8");
    EXPECT_EQ(pool->stats().broken, 0u);
}

TEST_F(Grouping, the_same_holds_for_a_statement_that_is_not_grouped)
{
    use(1);
    const auto insert = [](Pool& into) -> asio::awaitable<void> {
        co_await into.execute("INSERT INTO grouped_late VALUES (1, 2)");
    };
    for (int i = 0; i < 10; ++i) { // alone at first, then beside others
        const Running& wrong = go(insert(*pool));
        finish_all();
        EXPECT_EQ(failure_of<ForeignKeyViolation>(wrong).outcome(), Outcome::rejected);
    }
    EXPECT_EQ(pool->stats().broken, 0u);
}

TEST_F(Grouping, whoever_passes_his_deadline_is_stopped_and_the_others_are_answered)
{
    use(1);
    const Running& late = go(sleep("read", 20, 100ms));
    for (int i = 0; i < 20; ++i) go(read(i));
    finish_all();
    EXPECT_EQ(failure_of<CommandTimeout>(late).sqlstate(), "57014");
    EXPECT_EQ(failures(), 1u);
    EXPECT_EQ(pool->stats().broken, 0u);
}

TEST_F(Grouping, a_late_insert_leaves_nothing)
{
    use(1);
    const Running& late = go(sleep("insert", 20, 100ms));
    for (int i = 0; i < 20; ++i) go(insert(i));
    finish_all();
    EXPECT_EQ(failure_of<CommandTimeout>(late).outcome(), Outcome::rejected);
    EXPECT_EQ(failures(), 1u);
    EXPECT_EQ(rows(), "20");
}

TEST_F(Grouping, whoever_gives_up_while_he_waits_for_his_group_is_not_sent)
{
    use(1);
    go(sleep("insert", 0.3, 20s));
    until([&] {
        return server.sql(
                   "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%work($1, -7)%' AND state = 'active'") !=
               "0";
    });
    Running& gone = go(insert(1));
    go(insert(2));
    until([&] { return pool->holders().size() == 3; });
    gone.stop.emit(asio::cancellation_type::terminal);
    finish_all();
    EXPECT_EQ(failure_of<boost::system::system_error>(gone).code(), asio::error::operation_aborted);
    EXPECT_EQ(failures(), 1u);
    EXPECT_EQ(server.sql("SELECT string_agg(id::text, ',' ORDER BY id) FROM grouped_log"), "-7,2");
}

TEST_F(Grouping, a_lost_connection_leaves_the_outcome_of_all_unknown_and_nothing_is_run_again)
{
    use(1);
    go(sleep("insert", 20, 20s));
    for (int i = 0; i < 5; ++i) go(insert(i));
    const std::string ours = "FROM pg_stat_activity WHERE application_name = 'sharing' AND state = 'active'";
    until([&] { return server.sql("SELECT count(*) " + ours) != "0"; });
    server.sql("SELECT pg_terminate_backend(pid) " + ours);
    finish_all();
    EXPECT_EQ(failures(), 6u);
    for_each([](const Running& one) { EXPECT_EQ(failure_of<ConnectionLost>(one).outcome(), Outcome::unknown); });
    EXPECT_EQ(rows(), "0");
}

TEST_F(Grouping, what_cannot_be_grouped_is_refused_with_its_place)
{
    use(1);
    const auto wrong = [](Executor& db) -> asio::awaitable<void> {
        co_await grouped(db).execute("UPDATE grouped_log SET id = id + 1");
    };
    const auto in_transaction = [&](Pool& from) -> asio::awaitable<void> {
        auto transaction = co_await from.begin();
        co_await wrong(transaction);
    };
    const Running& on_pool = go(wrong(*pool));
    const Running& inside = go(in_transaction(*pool));
    finish_all();
    EXPECT_NE(std::string(failure_of<UsageError>(on_pool).what()).find("grouping_test.cpp"), std::string::npos);
    EXPECT_NE(std::string(failure_of<UsageError>(inside).what()).find("cannot be grouped"), std::string::npos);
}

TEST_F(Grouping, in_a_transaction_a_grouped_statement_is_one_as_any_other)
{
    use(1);
    const auto work = [](Pool& from) -> asio::awaitable<void> {
        auto transaction = co_await from.begin();
        co_await grouped(transaction).execute("INSERT INTO grouped_log (id) VALUES ($1)", std::int64_t{1});
        EXPECT_EQ(co_await grouped(transaction).fetch_value<std::int64_t>("SELECT count(*) FROM grouped_log"), 1);
        co_await transaction.execute("INSERT INTO grouped_log (id) VALUES ($1)", std::int64_t{2});
        co_await transaction.rollback();
    };
    go(work(*pool));
    finish_all();
    EXPECT_EQ(failures(), 0u);
    EXPECT_EQ(rows(), "0");
}

TEST_F(Grouping, with_a_serializable_server_nobody_is_grouped)
{
    SharingScene::use(options_for(server.url() + "?options=-c%20default_transaction_isolation%3Dserializable", 1));
    for (int i = 0; i < 3; ++i) run_some();
    for (int i = 0; i < 20; ++i) go(insert(i));
    finish_all();
    EXPECT_EQ(failures(), 0u);
    EXPECT_EQ(transactions(), "20");
}

TEST_F(Grouping, behind_a_pooler_nobody_is_grouped)
{
    server.sql("ALTER ROLE postgres SET datestyle = 'ISO'");
    testing::PgbouncerServer pgbouncer(server, 2);
    SharingScene::use(options_for(pgbouncer.url(), 1));
    for (int i = 0; i < 20; ++i) go(insert(i));
    finish_all();
    EXPECT_EQ(failures(), 0u);
    EXPECT_EQ(transactions(), "20");
    server.sql("ALTER ROLE postgres RESET datestyle");
}

} // namespace
} // namespace trunkline::db
