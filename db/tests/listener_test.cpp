// SPDX-License-Identifier: MIT
#include <support/listener_scene.hpp>
#include <support/pgbouncer_server.hpp>

#include <boost/system/system_error.hpp>

#include <libpq-fe.h>

namespace trunkline::db {
namespace {

using namespace std::chrono_literals;
using boost::system::system_error;
using testing::quick;
using Call = testing::ListenerCall;
using Scene = testing::ListenerScene;

struct ListenerTest : testing::ListenerTest {};

// -- What is heard ---------------------------------------------------------------

TEST_F(ListenerTest, gives_notifications_in_their_order)
{
    Scene scene(url());
    scene.start({"orders", "clients"});
    server.sql("SELECT pg_notify(CASE i % 2 WHEN 0 THEN 'orders' ELSE 'clients' END, i::text) FROM "
               "generate_series(1, 1000) i");
    const std::string pid = server.sql("SELECT pg_backend_pid() FROM pg_notify('orders', 'last')");
    for (int i = 1; i <= 1000; ++i) ASSERT_EQ(scene.next_text(), (i % 2 ? "clients:" : "orders:") + std::to_string(i));
    const Event last = scene.next();
    EXPECT_EQ(last.kind, Event::Kind::notification);
    EXPECT_EQ(last.payload, "last");
    EXPECT_EQ(std::to_string(last.process_id), pid);
    EXPECT_EQ(scene.stats().notifications, 1001u);
    EXPECT_EQ(scene.stats().buffered, 0u);
}

/// What README.md shows.
asio::awaitable<void> follow_orders(Listener& listener, std::vector<std::string>& seen)
{
    co_await listener.listen("orders");
    co_await listener.start();
    seen.push_back("read all"); // now, and after each gap: what nobody was told is in the tables
    while (seen.back() != "order 3") {
        const Event event = co_await listener.next();
        if (event.is_gap()) seen.push_back("read all");
        else seen.push_back("order " + event.payload);
    }
}

TEST_F(ListenerTest, is_read_straight_down)
{
    Scene scene(url());
    std::vector<std::string> seen;
    Call& following = scene.go(follow_orders(*scene.listener, seen));
    scene.until([&] { return seen.size() == 1; });
    notify("orders", "1");
    scene.until([&] { return seen.size() == 2; });
    scene.lose_session(server);
    notify("orders", "2");
    scene.until([&] { return seen.size() == 3; });
    notify("orders", "3");
    scene.finish(following);
    EXPECT_EQ(seen, (std::vector<std::string>{"read all", "order 1", "read all", "order 3"}));
}

TEST_F(ListenerTest, listens_on_thousands_of_channels)
{
    Scene scene(url());
    std::vector<std::string> channels;
    for (int i = 0; i < 2500; ++i) channels.push_back("channel of tenant " + std::to_string(i));
    scene.start(channels);
    EXPECT_TRUE(scene.stats().listening);
    EXPECT_EQ(scene.stats().channels, 2500u);
    server.sql("SELECT pg_notify('channel of tenant ' || i, '') FROM generate_series(0, 2500) i");
    for (const auto& channel : channels) ASSERT_EQ(scene.next_text(), channel + ":");
    scene.settle();
    EXPECT_EQ(scene.stats().notifications, 2500u);
}

TEST_F(ListenerTest, takes_a_name_as_it_is)
{
    const std::vector<std::string> names{"Orders", "orders", "two words", R"(a"b)",  R"("";UNLISTEN *;--)",
                                         "a'b",    "select", "größe€",    "back\\s", std::string(63, 'x')};
    Scene scene(url());
    scene.start(names);
    for (const auto& channel : names) {
        server.sql("SELECT pg_notify($odd$" + channel + "$odd$, 'hello')");
        EXPECT_EQ(scene.next_text(), channel + ":hello");
    }
}

TEST_F(ListenerTest, refuses_a_name_that_cannot_be_one)
{
    Scene scene(url());
    EXPECT_THROW((void)scene.listener->listen(""), UsageError);
    EXPECT_THROW((void)scene.listener->listen(std::string(64, 'x')), UsageError);
    EXPECT_THROW((void)scene.listener->listen(std::string("a\0b", 3)), UsageError);
    EXPECT_EQ(scene.stats().channels, 0u);
}

TEST_F(ListenerTest, forgets_a_channel_that_the_server_refuses_and_keeps_the_others)
{
    Scene scene(url());
    scene.get(scene.listener->listen("good"));
    scene.get(scene.listener->listen("bad \xff"));
    scene.expect_failure(scene.go(scene.listener->start()), "22021");
    EXPECT_TRUE(scene.stats().listening);
    EXPECT_EQ(scene.stats().channels, 1u);
    scene.expect_failure(scene.go(scene.listener->listen("worse \xff")), "22021");
    notify("good", "1");
    EXPECT_EQ(scene.next_text(), "good:1");
    EXPECT_EQ(scene.stats().attempts, 1u);
    ASSERT_EQ(scene.logged.size(), 2u);
    EXPECT_NE(scene.logged[1].find("worse"), std::string::npos);
}

TEST_F(ListenerTest, hears_all_that_is_committed_after_listen_completed)
{
    Scene scene(url());
    scene.start({});
    for (int i = 0; i < 50; ++i) {
        const std::string channel = "c" + std::to_string(i);
        scene.get(scene.listener->listen(channel));
        notify(channel, "x");
        ASSERT_EQ(scene.next_text(), channel + ":x");
    }
}

TEST_F(ListenerTest, gives_nothing_of_a_channel_after_unlisten)
{
    Scene scene(url());
    scene.start({"kept", "gone"});
    notify("gone", "buffered");
    notify("kept", "1");
    scene.until([&] { return scene.stats().buffered == 2; });
    scene.listener->unlisten("gone");
    scene.listener->unlisten("never listened on");
    const int pid = scene.stats().process_id;
    scene.until([&] { return last_statement(pid) == "UNLISTEN \"gone\";"; });
    notify("gone", "late");
    notify("kept", "2");
    EXPECT_EQ(scene.next_text(), "kept:1");
    EXPECT_EQ(scene.next_text(), "kept:2");
    EXPECT_EQ(scene.stats().notifications, 3u);
    scene.get(scene.listener->listen("gone"));
    notify("gone", "again");
    EXPECT_EQ(scene.next_text(), "gone:again");
}

TEST_F(ListenerTest, ends_up_with_the_last_that_was_wanted)
{
    Scene scene(url());
    scene.start({"a"});
    for (int i = 0; i < 100; ++i) {
        scene.listener->unlisten("a");
        if (i % 3 == 0) scene.settle();
        Call& wanted = scene.go(scene.listener->listen("a"));
        if (i % 7 == 0) scene.settle();
        if (i % 2 == 0) continue; // and is unwanted again, perhaps while LISTEN or UNLISTEN is under way
        scene.finish(wanted);
        notify("a", std::to_string(i));
        ASSERT_EQ(scene.next_text(), "a:" + std::to_string(i));
    }
    for (Call& call : scene.calls_) EXPECT_FALSE(call.failure);
}

TEST_F(ListenerTest, takes_the_largest_payload)
{
    Scene scene(url());
    scene.start({"big"});
    server.sql("SELECT pg_notify('big', repeat('x', 7998 - 2) || 'ü')");
    server.sql("SELECT pg_notify('big', '')");
    EXPECT_EQ(scene.next().payload, std::string(7996, 'x') + "ü");
    EXPECT_EQ(scene.next().payload, "");
}

TEST_F(ListenerTest, hears_of_a_transaction_when_it_commits_and_never_of_one_that_does_not)
{
    Scene scene(url());
    scene.start({"a"});
    const std::unique_ptr<PGconn, decltype(&PQfinish)> open(PQconnectdb(server.url().c_str()), &PQfinish);
    const auto run = [&](const char* text) {
        const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(open.get(), text), &PQclear);
        ASSERT_EQ(PQresultStatus(result.get()), PGRES_COMMAND_OK) << PQerrorMessage(open.get());
    };
    run("BEGIN");
    run("NOTIFY a, 'committed'");
    notify("a", "meanwhile");
    EXPECT_EQ(scene.next_text(), "a:meanwhile");
    run("COMMIT");
    EXPECT_EQ(scene.next_text(), "a:committed");
    run("BEGIN");
    run("NOTIFY a, 'rolled back'");
    run("ROLLBACK");
    notify("a", "afterwards");
    EXPECT_EQ(scene.next_text(), "a:afterwards");
}

