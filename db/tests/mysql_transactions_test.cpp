// SPDX-License-Identifier: MIT
#include <support/mysql_driver_bench.hpp>

namespace trunkline::db::testing {
namespace {

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

} // namespace
} // namespace trunkline::db::testing
