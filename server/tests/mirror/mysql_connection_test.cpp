// SPDX-License-Identifier: MIT
#include <mirror/mysql_connection.hpp>

#include <support/mariadb_server.hpp>

#include <gtest/gtest.h>

#include <future>
#include <thread>

namespace trunkline::mirror {
namespace {

using namespace std::chrono_literals;
using db::testing::MariadbServer;

MirrorConfig root()
{
    MirrorConfig config;
    config.socket = MariadbServer::shared().socket();
    config.user = "root";
    config.database = "mysql";
    return config;
}

MysqlConnection& connected(MysqlConnection& connection)
{
    connection.connect();
    return connection;
}

unsigned failure(const std::function<void()>& act)
{
    try {
        act();
    } catch (const MysqlError& error) {
        return error.number();
    }
    return 0;
}

TEST(MysqlConnection, its_session_is_utf8_strict_and_keeps_utc_whatever_the_servers_habits)
{
    MysqlConnection connection(root());
    const auto row =
        connected(connection)
            .query("SELECT @@character_set_connection, @@time_zone, @@sql_mode, cast(@@wait_timeout AS CHAR)")
            .at(0);
    EXPECT_EQ(row[0], "utf8mb4");
    EXPECT_EQ(row[1], "+00:00");
    EXPECT_NE(row[2]->find("STRICT_ALL_TABLES"), std::string::npos);
    EXPECT_EQ(row[3], "60");
}

TEST(MysqlConnection, what_is_bound_comes_back_as_it_was)
{
    MysqlConnection connection(root());
    const std::string long_text(100'000, 'x');
    const Cells sent{"", "quote ' \" \\ ; -- `", "emoji 🎈 Žluťoučký", std::nullopt, long_text};
    EXPECT_EQ(connected(connection).query("SELECT ?, ?, ?, ?, ?", sent).at(0), sent);
}

TEST(MysqlConnection, answers_rows_and_how_many_changed)
{
    MysqlConnection connection(root());
    connected(connection).execute("CREATE TEMPORARY TABLE t (a TEXT)");
    EXPECT_EQ(connection.execute("INSERT INTO t VALUES (?), (?), (?)", {"1", std::nullopt, "3"}), 3u);
    const std::vector<Cells> rows{{"1"}, {std::nullopt}, {"3"}};
    EXPECT_EQ(connection.query("SELECT a FROM t"), rows);
    EXPECT_TRUE(connection.query("SELECT a FROM t WHERE a = ?", {"4"}).empty());
}

TEST(MysqlConnection, is_refused_without_telling_the_password)
{
    MirrorConfig config = root();
    config.socket.clear();
    config.host = "127.0.0.1";
    config.port = static_cast<std::uint16_t>(MariadbServer::shared().port());
    config.user = "nobody-we-know";
    config.password = "opensesame";
    MysqlConnection connection(config);
    try {
        connection.connect();
        FAIL() << "it let a stranger in";
    } catch (const MysqlError& error) {
        EXPECT_EQ(error.number(), 1045u);
        EXPECT_EQ(error.trouble(), Trouble::connection);
        EXPECT_EQ(std::string(error.what()).find("opensesame"), std::string::npos);
        EXPECT_NE(error.advice().find("CRM_MYSQL_PASSWORD"), std::string::npos);
    }
}

TEST(MysqlConnection, a_port_where_nobody_listens_is_a_failure_of_the_connection)
{
    MirrorConfig config = root();
    config.socket.clear();
    config.host = "127.0.0.1";
    config.port = static_cast<std::uint16_t>(db::testing::free_port());
    MysqlConnection connection(config);
    EXPECT_EQ(failure([&] { connection.connect(); }), 2002u);
    EXPECT_FALSE(connection.is_open());
    EXPECT_NE(failure([&] { connection.ping(); }), 0u);
}

TEST(MysqlConnection, waits_only_so_long_for_a_server_that_has_frozen)
{
    MariadbServer server;
    MirrorConfig config = root();
    config.socket.clear();
    config.host = "127.0.0.1";
    config.port = static_cast<std::uint16_t>(server.port());
    config.user = "u";
    server.sql("CREATE USER u@'127.0.0.1'; GRANT ALL ON *.* TO u@'127.0.0.1'");
    config.connect_timeout = config.answer_timeout = 1s;
    MysqlConnection open(config), late(config);
    open.connect();
    server.freeze();
    const auto started = std::chrono::steady_clock::now();
    EXPECT_NE(failure([&] { open.query("SELECT 1"); }), 0u);
    EXPECT_NE(failure([&] { late.connect(); }), 0u);
    EXPECT_LT(std::chrono::steady_clock::now() - started, 20s);
    server.thaw();
}

TEST(MysqlConnection, a_call_that_blocks_can_be_cut_from_another_thread)
{
    MysqlConnection connection(root());
    connection.connect();
    auto blocked =
        std::async(std::launch::async, [&] { return failure([&] { connection.query("SELECT sleep(25)"); }); });
    while (MariadbServer::shared().sql(
               "SELECT count(*) FROM information_schema.processlist WHERE info = 'SELECT sleep(25)'") == "0")
        std::this_thread::yield();
    const auto started = std::chrono::steady_clock::now();
    connection.interrupt();
    EXPECT_NE(blocked.get(), 0u);
    EXPECT_LT(std::chrono::steady_clock::now() - started, 10s);
}

TEST(MysqlConnection, a_name_is_quoted_whatever_is_in_it)
{
    EXPECT_EQ(MysqlConnection::quoted("messages"), "`messages`");
    EXPECT_EQ(MysqlConnection::quoted("a`; DROP TABLE b"), "`a``; DROP TABLE b`");
}

} // namespace
} // namespace trunkline::mirror
