// SPDX-License-Identifier: MIT
#include <support/postgres_server.hpp>

#include <trunkline/db/testing/fault_proxy.hpp>

#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <algorithm>

#include <poll.h>

namespace trunkline::db::testing {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

/// A client that blocks, though never for long: what it is told, or why it was told nothing.
class Client {
public:
    explicit Client(const FaultProxy& proxy)
        : connection_(PQconnectdb(("host=127.0.0.1 user=postgres dbname=postgres connect_timeout=2 port=" +
                                   std::to_string(proxy.port()))
                                      .c_str()),
                      &PQfinish)
    {}
    bool connected() const { return PQstatus(connection_.get()) == CONNECTION_OK; }
    PGconn* native() const { return connection_.get(); }

    /// The first cell of each result, "lost" when the connection was, "silence" when nothing came.
    std::string ask(const char* sql, std::chrono::milliseconds limit = 5s)
    {
        PQsendQueryParams(native(), sql, 0, nullptr, nullptr, nullptr, nullptr, 0);
        return hear(limit);
    }
    std::string hear(std::chrono::milliseconds limit)
    {
        const auto end = steady_clock::now() + limit;
        while (PQisBusy(native())) {
            pollfd readable{PQsocket(native()), POLLIN, 0};
            const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - steady_clock::now());
            if (left <= 0ms || ::poll(&readable, 1, static_cast<int>(left.count())) == 0) return "silence";
            if (PQconsumeInput(native()) == 0) return "lost";
        }
        std::string said;
        while (PGresult* result = PQgetResult(native())) {
            const bool rows = PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) > 0;
            said += rows ? PQgetvalue(result, 0, 0) : PQstatus(native()) == CONNECTION_OK ? "failed" : "lost";
            PQclear(result);
        }
        return said;
    }
    /// Two statements at once, each with a Sync; their answers.
    std::pair<std::string, std::string> ask_two(const char* first, const char* second)
    {
        PQenterPipelineMode(native());
        for (const char* sql : {first, second}) {
            PQsendQueryParams(native(), sql, 0, nullptr, nullptr, nullptr, nullptr, 0);
            PQpipelineSync(native());
        }
        PQflush(native());
        auto one = hear(5s);
        PQclear(PQgetResult(native())); // of the Sync
        return {one, hear(1s)};
    }
    void cancel()
    {
        char reason[256];
        PGcancel* request = PQgetCancel(native());
        PQcancel(request, reason, sizeof reason);
        PQfreeCancel(request);
    }

private:
    std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
};

struct FaultProxyTest : ::testing::Test {
    FaultProxy proxy{PostgresServer::shared().port()};

    std::string types(From from)
    {
        std::string types;
        for (const auto& said : proxy.said())
            if (said.from == from) types += said.type;
        return types;
    }
    bool eventually(auto reached)
    {
        const auto end = steady_clock::now() + 5s;
        while (!reached() && steady_clock::now() < end) ::poll(nullptr, 0, 1);
        return reached();
    }
};

TEST_F(FaultProxyTest, passes_on_what_both_sides_say_and_knows_its_messages)
{
    Client client(proxy);
    ASSERT_TRUE(client.connected());
    proxy.forget();
    EXPECT_EQ(client.ask("SELECT 41 + 1"), "42");
    EXPECT_EQ(types(From::client), "PBDES");
    EXPECT_EQ(types(From::server), "12TDCZ");
    EXPECT_EQ(proxy.counts().connections, 1u);
    EXPECT_EQ(proxy.counts().open, 1u);
    EXPECT_EQ(proxy.counts().strikes, 0u);
}

TEST_F(FaultProxyTest, knows_the_messages_of_a_log_in)
{
    Client client(proxy);
    EXPECT_EQ(types(From::client), "?#");
    const std::string server = types(From::server);
    EXPECT_EQ(server.front(), encryption_request);
    EXPECT_EQ(server.back(), 'Z');
    EXPECT_EQ(std::ranges::count(server, 'K'), 1);
}

