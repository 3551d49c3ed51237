// SPDX-License-Identifier: MIT
#include <support/mysql_driver_bench.hpp>

namespace trunkline::db::testing {
namespace {

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