// -- Slow readers and those who give up --------------------------------------------

TEST_F(ListenerTest, drops_the_oldest_of_a_slow_reader_and_says_how_many)
{
    ListenerLimits limits;
    limits.events_max = 10;
    Scene scene(url(), limits);
    scene.start({"a"});
    server.sql("SELECT pg_notify('a', i::text) FROM generate_series(1, 100) i");
    scene.until([&] { return scene.stats().notifications == 100; });
    EXPECT_LE(scene.stats().buffered, 11u);
    const Event gap = scene.next();
    EXPECT_TRUE(gap.is_gap());
    EXPECT_EQ(gap.dropped, 90u);
    for (int i = 91; i <= 100; ++i) EXPECT_EQ(scene.next_text(), "a:" + std::to_string(i));
    notify("a", "more");
    EXPECT_EQ(scene.next_text(), "a:more");
    EXPECT_EQ(scene.stats().dropped, 90u);
}

TEST_F(ListenerTest, keeps_the_events_of_a_next_that_was_given_up)
{
    Scene scene(url());
    scene.start({"a"});
    int sent = 0;
    int given = 0;
    const auto take = [&](const Call& call) {
        if (call.failure) return;
        EXPECT_EQ(call.event.payload, std::to_string(given++));
    };
    for (int i = 0; i < 100; ++i) {
        Call& call = scene.go_next();
        if (i % 3 != 0) scene.settle();
        if (i % 2 == 0) notify("a", std::to_string(sent++));
        scene.cancel(call);
        scene.until([&] { return call.ended; });
        if (call.failure) { EXPECT_THROW(std::rethrow_exception(call.failure), system_error); }
        take(call);
    }
    while (given < sent) {
        Call& call = scene.go_next();
        scene.finish(call);
        take(call);
    }
    EXPECT_EQ(scene.stats().notifications, 50u);
    EXPECT_EQ(scene.stats().buffered, 0u);
}