TEST_F(FaultProxyTest, a_large_answer_passes_unharmed)
{
    Client client(proxy);
    EXPECT_EQ(client.ask("SELECT md5(repeat('x', 5000000))"), client.ask("SELECT md5(repeat('x', 5000000))"));
    EXPECT_EQ(client.ask("SELECT repeat('x', 5000000)"), std::string(5'000'000, 'x'));
}

TEST_F(FaultProxyTest, counts_requests_to_cancel_and_passes_them_on)
{
    Client client(proxy);
    PQsendQueryParams(client.native(), "SELECT pg_sleep(60)", 0, nullptr, nullptr, nullptr, nullptr, 0);
    EXPECT_EQ(client.hear(50ms), "silence");
    client.cancel();
    EXPECT_EQ(client.hear(5s), "failed");
    EXPECT_EQ(proxy.counts().cancel_requests, 1u);
    EXPECT_EQ(proxy.counts().connections, 2u);
}

TEST_F(FaultProxyTest, cuts_before_the_message_that_is_named)
{
    {
        Client client(proxy);
        proxy.cut(before(From::server, 'Z', 3));
        EXPECT_EQ(client.ask("SELECT 1"), "1");
        EXPECT_EQ(client.ask("SELECT 2"), "2");
        EXPECT_EQ(client.ask("SELECT 3"), "3lost");
        EXPECT_EQ(proxy.counts().strikes, 1u);
    }
    EXPECT_TRUE(eventually([&] { return proxy.counts().open == 0; }));
}

TEST_F(FaultProxyTest, cuts_behind_a_message_so_that_the_server_still_does_what_was_asked)
{
    const auto& server = PostgresServer::shared();
    server.sql("CREATE TABLE cut_behind (id int)");
    Client client(proxy);
    proxy.cut(after(From::client, 'S'));
    EXPECT_EQ(client.ask("INSERT INTO cut_behind VALUES (1)"), "lost");
    EXPECT_TRUE(eventually([&] { return server.sql("SELECT count(*) FROM cut_behind") == "1"; }));
}

TEST_F(FaultProxyTest, cuts_before_a_message_so_that_the_server_never_sees_it)
{
    const auto& server = PostgresServer::shared();
    server.sql("CREATE TABLE cut_before (id int)");
    Client client(proxy);
    const std::string pid = client.ask("SELECT pg_backend_pid()");
    proxy.cut(before(From::client, 'S'));
    EXPECT_EQ(client.ask("INSERT INTO cut_before VALUES (1)"), "lost");
    EXPECT_TRUE(
        eventually([&] { return server.sql("SELECT count(*) FROM pg_stat_activity WHERE pid = " + pid) == "0"; }));
    EXPECT_EQ(server.sql("SELECT count(*) FROM cut_before"), "0");
}

TEST_F(FaultProxyTest, cuts_after_so_many_bytes_of_either_side)
{
    for (const From from : {From::client, From::server}) {
        Client client(proxy);
        proxy.cut(after_bytes(from, 7));
        EXPECT_EQ(client.ask("SELECT 1"), "lost");
    }
    EXPECT_EQ(proxy.counts().strikes, 2u);
}

TEST_F(FaultProxyTest, resets_a_connection_or_all)
{
    Client one(proxy), other(proxy);
    proxy.reset(before(From::server, 'C'));
    EXPECT_EQ(one.ask("SELECT 1"), "lost");
    EXPECT_EQ(other.ask("SELECT 1"), "1");
    proxy.reset();
    EXPECT_EQ(other.ask("SELECT 1"), "lost");
    EXPECT_EQ(Client(proxy).ask("SELECT 1"), "1");
}

TEST_F(FaultProxyTest, a_frozen_connection_says_nothing_until_it_thaws)
{
    Client client(proxy), other(proxy);
    proxy.freeze(before(From::server, 'D'));
    EXPECT_EQ(client.ask("SELECT 5", 100ms), "silence");
    EXPECT_EQ(other.ask("SELECT 6"), "6");
    proxy.thaw();
    EXPECT_EQ(client.hear(5s), "5");
}

