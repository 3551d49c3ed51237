// SPDX-License-Identifier: MIT
#include <support/sqlite_bed.hpp>

#include <boost/system/system_error.hpp>

#include <fstream>
#include <limits>

namespace trunkline::db {
namespace {

using namespace std::chrono_literals;
using testing::endless;
using testing::Pending;
using testing::statement;
using testing::Steady;

class SqliteDriver : public testing::SqliteBed {
protected:
    std::unique_ptr<DriverConnection> connect_with_table()
    {
        auto session = connect();
        run(*session, "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE) STRICT");
        return session;
    }
    std::string refusal_to_open()
    {
        const auto refused = failure<ConnectFailed>([&] { connect(); });
        EXPECT_EQ(refused.outcome(), Outcome::not_sent);
        return refused.what();
    }
};

TEST_F(SqliteDriver, a_new_file_has_a_log_full_flushes_and_foreign_keys)
{
    auto session = connect();
    EXPECT_EQ(run(*session, "PRAGMA journal_mode").as<std::string>(0), "wal");
    EXPECT_EQ(number(*session, "PRAGMA synchronous"), 2);
    EXPECT_EQ(number(*session, "PRAGMA foreign_keys"), 1);
    EXPECT_GT(driver().max_connections(), 1000u);
    EXPECT_NE(driver().describe().find("SQLite 3."), std::string::npos);
}

TEST_F(SqliteDriver, a_folder_that_is_missing_is_named)
{
    options_.target = (folder_ / "nowhere" / "test.db").string();
    const auto message = refusal_to_open();
    EXPECT_NE(message.find("nowhere"), std::string::npos);
    EXPECT_NE(message.find("does not exist"), std::string::npos);
}

TEST_F(SqliteDriver, a_file_that_is_something_else_is_refused_and_left_alone)
{
    std::ofstream(options_.target) << std::string(5000, 'x');
    EXPECT_NE(refusal_to_open().find("not an SQLite database"), std::string::npos);
    EXPECT_EQ(std::filesystem::file_size(options_.target), 5000u);
}

TEST_F(SqliteDriver, a_file_that_is_marked_read_only_is_refused)
{
    std::ofstream(options_.target).close();
    std::filesystem::permissions(options_.target, std::filesystem::perms::owner_read);
    EXPECT_NE(refusal_to_open().find("read-only"), std::string::npos);
}

TEST_F(SqliteDriver, a_file_whose_end_is_missing_is_refused_as_damaged)
{
    auto session = connect_with_table();
    for (int i = 0; i < 50; ++i)
        run(*session, "INSERT INTO t VALUES ($1, $2)", i, std::string(1000, 'a') + std::to_string(i));
    session.reset();
    driver_.reset(); // the last one out folds the log into the file
    std::filesystem::resize_file(options_.target, 8192);
    EXPECT_NE(refusal_to_open().find("damaged"), std::string::npos);
}

TEST_F(SqliteDriver, every_kind_of_value_goes_in_and_comes_back)
{
    auto session = connect();
    run(*session, "CREATE TABLE v (b INTEGER, i INTEGER, r REAL, s TEXT, y BLOB, u BLOB, t INTEGER, d TEXT, j TEXT, n "
                  "TEXT) STRICT");
    const auto id = new_uuid();
    const Time time(1700000000123456us);
    const Date date(std::chrono::year(2026) / 11 / 21);
    run(*session, "INSERT INTO v VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)", true,
        std::numeric_limits<std::int64_t>::min(), 0.1, std::string("a\0b", 3), Bytes(), id, time, date, Json("{}"),
        std::optional<std::string>());
    const auto back = run(*session, "SELECT * FROM v");
    EXPECT_TRUE(back[0].get<bool>("b"));
    EXPECT_EQ(back[0].get<std::int64_t>("i"), std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(back[0].get<double>("r"), 0.1);
    EXPECT_EQ(back[0].get<std::string>("s"), std::string("a\0b", 3));
    EXPECT_EQ(back[0].get<Bytes>("y"), Bytes());
    EXPECT_EQ(back[0].get<Uuid>("u"), id);
    EXPECT_EQ(back[0].get<Time>("t"), time);
    EXPECT_EQ(back[0].get<Date>("d"), date);
    EXPECT_EQ(back[0].get<Json>("j"), Json("{}"));
    EXPECT_FALSE(back[0].get<std::optional<std::string>>("n"));
    EXPECT_EQ(run(*session, "SELECT typeof(b) || typeof(u) || d AS kinds FROM v").as<std::string>(0),
              "integerblob2026-11-21");
}

TEST_F(SqliteDriver, parameters_are_bound_by_their_number_wherever_they_stand)
{
    auto session = connect();
    EXPECT_EQ(run(*session, "SELECT $2 || $1 || $2 || $10 AS x", "a", "b", 3, 4, 5, 6, 7, 8, 9, "j").as<std::string>(0),
              "babj");
    EXPECT_THROW(run(*session, "SELECT $1", 1, 2), UsageError);
    EXPECT_THROW(run(*session, "SELECT ?", 1), UsageError);
    EXPECT_EQ(failure([&] { run(*session, "SELECT $1", std::numeric_limits<double>::quiet_NaN()); }).sqlstate(),
              "22003");
}

TEST_F(SqliteDriver, affected_counts_changes_and_rows)
{
    auto session = connect_with_table();
    EXPECT_EQ(run(*session, "INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')").affected(), 3u);
    EXPECT_EQ(run(*session, "CREATE TABLE other (x)").affected(), 0u);
    EXPECT_EQ(run(*session, "SELECT id FROM t WHERE id > 1").affected(), 2u);
    const auto returned = run(*session, "UPDATE t SET name = name || '!' WHERE id < 3 RETURNING id, name");
    EXPECT_EQ(returned.affected(), 2u);
    EXPECT_EQ(returned[1].get<std::string>("name"), "b!");
    EXPECT_EQ(run(*session, "WITH old AS (SELECT 1 AS id) DELETE FROM t WHERE id IN (SELECT id FROM old)").affected(),
              1u);
    EXPECT_EQ(session->queries(), 6u);
}

TEST_F(SqliteDriver, each_failure_has_its_sqlstate_and_never_a_value)
{
    auto session = connect_with_table();
    run(*session, "CREATE TABLE c (id INTEGER PRIMARY KEY, t INTEGER REFERENCES t (id), n INTEGER NOT NULL, k INTEGER "
                  "CHECK (k < 9)) STRICT");
    run(*session, "CREATE UNIQUE INDEX two ON c (n, k)");
    run(*session, "INSERT INTO t VALUES (1, 'secret')");
    run(*session, "INSERT INTO c VALUES (1, 1, 1, 1)");
    const auto unique = failure<UniqueViolation>([&] { run(*session, "INSERT INTO t VALUES (2, $1)", "secret"); });
    EXPECT_EQ(unique.constraint(), "t.name");
    EXPECT_EQ(unique.sqlstate(), "23505");
    EXPECT_EQ(unique.outcome(), Outcome::rejected);
    EXPECT_EQ(std::string(unique.what()).find("secret"), std::string::npos);
    EXPECT_EQ(unique.statement(), "INSERT INTO t VALUES (2, $1)");
    const auto state = [&](std::string sql) { return failure([&] { run(*session, sql); }).sqlstate(); };
    EXPECT_EQ(state("INSERT INTO t VALUES (1, 'x')"), "23505");
    EXPECT_EQ(failure<UniqueViolation>([&] { run(*session, "INSERT INTO c VALUES (2, 1, 1, 1)"); }).constraint(),
              "c.n, c.k");
    EXPECT_EQ(state("INSERT INTO c VALUES (2, 99, 1, 2)"), "23503");
    EXPECT_EQ(failure<CheckViolation>([&] { run(*session, "INSERT INTO c VALUES (2, 1, NULL, 2)"); }).constraint(),
              "c.n");
    EXPECT_EQ(state("INSERT INTO c VALUES (2, 1, 2, 10)"), "23514");
    EXPECT_EQ(state("INSERT INTO c VALUES (2, 1, 'text', 2)"), "42804");
    EXPECT_EQ(state("SELEC 1"), "42601");
    EXPECT_EQ(state("SELECT 1; SELECT 2"), "42601");
    EXPECT_EQ(state("  -- nothing"), "42601");
    EXPECT_EQ(state("SELECT * FROM nowhere"), "42P01");
    EXPECT_EQ(state("SELECT missing FROM t"), "42703");
    EXPECT_EQ(state("SELECT \"text\" FROM t"), "42703");
    EXPECT_EQ(state("CREATE TABLE t (x)"), "42P07");
    EXPECT_EQ(session->condition(), Condition::idle);
}

TEST_F(SqliteDriver, a_full_text_query_that_is_malformed_is_not_repeated_in_the_message)
{
    auto session = connect();
    run(*session, "CREATE VIRTUAL TABLE f USING fts5 (body)");
    for (const std::string query : {"\"hidden", "hidden:x", "a hidden \" b", "hidden^^"}) {
        const auto failed = failure([&] { run(*session, "SELECT * FROM f WHERE f MATCH $1", query); });
        EXPECT_EQ(std::string(failed.what()).find("hidden"), std::string::npos) << failed.what();
    }
}

TEST_F(SqliteDriver, what_would_change_the_handles_or_the_transaction_as_text_is_refused)
{
    auto session = connect_with_table();
    for (const std::string sql :
         {"BEGIN", " /* x */ commit", "END", "ROLLBACK", "SAVEPOINT a", "RELEASE a", "ROLLBACK TO a", "ATTACH 'x' AS y",
          "PRAGMA foreign_keys = OFF", "PRAGMA main.synchronous(0)"})
        EXPECT_THROW(run(*session, sql), UsageError) << sql;
    std::vector<Statement> unit{statement("INSERT INTO t VALUES (1, 'a')"), statement("COMMIT")};
    EXPECT_THROW(start(*session, Query(std::move(unit))).get(), UsageError);
    EXPECT_EQ(number(*session, "SELECT count(*) FROM t"), 0);
    begin(*session);
    EXPECT_THROW(run(*session, "COMMIT"), UsageError);
    EXPECT_THROW(run(*session, "ROLLBACK"), UsageError);
    EXPECT_EQ(session->condition(), Condition::in_transaction);
    rollback(*session);
}

TEST_F(SqliteDriver, pragmas_and_vacuum_run_outside_a_transaction_on_the_writer)
{
    auto session = connect_with_table();
    run(*session, "PRAGMA user_version = 7");
    EXPECT_EQ(number(*session, "PRAGMA user_version"), 7);
    EXPECT_EQ(run(*session, "PRAGMA table_info(t)").size(), 2u);
    EXPECT_EQ(run(*session, "PRAGMA wal_checkpoint").size(), 1u);
    run(*session, "VACUUM");
}

TEST_F(SqliteDriver, a_with_that_writes_finds_its_way_to_the_writer)
{
    auto session = connect_with_table();
    run(*session, "WITH n(id) AS (VALUES (1), (2)) INSERT INTO t (id) SELECT id FROM n");
    EXPECT_EQ(number(*session, "WITH n AS (SELECT count(*) AS c FROM t) SELECT c FROM n"), 2);
}

TEST_F(SqliteDriver, a_reader_sees_what_was_committed_as_soon_as_the_writer_answered)
{
    auto writer = connect_with_table();
    auto reader = connect();
    for (int i = 1; i <= 200; ++i) {
        run(*writer, "INSERT INTO t (id) VALUES ($1)", i);
        ASSERT_EQ(number(*reader, "SELECT count(*) FROM t"), i);
    }
}

TEST_F(SqliteDriver, a_schema_that_changes_under_a_kept_statement_is_noticed)
{
    auto session = connect_with_table();
    run(*session, "INSERT INTO t VALUES (1, 'a')");
    EXPECT_EQ(run(*session, "SELECT * FROM t").columns().size(), 2u);
    run(*session, "ALTER TABLE t ADD COLUMN more TEXT");
    for (int i = 0; i < 4; ++i) EXPECT_EQ(run(*session, "SELECT * FROM t").columns().size(), 3u);
}

TEST_F(SqliteDriver, everything_works_without_a_statement_cache)
{
    options_.statement_cache_size = 0;
    auto session = connect_with_table();
    for (int i = 0; i < 3; ++i) run(*session, "INSERT INTO t (id) VALUES ($1)", i);
    EXPECT_EQ(number(*session, "SELECT count(*) FROM t"), 3);
}

TEST_F(SqliteDriver, a_statement_is_stopped_at_its_deadline_and_the_session_goes_on)
{
    auto session = connect_with_table();
    for (const std::string& sql : {std::string(endless), testing::endless_insert}) {
        const auto before = Steady::now();
        const auto late =
            failure<CommandTimeout>([&] { start(*session, Query(statement(sql)), before + 100ms).get(); });
        EXPECT_EQ(late.outcome(), Outcome::rejected);
        EXPECT_EQ(late.sqlstate(), "57014");
        EXPECT_GE(Steady::now() - before, 100ms);
        EXPECT_LT(Steady::now() - before, 10s);
    }
    EXPECT_EQ(session->cancelled(), 2u);
    EXPECT_EQ(number(*session, "SELECT count(*) FROM t"), 0);
}

TEST_F(SqliteDriver, the_command_timeout_stops_a_statement_without_a_deadline)
{
    options_.command_timeout = 100ms;
    auto session = connect_with_table();
    EXPECT_THROW(run(*session, endless), CommandTimeout);
    EXPECT_THROW(run(*session, testing::endless_insert), CommandTimeout);
}

TEST_F(SqliteDriver, a_cancelled_caller_is_told_when_the_statement_is_really_over)
{
    auto session = connect_with_table();
    auto running = start(*session, testing::endless_insert);
    testing::Stranger stranger(options_.target);
    const auto limit = Steady::now() + 30s;
    while (stranger.run("BEGIN IMMEDIATE") == SQLITE_OK && Steady::now() < limit) stranger.run("ROLLBACK");
    running.cancel(); // it runs: the stranger cannot write
    EXPECT_EQ(failure<boost::system::system_error>([&] { running.get(); }).code(), asio::error::operation_aborted);
    EXPECT_EQ(stranger.run("BEGIN IMMEDIATE"), SQLITE_OK);
    EXPECT_EQ(session->cancelled(), 1u);
    stranger.run("ROLLBACK");
    EXPECT_EQ(number(*session, "SELECT count(*) FROM t"), 0);
}

TEST_F(SqliteDriver, a_read_that_is_cancelled_frees_its_thread)
{
    limits_.readers = 1;
    auto session = connect();
    auto other = connect();
    auto running = start(*session, endless);
    auto queued = start(*other, endless);
    queued.cancel();
    EXPECT_THROW(queued.get(), boost::system::system_error);
    EXPECT_EQ(other->cancelled(), 0u); // it never ran
    running.cancel();
    EXPECT_THROW(running.get(), boost::system::system_error);
    EXPECT_EQ(number(*session, "SELECT 1"), 1);
}

TEST_F(SqliteDriver, a_database_in_memory_has_one_connection_and_serves_all_calls)
{
    options_.target = ":memory:";
    auto session = connect_with_table();
    EXPECT_EQ(driver().max_connections(), 1u);
    run(*session, "INSERT INTO t VALUES (1, 'a')");
    begin(*session, true);
    EXPECT_EQ(number(*session, "SELECT count(*) FROM t"), 1);
    EXPECT_EQ(failure([&] { run(*session, "DELETE FROM t"); }).sqlstate(), "25006");
    commit(*session);
    begin(*session);
    run(*session, "DELETE FROM t");
    rollback(*session);
    session.reset();
    EXPECT_EQ(number(*connect(), "SELECT count(*) FROM t"), 1);
}

TEST_F(SqliteDriver, destroying_the_driver_stops_what_runs_and_answers_what_waits)
{
    auto session = connect_with_table();
    auto snapshot = connect();
    begin(*snapshot, true);
    testing::Sessions sessions;
    std::vector<testing::Running> calls;
    for (int i = 0; i < 30; ++i) {
        sessions.push_back(connect());
        calls.push_back(start(*sessions.back(), i % 2 ? std::string(endless) : testing::endless_insert));
    }
    const auto before = Steady::now();
    driver_.reset();
    EXPECT_LT(Steady::now() - before, 10s);
    for (auto& call : calls) EXPECT_THROW(call.get(), ConnectionLost);
    EXPECT_THROW(run(*session, "SELECT 1"), ConnectionLost);
    EXPECT_EQ(session->condition(), Condition::broken);
}

TEST_F(SqliteDriver, a_session_that_is_destroyed_in_a_call_takes_the_call_with_it)
{
    auto other = connect_with_table();
    auto session = connect();
    auto running = start(*session, testing::endless_insert);
    session.reset();
    EXPECT_THROW(running.get(), boost::system::system_error);
    EXPECT_EQ(run(*other, "INSERT INTO t VALUES (1, 'a')").affected(), 1u);
}

TEST_F(SqliteDriver, a_closed_session_is_broken_and_opens_nothing)
{
    auto session = connect_with_table();
    begin(*session);
    Pending<void>(io_, session->close()).get();
    EXPECT_EQ(session->condition(), Condition::broken);
    EXPECT_THROW(run(*session, "SELECT 1"), ConnectionLost);
    EXPECT_EQ(run(*connect(), "INSERT INTO t VALUES (1, 'a')").affected(), 1u);
    EXPECT_EQ(session->condition(), Condition::broken);
}

} // namespace
} // namespace trunkline::db