TEST_F(ListenerTest, goes_on_for_the_others_when_one_gives_up_its_start_or_its_listen)
{
    Scene scene(url());
    Call& starting = scene.go(scene.listener->start());
    Call& listening = scene.go(scene.listener->listen("a"));
    scene.cancel(starting);
    scene.cancel(listening);
    EXPECT_THROW(scene.finish(starting), system_error);
    scene.until([&] { return listening.ended && scene.stats().listening; });
    notify("a", "1");
    EXPECT_EQ(scene.next_text(), "a:1");
}

// -- What stands in between --------------------------------------------------------

TEST_F(ListenerTest, is_refused_where_nothing_would_be_heard)
{
    asio::io_context io;
    const auto made = [&](const std::string& text) { Listener(io.get_executor(), Options::parse(text)); };
    EXPECT_THROW(made("sqlite::memory:"), UsageError);
    for (const char* parameter :
         {"&pooler=transaction", "&pgbouncer=true", "&no_prepare=true", "&statement_cache_size=0"})
        EXPECT_THROW(made(url(parameter)), UsageError) << parameter;
    EXPECT_NO_THROW(made(url("&no_prepare=true&pooler=none")));
    ListenerLimits limits;
    limits.events_max = 0;
    EXPECT_THROW(Listener(io.get_executor(), Options::parse(url()), limits), UsageError);
}

TEST_F(ListenerTest, refuses_to_listen_through_a_pooler)
{
    const testing::PgbouncerServer pooler(server);
    Scene scene(pooler.url(), quick());
    Call& waiting = scene.go_next();
    scene.get(scene.listener->listen("a"));
    EXPECT_THROW(scene.get(scene.listener->start()), UsageError);
    EXPECT_THROW(scene.finish(waiting), UsageError);
    EXPECT_THROW((void)scene.next(), UsageError);
    EXPECT_THROW(scene.get(scene.listener->listen("b")), UsageError);
    EXPECT_THROW(scene.get(scene.listener->start()), UsageError);
    EXPECT_EQ(scene.stats().attempts, 1u);
    Scene sure(pooler.url() + "?pooler=none");
    EXPECT_NO_THROW(sure.start({"a"}));
}

} // namespace
} // namespace trunkline::db