TEST_F(FaultProxyTest, frozen_as_a_whole_it_accepts_and_says_nothing)
{
    Client client(proxy);
    proxy.freeze();
    EXPECT_EQ(client.ask("SELECT 5", 100ms), "silence");
    EXPECT_FALSE(Client(proxy).connected());
    proxy.heal();
    EXPECT_EQ(client.hear(5s), "5");
    EXPECT_EQ(Client(proxy).ask("SELECT 6"), "6");
}

TEST_F(FaultProxyTest, a_delayed_message_comes_late)
{
    Client client(proxy);
    proxy.delay(before(From::server, 'C'), 200ms);
    const auto began = steady_clock::now();
    EXPECT_EQ(client.ask("SELECT 1"), "1");
    EXPECT_GE(steady_clock::now() - began, 200ms);
    EXPECT_EQ(client.ask("SELECT 1"), "1");
}

TEST_F(FaultProxyTest, what_is_swallowed_never_arrives)
{
    Client client(proxy);
    proxy.swallow(after(From::client, 'E'));
    EXPECT_EQ(client.ask("SELECT 1", 100ms), "silence");
    EXPECT_EQ(proxy.counts().open, 1u);
}

TEST_F(FaultProxyTest, single_bytes_are_all_there)
{
    for (const From from : {From::client, From::server}) {
        proxy.split(every(after_bytes(from, 0)));
        Client client(proxy);
        EXPECT_EQ(client.ask("SELECT repeat('ab', 100)").size(), 200u);
        proxy.heal();
    }
}

TEST_F(FaultProxyTest, a_dropped_message_reply_or_turn_is_all_that_is_missing)
{
    Client client(proxy);
    proxy.drop(before(From::server, 'D'));
    EXPECT_EQ(client.ask("SELECT 1"), "failed"); // no row
    EXPECT_EQ(client.ask("SELECT 2"), "2");
    proxy.drop(reply());
    EXPECT_EQ(client.ask("SELECT 3"), "");
    proxy.drop(turn());
    EXPECT_EQ(client.ask_two("SELECT 4", "SELECT 5").first, "5") << "which is why nothing of the kind may be believed";
}

TEST_F(FaultProxyTest, swapped_turns_answer_the_other_question)
{
    Client client(proxy);
    proxy.swap(turn());
    const auto answers = client.ask_two("SELECT 1", "SELECT 2");
    EXPECT_EQ(answers.first, "2");
    EXPECT_EQ(answers.second, "1");
}

TEST_F(FaultProxyTest, a_door_that_refuses_counts_who_knocked)
{
    proxy.refuse();
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(Client(proxy).connected());
    EXPECT_GE(proxy.counts().connections, 3u);
    proxy.heal();
    EXPECT_EQ(Client(proxy).ask("SELECT 1"), "1");
}

TEST_F(FaultProxyTest, a_spot_of_every_piece_strikes_again_and_again)
{
    proxy.cut(every(before(From::server, 'D')));
    for (int i = 0; i < 3; ++i) EXPECT_EQ(Client(proxy).ask("SELECT 1"), "lost");
    EXPECT_EQ(proxy.counts().strikes, 3u);
}

TEST_F(FaultProxyTest, before_no_server_a_connection_ends_at_once)
{
    FaultProxy nowhere(free_port());
    EXPECT_FALSE(Client(nowhere).connected());
}

TEST(FaultProxyOfBytes, passes_bytes_of_any_kind)
{
    FaultProxy proxy(PostgresServer::shared().port(), FaultProxy::Protocol::bytes);
    Client client(proxy);
    EXPECT_EQ(client.ask("SELECT 1"), "1");
    EXPECT_TRUE(proxy.said().empty());
    proxy.reset(after_bytes(From::server, 20));
    EXPECT_EQ(client.ask("SELECT 1"), "lost");
}

} // namespace
} // namespace trunkline::db::testing
