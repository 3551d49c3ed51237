// SPDX-License-Identifier: MIT
#include <support/mysql_bench.hpp>

#include <trunkline/db/error.hpp>

#include <thread>

namespace trunkline::db::testing {
namespace {

class MysqlDriver : public MysqlBench {
protected:
    std::unique_ptr<DriverConnection> connect_with_table()
    {
        auto connection = connect();
        run(*connection, "CREATE TABLE t (id BIGINT PRIMARY KEY, name VARCHAR(50) CHARACTER SET utf8mb4 NOT NULL, "
                         "CONSTRAINT t_name_filled CHECK (name <> ''))");
        return connection;
    }
    Statement insert(std::int64_t id, std::string name = "x")
    {
        return statement("INSERT INTO t (id, name) VALUES ($1, $2)", id, name);
    }
    std::int64_t count(DriverConnection& connection)
    {
        return value<std::int64_t>(connection, "SELECT count(*) FROM t");
    }
    void begin(DriverConnection& connection, TransactionOptions options = {})
    {
        await(connection.begin(options, in(20s)));
    }
    void commit(DriverConnection& connection) { await(connection.commit(in(20s))); }
    void rollback(DriverConnection& connection) { await(connection.rollback(in(20s))); }
};

// -- The session -------------------------------------------------------------

TEST_F(MysqlDriver, it_says_whom_it_is_connected_to)
{
    const auto connection = connect();
    EXPECT_EQ(connection->condition(), Condition::idle);
    EXPECT_TRUE(driver().describe().starts_with("MariaDB 10.")) << driver().describe();
    EXPECT_NE(driver().describe().find("100 statements cached"), std::string::npos) << driver().describe();
    EXPECT_FALSE(driver().shares());
}

TEST_F(MysqlDriver, the_session_is_the_same_whatever_the_servers_habits)
{
    const auto connection = connect();
    const auto setting = [&](const std::string& name) {
        return value<std::string>(*connection, "SELECT @@session." + name);
    };
    EXPECT_EQ(setting("time_zone"), "+00:00");
    EXPECT_EQ(setting("character_set_client"), "utf8mb4");
    EXPECT_EQ(setting("character_set_results"), "utf8mb4");
    EXPECT_EQ(setting("tx_isolation"), "READ-COMMITTED");
    for (const char* mode : {"STRICT_ALL_TABLES", "ANSI_QUOTES", "PIPES_AS_CONCAT", "NO_BACKSLASH_ESCAPES"})
        EXPECT_NE(setting("sql_mode").find(mode), std::string::npos) << mode;
    EXPECT_EQ(value<std::string>(*connection, "SELECT 'a\\' || 'b'"), "a\\b");
    EXPECT_EQ(value<std::string>(*connection, "SELECT name FROM (SELECT 'x' AS \"name\") a WHERE \"name\" = 'x'"), "x");
}

TEST_F(MysqlDriver, the_unix_socket_leads_to_the_same_server)
{
    options_ = Options::parse(server().socket_url("bench"));
    const auto connection = connect();
    EXPECT_EQ(value<std::string>(*connection, "SELECT database()"), "bench");
}

TEST_F(MysqlDriver, a_name_is_looked_up)
{
    options_ = Options::parse("mysql://ada:s3cret@localhost:" + std::to_string(server().port()) + "/bench");
    EXPECT_EQ(value<int>(*connect(), "SELECT 1"), 1);
    options_ = Options::parse("mysql://ada:s3cret@nobody.invalid:3306/bench");
    driver_.reset();
    const auto failed = failure<ConnectFailed>([&] { connect(); });
    EXPECT_EQ(failed.sqlstate(), "08001");
    EXPECT_NE(std::string_view(failed.what()).find("cannot be looked up"), std::string_view::npos) << failed.what();
}

TEST_F(MysqlDriver, the_next_host_is_tried_when_the_first_does_not_answer)
{
    const std::string nobody = "127.0.0.1:" + std::to_string(free_port());
    options_ =
        Options::parse("mysql://ada:s3cret@" + nobody + ",127.0.0.1:" + std::to_string(server().port()) + "/bench");
    EXPECT_EQ(value<int>(*connect(), "SELECT 1"), 1);
}

TEST_F(MysqlDriver, refusals_at_the_door_say_why_and_keep_the_password)
{
    const std::string port = std::to_string(server().port());
    const auto refused = [&](const std::string& url) {
        driver_.reset();
        options_ = Options::parse(url);
        const auto failed = failure<ConnectFailed>([&] { connect(); });
        EXPECT_EQ(std::string_view(failed.what()).find("s3cret"), std::string_view::npos) << failed.what();
        EXPECT_EQ(failed.outcome(), Outcome::not_sent);
        return failed.sqlstate();
    };
    EXPECT_EQ(refused("mysql://ada:nots3cret@127.0.0.1:" + port + "/bench"), "28P01");
    EXPECT_EQ(refused("mysql://ada:s3cret@127.0.0.1:" + port + "/mysql"), "28000") << "a database of others";
    EXPECT_EQ(refused("mysql://ada:s3cret@127.0.0.1:" + std::to_string(free_port()) + "/bench"), "08001");
    EXPECT_EQ(refused("mysql://ada:s3cret@/bench?socket=/nowhere/socket"), "08001");
    EXPECT_EQ(refused("mysql://ada:s3cret@127.0.0.1:" + port + "/bench?ssl_mode=required"), "08001")
        << "this server has no certificate";
}

TEST_F(MysqlDriver, a_reset_clears_what_the_last_borrower_left_and_sets_the_session_up_again)
{
    const auto connection = connect();
    run(*connection, "SET @left = 1, time_zone = '+05:00', sql_mode = ''");
    run(*connection, "CREATE TEMPORARY TABLE left_behind (id INT)");
    EXPECT_EQ(value<int>(*connection, "SELECT $1 + 0", 7), 7);
    connection->mark_for_reset();
    EXPECT_EQ(value<std::optional<std::int64_t>>(*connection, "SELECT @left"), std::nullopt);
    EXPECT_EQ(value<std::string>(*connection, "SELECT @@time_zone"), "+00:00");
    EXPECT_NE(value<std::string>(*connection, "SELECT @@sql_mode").find("STRICT_ALL_TABLES"), std::string::npos);
    EXPECT_EQ(value<std::string>(*connection, "SELECT @@character_set_client"), "utf8mb4");
    EXPECT_EQ(failure([&] { run(*connection, "SELECT * FROM left_behind"); }).sqlstate(), "42P01");
    EXPECT_EQ(value<int>(*connection, "SELECT $1 + 0", 7), 7) << "what was prepared before is prepared again";
    connection->mark_for_reset();
    EXPECT_EQ(value<int>(*connection, "SELECT $1 + 0", 8), 8);
    EXPECT_EQ(server().sql("SHOW GLOBAL STATUS LIKE 'Prepared_stmt_count'").substr(20), "1")
        << "the server forgot the others, and so did the driver";
}

TEST_F(MysqlDriver, statements_are_prepared_once_and_closed_when_there_are_too_many)
{
    options_.statement_cache_size = 3;
    const auto connection = connect();
    const auto counted = [&](const std::string& name) {
        run(*connection, "SELECT 1"); // in the cache
        const Result found = run(*connection, "SHOW SESSION STATUS LIKE '" + name + "'");
        return std::stoll(found[0].get<std::string>("Value"));
    };
    (void)counted("Com_stmt_prepare");
    const auto before = counted("Com_stmt_prepare");
    for (int k = 0; k < 10; ++k) run(*connection, "SELECT $1 + 1", k);
    EXPECT_EQ(counted("Com_stmt_prepare"), before + 1);
    for (int k = 0; k < 20; ++k) run(*connection, "SELECT " + std::to_string(k) + " + $1", k);
    EXPECT_GE(counted("Com_stmt_close"), 20);
    EXPECT_LE(std::stoll(server().sql("SHOW GLOBAL STATUS LIKE 'Prepared_stmt_count'").substr(20)), 8);
}

TEST_F(MysqlDriver, without_a_cache_nothing_stays_prepared)
{
    options_.statement_cache_size = 0;
    const auto connection = connect();
    for (int k = 0; k < 5; ++k) EXPECT_EQ(value<int>(*connection, "SELECT $1 + 1", k), k + 1);
    EXPECT_EQ(server().sql("SHOW GLOBAL STATUS LIKE 'Prepared_stmt_count'"), "Prepared_stmt_count\t0");
}

TEST_F(MysqlDriver, a_call_that_bears_with_no_names_leaves_none_and_one_that_bears_with_few_takes_nobodys_away)
{
    options_.statement_cache_size = 3;
    const auto connection = connect();
    const auto kept = [] { return server().sql("SHOW GLOBAL STATUS LIKE 'Prepared_stmt_count'").substr(20); };
    const auto ask = [&](int number, StatementOptions how) {
        Query query(statement("SELECT " + std::to_string(number) + " + $1", 1));
        query.prefer(how);
        EXPECT_EQ(await(connection->run(std::move(query), in(20s))).at(0).as<int>(0), number + 1);
    };
    const auto none = kept();
    for (int number = 0; number < 5; ++number) {
        ask(number, {.raw_sql = false, .no_prepare = true, .statement_cache_size = 9});
        ask(number, {.raw_sql = false, .no_prepare = false, .statement_cache_size = 0});
    }
    EXPECT_EQ(kept(), none);
    constexpr StatementOptions two{.raw_sql = false, .no_prepare = false, .statement_cache_size = 2};
    for (int number = 0; number < 5; ++number) ask(number, two);
    EXPECT_EQ(kept(), "2");
    for (int number = 10; number < 15; ++number) run(*connection, "SELECT " + std::to_string(number) + " + $1", 1);
    EXPECT_EQ(kept(), "3");
    const auto made = [&] {
        const Result said = run(*connection, "SHOW SESSION STATUS LIKE 'Com_stmt_prepare'");
        return std::stoll(said[0].get<std::string>("Value"));
    };
    (void)made();
    const auto before = made();
    run(*connection, "SELECT 14 + $1", 1);
    ask(20, two);
    run(*connection, "SELECT 14 + $1", 1);
    EXPECT_EQ(made(), before + 1) << "only what found no place";
}

TEST_F(MysqlDriver, a_unit_without_names_is_one_unit_all_the_same)
{
    const auto connection = connect_with_table();
    const auto names = server().sql("SHOW GLOBAL STATUS LIKE 'Prepared_stmt_count'");
    std::vector<Statement> unit;
    for (std::int64_t id = 0; id < 100; ++id) unit.push_back(insert(id));
    unit.push_back(statement("UPDATE t SET name = $1 WHERE id < 50", "y"));
    Query query(std::move(unit));
    query.prefer(StatementOptions{});
    EXPECT_EQ(await(connection->run(std::move(query), in(20s))).back().affected(), 50u);
    EXPECT_EQ(server().sql("SHOW GLOBAL STATUS LIKE 'Prepared_stmt_count'"), names);
    EXPECT_EQ(count(*connection), 100);
}

// -- Statements --------------------------------------------------------------

TEST_F(MysqlDriver, rows_that_were_found_count_as_on_the_other_engines_even_when_they_stay_the_same)
{
    const auto connection = connect_with_table();
    EXPECT_EQ(run(*connection, "INSERT INTO t VALUES (1, 'a'), (2, 'b')").affected(), 2u);
    EXPECT_EQ(run(*connection, "UPDATE t SET name = $1", "a").affected(), 2u);
    EXPECT_EQ(run(*connection, "UPDATE t SET name = $1", "a").affected(), 2u);
    EXPECT_EQ(run(*connection, "SELECT * FROM t").affected(), 2u);
    EXPECT_EQ(run(*connection, "DELETE FROM t WHERE id = $1", 1).affected(), 1u);
    EXPECT_EQ(connection->queries(), 6u);
}

TEST_F(MysqlDriver, insert_and_delete_return_rows_and_update_says_that_it_cannot)
{
    const auto connection = connect_with_table();
    EXPECT_EQ(run(*connection, "INSERT INTO t VALUES ($1, $2) RETURNING id, name", 1, "a")[0].get<std::string>("name"),
              "a");
    const auto failed = failure([&] { run(*connection, "UPDATE t SET name = $1 RETURNING id", "b"); });
    EXPECT_EQ(failed.sqlstate(), "0A000");
    EXPECT_NE(std::string_view(failed.what()).find("an UPDATE has no RETURNING"), std::string_view::npos)
        << failed.what();
    EXPECT_EQ(run(*connection, "DELETE FROM t RETURNING id").size(), 1u);
}

TEST_F(MysqlDriver, a_statement_without_a_text_for_mysql_is_never_sent)
{
    const auto connection = connect();
    const Statement left_out(
        SqlText(by_engine{.postgresql = "SELECT 'pg'", .sqlite = "SELECT 'lite'"}, std::source_location::current()),
        {});
    const auto failed = failure([&] { await(connection->run(Query(left_out), in(20s))); });
    EXPECT_EQ(failed.sqlstate(), "0A000");
    EXPECT_EQ(failed.outcome(), Outcome::not_sent);
    EXPECT_NE(std::string_view(failed.what()).find("no text for MySQL"), std::string_view::npos) << failed.what();
    EXPECT_EQ(connection->condition(), Condition::idle);
}

TEST_F(MysqlDriver, a_text_that_mysql_reads_otherwise_is_refused)
{
    const auto connection = connect();
    const auto failed = failure([&] { run(*connection, "SELECT 1 # $1", 1); });
    EXPECT_EQ(failed.sqlstate(), "42601");
    EXPECT_EQ(failed.outcome(), Outcome::not_sent);
    EXPECT_EQ(failure([&] { run(*connection, "SELECT ? + $1", 1); }).sqlstate(), "42601");
}

TEST_F(MysqlDriver, raw_sql_sends_a_statement_without_parameters_as_text)
{
    options_.raw_sql = true;
    const auto connection = connect_with_table();
    run(*connection, "INSERT INTO t VALUES (1, 'Grüße, 世界')");
    const Result found = run(*connection, "SELECT id, name, 0.5e0 AS half, NULL AS nothing, "
                                          "TIMESTAMP'2024-02-29 12:34:56.789012' AS moment, DATE'2024-02-29' AS day, "
                                          "x'00ff' AS raw FROM t");
    EXPECT_EQ(found[0].get<std::int64_t>("id"), 1);
    EXPECT_EQ(found[0].get<std::string>("name"), "Grüße, 世界");
    EXPECT_EQ(found[0].get<double>("half"), 0.5);
    EXPECT_TRUE(found[0][3].is_null());
    EXPECT_EQ(to_rfc3339(found[0].get<Time>("moment")), "2024-02-29T12:34:56.789012Z");
    EXPECT_EQ(found[0].get<Date>("day"), Date(std::chrono::year(2024) / 2 / 29));
    EXPECT_EQ(found[0].get<Bytes>("raw"), Bytes::from(std::string_view("\0\xff", 2)));
    EXPECT_TRUE(run(*connection, "SELECT id FROM t WHERE id = 2").empty());
    EXPECT_EQ(run(*connection, "UPDATE t SET name = 'x'").affected(), 1u);
}

TEST_F(MysqlDriver, a_procedure_that_answers_more_than_once_is_read_to_its_end)
{
    const auto connection = connect();
    run(*connection, "CREATE PROCEDURE twice(n INT) BEGIN SELECT n AS first; SELECT n + 1 AS second; END");
    const Result found = run(*connection, "CALL twice($1)", 7);
    EXPECT_EQ(found[0].get<std::int64_t>("first"), 7);
    EXPECT_EQ(value<int>(*connection, "SELECT 1"), 1) << "nothing is left over";
}

TEST_F(MysqlDriver, a_table_that_changes_under_a_prepared_statement_is_read_as_it_is)
{
    const auto connection = connect_with_table();
    run(*connection, "INSERT INTO t VALUES (1, 'a')");
    EXPECT_EQ(run(*connection, "SELECT * FROM t").columns().size(), 2u);
    server().sql("ALTER TABLE bench.t ADD COLUMN more INT DEFAULT 5");
    const Result wider = run(*connection, "SELECT * FROM t");
    EXPECT_EQ(wider.columns(), (std::vector<std::string>{"id", "name", "more"}));
    EXPECT_EQ(wider[0].get<std::int64_t>("more"), 5);
    server().sql("ALTER TABLE bench.t RENAME COLUMN more TO less");
    EXPECT_EQ(run(*connection, "SELECT * FROM t").columns().back(), "less");
    EXPECT_EQ(connection->condition(), Condition::idle);
}

TEST_F(MysqlDriver, a_statement_larger_than_the_server_takes_is_refused_before_it_is_sent)
{
    const auto connection = connect();
    const auto most = value<std::int64_t>(*connection, "SELECT @@max_allowed_packet");
    const auto failed =
        failure([&] { run(*connection, "SELECT length($1)", std::string(static_cast<std::size_t>(most), 'x')); });
    EXPECT_EQ(failed.sqlstate(), "54000");
    EXPECT_EQ(failed.outcome(), Outcome::not_sent);
    EXPECT_EQ(value<std::int64_t>(*connection, "SELECT length($1)", std::string(5'000'000, 'x')), 5'000'000);
}

// -- Transactions ------------------------------------------------------------

TEST_F(MysqlDriver, the_server_says_whether_a_transaction_is_open)
{
    const auto connection = connect_with_table();
    begin(*connection);
    EXPECT_EQ(connection->condition(), Condition::in_transaction);
    await(connection->run(Query(insert(1)), in(20s)));
    rollback(*connection);
    EXPECT_EQ(connection->condition(), Condition::idle);
    EXPECT_EQ(count(*connection), 0);
    run(*connection, "START TRANSACTION");
    EXPECT_EQ(connection->condition(), Condition::in_transaction) << "also one that was begun by hand";
    rollback(*connection);
}

TEST_F(MysqlDriver, what_would_commit_by_itself_is_refused_inside_a_transaction)
{
    const auto connection = connect_with_table();
    begin(*connection);
    await(connection->run(Query(insert(1)), in(20s)));
    for (const char* text : {"CREATE TABLE u (id INT)", "DROP TABLE t", "COMMIT", "SET autocommit = 1", "TRUNCATE t"}) {
        const auto failed = failure([&] { run(*connection, text); });
        EXPECT_EQ(failed.sqlstate(), "25001") << text;
        EXPECT_EQ(failed.outcome(), Outcome::not_sent);
    }
    run(*connection, "CREATE TEMPORARY TABLE mine (id INT)");
    EXPECT_EQ(connection->condition(), Condition::in_transaction);
    rollback(*connection);
    EXPECT_EQ(count(*connection), 0);
}

TEST_F(MysqlDriver, what_commits_by_itself_unseen_is_an_error_and_the_transaction_takes_nothing_more)
{
    const auto connection = connect_with_table();
    run(*connection, "CREATE PROCEDURE sly() BEGIN COMMIT; END");
    begin(*connection);
    await(connection->run(Query(insert(1)), in(20s)));
    const auto failed = failure([&] { run(*connection, "CALL sly()"); });
    EXPECT_EQ(failed.sqlstate(), "25001");
    EXPECT_EQ(failed.outcome(), Outcome::applied);
    EXPECT_EQ(connection->condition(), Condition::in_failed_transaction);
    EXPECT_EQ(failure([&] { await(connection->run(Query(insert(2)), in(20s))); }).sqlstate(), "25P02")
        << "it would be committed at once";
    EXPECT_EQ(failure([&] { commit(*connection); }).sqlstate(), "25P02");
    EXPECT_EQ(connection->condition(), Condition::idle);
    EXPECT_EQ(count(*connection), 1);
}

TEST_F(MysqlDriver, a_deadlock_ends_the_transaction_and_nothing_after_it_is_committed_alone)
{
    const auto one = connect_with_table();
    const auto two = connect();
    run_unit(*one, {insert(1), insert(2)});
    begin(*one);
    begin(*two);
    run(*one, "UPDATE t SET name = 'one' WHERE id = 1");
    run(*two, "UPDATE t SET name = 'two' WHERE id = 2");
    Beside& waits = go(one->run(Query(statement("UPDATE t SET name = 'one' WHERE id = 2")), in(20s)));
    const auto second = [&] { run(*two, "UPDATE t SET name = 'two' WHERE id = 1"); };
    DriverConnection* victim = nullptr;
    try {
        second();
    } catch (const SerializationFailure& failed) {
        victim = two.get();
        EXPECT_EQ(failed.sqlstate(), "40P01");
        EXPECT_TRUE(failed.retryable());
    }
    if (victim) {
        finish(waits);
    } else {
        victim = one.get();
        EXPECT_EQ(failure<SerializationFailure>([&] { finish(waits); }).sqlstate(), "40P01");
    }
    EXPECT_EQ(victim->condition(), Condition::in_failed_transaction);
    EXPECT_EQ(failure([&] { await(victim->run(Query(insert(9)), in(20s))); }).sqlstate(), "25P02");
    rollback(*victim);
    DriverConnection& survivor = victim == one.get() ? *two : *one;
    EXPECT_EQ(survivor.condition(), Condition::in_transaction);
    commit(survivor);
    EXPECT_EQ(count(*victim), 2);
}

TEST_F(MysqlDriver, a_lock_wait_that_ends_undoes_the_statement_alone)
{
    const auto one = connect_with_table();
    const auto two = connect();
    run_unit(*one, {insert(1)});
    begin(*one);
    run(*one, "UPDATE t SET name = 'one'");
    run(*two, "SET innodb_lock_wait_timeout = 1");
    begin(*two);
    await(two->run(Query(insert(2)), in(20s)));
    const auto failed = failure([&] { run(*two, "UPDATE t SET name = 'two' WHERE id = 1"); });
    EXPECT_EQ(failed.sqlstate(), "55P03");
    EXPECT_NE(std::string_view(failed.what()).find("lock wait timeout"), std::string_view::npos) << failed.what();
    EXPECT_EQ(two->condition(), Condition::in_transaction);
    commit(*two);
    rollback(*one);
    EXPECT_EQ(count(*one), 2);
}

TEST_F(MysqlDriver, an_isolation_that_is_asked_for_holds_for_one_transaction)
{
    const auto connection = connect_with_table();
    const auto reads = [&] { return value<std::int64_t>(*connection, "SELECT count(*) FROM t"); };
    begin(*connection, {.isolation = Isolation::repeatable_read, .read_only = true});
    EXPECT_EQ(reads(), 0);
    server().sql("INSERT INTO bench.t VALUES (1, 'a')");
    EXPECT_EQ(reads(), 0);
    EXPECT_EQ(failure([&] { await(connection->run(Query(insert(2)), in(20s))); }).sqlstate(), "25006");
    rollback(*connection);
    begin(*connection);
    EXPECT_EQ(reads(), 1);
    server().sql("INSERT INTO bench.t VALUES (2, 'a')");
    EXPECT_EQ(reads(), 2) << "read committed again";
    commit(*connection);
}

TEST_F(MysqlDriver, a_server_that_turned_read_only_is_told_apart)
{
    const auto connection = connect_with_table();
    server().set_read_only(true);
    const auto failed = failure([&] { await(connection->run(Query(insert(1)), in(20s))); });
    server().set_read_only(false);
    EXPECT_EQ(failed.sqlstate(), "25006");
    EXPECT_EQ(failed.outcome(), Outcome::rejected);
}

// -- Units -------------------------------------------------------------------

TEST_F(MysqlDriver, a_unit_answers_by_index_and_fails_by_index)
{
    const auto connection = connect_with_table();
    const auto results =
        run_unit(*connection, {insert(1), statement("SELECT name FROM t"), statement("UPDATE t SET name = 'y'")});
    ASSERT_EQ(results.size(), 3u);
    EXPECT_EQ(results[1].as<std::string>(0), "x");
    EXPECT_EQ(results[2].affected(), 1u);
    const auto failed =
        failure<UniqueViolation>([&] { run_unit(*connection, {insert(2), statement("SELECT 1"), insert(1)}); });
    EXPECT_EQ(failed.index(), 2u);
    EXPECT_EQ(failed.constraint(), "PRIMARY");
    EXPECT_EQ(count(*connection), 1);
    EXPECT_EQ(connection->condition(), Condition::idle);
}

TEST_F(MysqlDriver, a_unit_with_a_statement_that_commits_by_itself_leaves_nothing)
{
    const auto connection = connect_with_table();
    const auto failed = failure([&] { run_unit(*connection, {insert(1), statement("CREATE TABLE u (id INT)")}); });
    EXPECT_EQ(failed.sqlstate(), "25001");
    EXPECT_EQ(failed.index(), 1u);
    EXPECT_EQ(failed.outcome(), Outcome::rejected);
    EXPECT_EQ(count(*connection), 0);
}

TEST_F(MysqlDriver, the_same_insert_many_times_goes_in_bulk)
{
    const auto connection = connect_with_table();
    std::vector<Statement> unit;
    for (std::int64_t id = 0; id < 12'000; ++id) unit.push_back(insert(id, "n" + std::to_string(id)));
    const auto asked = [&] {
        const Result found = run(*connection, "SHOW SESSION STATUS LIKE 'Com_stmt_execute'");
        return std::stoll(found[0].get<std::string>("Value"));
    };
    const auto before = asked();
    const auto results = run_unit(*connection, std::move(unit));
    EXPECT_EQ(results.size(), 12'000u);
    for (const Result& result : results) ASSERT_EQ(result.affected(), 1u);
    EXPECT_LT(asked() - before, 20);
    EXPECT_EQ(count(*connection), 12'000);
    EXPECT_EQ(value<std::string>(*connection, "SELECT name FROM t WHERE id = 11999"), "n11999");
    run(*connection, "DELETE FROM t");
    await(connection->run(Query(insert(5)), in(20s)));
    EXPECT_EQ(count(*connection), 1) << "afterwards the statement inserts one row again";
}

TEST_F(MysqlDriver, a_bulk_that_fails_leaves_nothing_and_names_the_row)
{
    const auto connection = connect_with_table();
    std::vector<Statement> unit;
    for (std::int64_t id = 0; id < 100; ++id) unit.push_back(insert(id, id == 57 ? "" : "x"));
    const auto failed = failure<CheckViolation>([&] { run_unit(*connection, unit); });
    EXPECT_EQ(failed.index(), 57u);
    EXPECT_EQ(failed.constraint(), "t_name_filled");
    EXPECT_EQ(count(*connection), 0);
    begin(*connection);
    await(connection->run(Query(insert(1'000)), in(20s)));
    EXPECT_EQ(failure<CheckViolation>([&] { run_unit(*connection, unit); }).index(), 57u);
    EXPECT_EQ(connection->condition(), Condition::in_transaction);
    commit(*connection);
    EXPECT_EQ(count(*connection), 1);
}

TEST_F(MysqlDriver, rows_with_nulls_and_every_type_go_in_bulk_too)
{
    const auto connection = connect();
    run(*connection,
        "CREATE TABLE w (id BIGINT PRIMARY KEY, flag BOOLEAN, real_ DOUBLE, words TEXT CHARACTER SET utf8mb4, "
        "raw BLOB, uuid_ BINARY(16), moment DATETIME(6), day DATE, never INT)");
    std::vector<Statement> unit;
    const Uuid id = new_uuid();
    const Time moment(std::chrono::microseconds(1'795'253'400'123'456));
    const Date day(std::chrono::year(2024) / 2 / 29);
    const auto made = [&](std::int64_t number) {
        const bool there = number % 2 == 0;
        const auto maybe = [&]<class T>(T held) { return there ? std::optional<T>(held) : std::nullopt; };
        return statement("INSERT INTO w VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)", number, maybe(true), maybe(0.1),
                         maybe(std::string("Grüße")), maybe(Bytes::from(std::string_view("\0\xff", 2))), maybe(id),
                         maybe(moment), maybe(day), std::optional<int>());
    };
    for (std::int64_t number = 0; number < 10; ++number) unit.push_back(made(number));
    run_unit(*connection, unit);
    const Result found = run(*connection, "SELECT * FROM w ORDER BY id");
    ASSERT_EQ(found.size(), 10u);
    for (std::size_t row = 0; row < 10; row += 2) {
        EXPECT_TRUE(found[row].get<bool>("flag"));
        EXPECT_EQ(found[row].get<double>("real_"), 0.1);
        EXPECT_EQ(found[row].get<std::string>("words"), "Grüße");
        EXPECT_EQ(found[row].get<Bytes>("raw"), Bytes::from(std::string_view("\0\xff", 2)));
        EXPECT_EQ(found[row].get<Uuid>("uuid_"), id);
        EXPECT_EQ(found[row].get<Time>("moment"), moment);
        EXPECT_EQ(found[row].get<Date>("day"), day);
        EXPECT_TRUE(found[row][8].is_null());
        for (std::size_t column = 1; column < 9; ++column) EXPECT_TRUE(found[row + 1][column].is_null()) << column;
    }
}

// -- Losses ------------------------------------------------------------------

TEST_F(MysqlDriver, a_connection_that_the_server_closed_is_seen_without_asking)
{
    const auto connection = connect();
    server().sql("KILL " + std::to_string(value<std::int64_t>(*connection, "SELECT connection_id()")));
    const auto bound = in(20s);
    while (connection->alive() && std::chrono::steady_clock::now() < bound) std::this_thread::sleep_for(1ms);
    EXPECT_FALSE(connection->alive());
    EXPECT_EQ(connection->condition(), Condition::broken);
    EXPECT_EQ(failure<ConnectionLost>([&] { run(*connection, "SELECT 1"); }).outcome(), Outcome::not_sent);
}

TEST_F(MysqlDriver, a_connection_lost_during_a_statement_leaves_its_fate_unknown)
{
    const auto connection = connect();
    const auto number = value<std::int64_t>(*connection, "SELECT connection_id()");
    Beside& running = go(connection->run(Query(statement("SELECT sleep(30)")), in(20s)));
    const auto asked = "SELECT count(*) FROM information_schema.processlist WHERE info LIKE 'SELECT sleep%'";
    until([&] { return running.over || server().sql(asked) == "1"; });
    server().sql("KILL " + std::to_string(number));
    const auto failed = failure<ConnectionLost>([&] { finish(running); });
    EXPECT_EQ(failed.outcome(), Outcome::unknown);
    EXPECT_EQ(connection->condition(), Condition::broken);
}

TEST_F(MysqlDriver, closing_waits_until_the_server_has_let_go)
{
    const auto connection = connect();
    const auto number = value<std::int64_t>(*connection, "SELECT connection_id()");
    await(connection->close());
    EXPECT_EQ(server().sql("SELECT count(*) FROM information_schema.processlist WHERE id = " + std::to_string(number)),
              "0");
    EXPECT_EQ(connection->condition(), Condition::broken);
}

} // namespace
} // namespace trunkline::db::testing
