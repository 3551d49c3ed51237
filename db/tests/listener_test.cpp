// SPDX-License-Identifier: MIT
#include <trunkline/db/listener.hpp>

#include <support/pgbouncer_server.hpp>
#include <support/postgres_driver_fixture.hpp>

#include <trunkline/db/testing/fault_proxy.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/system/system_error.hpp>

#include <libpq-fe.h>

#include <set>

namespace trunkline::db {
namespace {

using namespace std::chrono_literals;
using boost::system::system_error;
using std::chrono::steady_clock;
using testing::Frozen;
using testing::PostgresServer;

/// A call that runs beside the test.
struct Call {
    bool ended = false;
    std::exception_ptr failure;
    Event event;
    asio::cancellation_signal stop;
};

/// A listener and its loop, which the test turns by hand. Nothing here waits longer than a bound.
class Scene {
public:
    explicit Scene(const std::string& url, ListenerLimits limits = {})
        : io(std::in_place), listener(std::in_place, io->get_executor(), Options::parse(url), limits)
    {
        listener->set_log([this](std::string_view message) { logged.emplace_back(message); });
    }

    Call& go(asio::awaitable<void> work)
    {
        Call& call = calls_.emplace_back();
        auto note = [&call](std::exception_ptr failure) {
            call.ended = true;
            call.failure = failure;
        };
        asio::co_spawn(*io, std::move(work), asio::bind_cancellation_slot(call.stop.slot(), note));
        return call;
    }
    Call& go_next()
    {
        Call& call = calls_.emplace_back();
        auto note = [&call](std::exception_ptr failure, Event event) {
            call.ended = true;
            call.failure = failure;
            call.event = std::move(event);
        };
        asio::co_spawn(*io, listener->next(), asio::bind_cancellation_slot(call.stop.slot(), note));
        return call;
    }
    void cancel(Call& call)
    {
        asio::post(*io, [&call] { call.stop.emit(asio::cancellation_type::terminal); });
    }

    /// Turns the loop until `reached()`.
    template <class Reached>
    void until(Reached reached)
    {
        const auto bound = steady_clock::now() + 20s;
        io->restart();
        while (!reached()) {
            if (steady_clock::now() > bound) throw std::runtime_error("what was waited for did not happen");
            if (io->run_one_for(10ms) == 0) io->restart();
        }
    }
    /// Lets everything happen that can happen now.
    void settle()
    {
        io->restart();
        io->poll();
    }
    void finish(Call& call)
    {
        until([&] { return call.ended; });
        if (call.failure) std::rethrow_exception(call.failure);
    }
    void get(asio::awaitable<void> work) { finish(go(std::move(work))); }
    /// It fails with an Error of that state.
    void expect_failure(Call& call, const std::string& sqlstate)
    {
        try {
            finish(call);
            ADD_FAILURE() << "it did not fail";
        } catch (const Error& error) {
            EXPECT_EQ(error.sqlstate(), sqlstate) << error.what();
        }
    }
    Event next()
    {
        Call& call = go_next();
        finish(call);
        return call.event;
    }
    std::string next_text()
    {
        const Event event = next();
        return event.is_gap() ? "gap" : event.channel + ":" + event.payload;
    }
    void start(const std::vector<std::string>& channels)
    {
        for (const auto& channel : channels) get(listener->listen(channel));
        get(listener->start());
    }
    void lose_session(const PostgresServer& server)
    {
        const auto losses = stats().losses;
        server.sql("SELECT pg_terminate_backend(" + std::to_string(stats().process_id) + ")");
        until([&] { return stats().losses == losses + 1; });
    }

    ListenerStats stats() const { return listener->stats(); }

    std::list<Call> calls_; // outlives what runs
    std::vector<std::string> logged;
    std::optional<asio::io_context> io;
    std::optional<Listener> listener;
};

class ListenerTest : public ::testing::Test {
protected:
    std::string url(const std::string& parameters = {}) const
    {
        return server.url() + "?application_name=" + name + parameters;
    }
    std::string through(const testing::FaultProxy& proxy) const
    {
        std::string found = url();
        const std::string port = std::to_string(server.port());
        return found.replace(found.find(port), port.size(), std::to_string(proxy.port()));
    }
    std::string sessions() const
    {
        return server.sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = '" + name + "'");
    }
    std::string last_statement(int pid) const
    {
        return server.sql("SELECT query FROM pg_stat_activity WHERE pid = " + std::to_string(pid));
    }
    void notify(const std::string& channel, const std::string& payload) const
    {
        server.sql("NOTIFY " + channel + ", '" + payload + "'");
    }

    PostgresServer& server = PostgresServer::shared();
    const std::string name = std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()).substr(0, 63);
};

/// Reconnects quickly, and finds a frozen server within 400 ms.
ListenerLimits quick()
{
    ListenerLimits limits;
    limits.quiet_max = 200ms;
    limits.answer_timeout = 200ms;
    limits.backoff_first = 5ms;
    limits.backoff_max = 40ms;
    return limits;
}

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

// -- Losses ----------------------------------------------------------------------

TEST_F(ListenerTest, that_lost_its_session_listens_again_and_gives_exactly_one_gap)
{
    Scene scene(url(), quick());
    scene.start({"a", "b"});
    for (int i = 0; i < 3; ++i) {
        const int pid = scene.stats().process_id;
        notify("a", "before");
        scene.until([&] { return scene.stats().buffered == 1; });
        scene.lose_session(server);
        notify("a", "missed");
        EXPECT_EQ(scene.next_text(), "a:before");
        const Event gap = scene.next();
        EXPECT_TRUE(gap.is_gap());
        EXPECT_EQ(gap.dropped, 0u);
        EXPECT_NE(gap.payload.find("lost"), std::string::npos);
        EXPECT_NE(scene.stats().process_id, pid);
        notify("a", "1");
        notify("b", "2");
        EXPECT_EQ(scene.next_text(), "a:1");
        EXPECT_EQ(scene.next_text(), "b:2");
    }
    EXPECT_EQ(scene.stats().losses, 3u);
    EXPECT_EQ(scene.logged.size(), 6u) << "lost and back, three times";
    EXPECT_EQ(sessions(), "1");
}

TEST_F(ListenerTest, survives_a_restart_of_the_server)
{
    PostgresServer own;
    Scene scene(own.url(), quick());
    scene.start({"a"});
    own.stop();
    scene.until([&] { return scene.stats().losses == 1; });
    EXPECT_FALSE(scene.stats().listening);
    EXPECT_EQ(scene.stats().process_id, 0);
    Call& wanted = scene.go(scene.listener->listen("b"));
    Call& waiting = scene.go_next();
    const auto attempts = scene.stats().attempts;
    scene.until([&] { return scene.stats().attempts >= attempts + 3; });
    EXPECT_FALSE(scene.stats().last_error.empty());
    EXPECT_FALSE(wanted.ended);
    EXPECT_FALSE(waiting.ended);
    own.start();
    scene.finish(wanted);
    scene.finish(waiting);
    EXPECT_TRUE(waiting.event.is_gap());
    own.sql("NOTIFY a, '1'");
    own.sql("NOTIFY b, '2'");
    EXPECT_EQ(scene.next_text(), "a:1");
    EXPECT_EQ(scene.next_text(), "b:2");
    EXPECT_TRUE(scene.stats().last_error.empty());
    EXPECT_EQ(scene.stats().losses, 1u);
    EXPECT_EQ(scene.logged.size(), 2u) << "an outage is told once, not with each attempt";
}

TEST_F(ListenerTest, tells_why_it_could_not_start_and_goes_on_trying)
{
    PostgresServer own;
    own.stop();
    Scene scene(own.url(), quick());
    scene.get(scene.listener->listen("a"));
    EXPECT_THROW(scene.get(scene.listener->start()), ConnectFailed);
    own.start();
    scene.until([&] { return scene.stats().listening; });
    scene.get(scene.listener->start());
    own.sql("NOTIFY a, '1'");
    EXPECT_EQ(scene.next_text(), "a:1") << "no gap: nobody had been promised anything";
}

TEST_F(ListenerTest, waits_longer_and_longer_between_its_attempts)
{
    PostgresServer own;
    own.stop();
    ListenerLimits limits = quick();
    limits.backoff_first = 10ms;
    limits.backoff_max = 80ms;
    Scene scene(own.url(), limits);
    const auto began = steady_clock::now();
    EXPECT_THROW(scene.get(scene.listener->start()), ConnectFailed);
    scene.until([&] { return scene.stats().attempts == 11; });
    // Half of 10 + 20 + 40 + 7 × 80 ms at least; whatever is above is the machine's.
    EXPECT_GE(steady_clock::now() - began, 315ms);
}

TEST_F(ListenerTest, notices_a_frozen_server_in_the_stated_time)
{
    Scene scene(url(), quick());
    scene.start({"a"});
    const auto began = steady_clock::now();
    const Frozen frozen(scene.stats().process_id);
    scene.until([&] { return scene.stats().losses == 1; });
    const auto noticed = steady_clock::now() - began;
    EXPECT_GE(noticed, 200ms);
    EXPECT_LT(noticed, 400ms + 1s) << "what a busy machine adds included";
    EXPECT_EQ(scene.next_text(), "gap");
    notify("a", "1");
    EXPECT_EQ(scene.next_text(), "a:1");
}

TEST_F(ListenerTest, notices_a_network_that_has_fallen_silent)
{
    testing::FaultProxy proxy(server.port());
    Scene scene(through(proxy) + "&connect_timeout=300ms", quick());
    scene.start({"a"});
    proxy.freeze();
    scene.until([&] { return scene.stats().losses == 1 && scene.stats().attempts == 3; });
    proxy.thaw();
    EXPECT_EQ(scene.next_text(), "gap");
    notify("a", "1");
    EXPECT_EQ(scene.next_text(), "a:1");
}

TEST_F(ListenerTest, gets_there_wherever_its_first_connection_is_cut)
{
    std::size_t cut = 0;
    for (std::size_t message = 1; message <= 30; ++message) {
        testing::FaultProxy proxy(server.port());
        proxy.cut(testing::before(testing::From::server, {}, message));
        Scene scene(through(proxy), quick());
        scene.get(scene.listener->listen("a"));
        Call& starting = scene.go(scene.listener->start());
        scene.until([&] { return starting.ended && scene.stats().listening; });
        if (starting.failure) ++cut;
        const auto losses = scene.stats().losses;
        ASSERT_EQ(scene.stats().buffered, losses) << "a gap where something had been promised, and only there";
        for (std::uint64_t i = 0; i < losses; ++i) EXPECT_EQ(scene.next_text(), "gap");
        notify("a", "1");
        const std::string first = scene.next_text();
        EXPECT_TRUE(first == "a:1" || first == "gap") << first;
    }
    EXPECT_GE(cut, 15u);
}

TEST_F(ListenerTest, reads_what_arrives_byte_by_byte)
{
    testing::FaultProxy proxy(server.port());
    proxy.split(testing::after_bytes(testing::From::server, 0));
    Scene scene(through(proxy));
    scene.start({"a", "b"});
    server.sql("NOTIFY a, '1'; NOTIFY b, '2'; NOTIFY a, '3'");
    for (const char* expected : {"a:1", "b:2", "a:3"}) EXPECT_EQ(scene.next_text(), expected);
    EXPECT_EQ(scene.stats().losses, 0u);
}

TEST_F(ListenerTest, keeps_a_quiet_connection_that_lives)
{
    ListenerLimits limits;
    limits.quiet_max = 20ms;
    Scene scene(url(), limits);
    scene.start({"a"});
    const int pid = scene.stats().process_id;
    std::set<std::string> signs;
    scene.until([&] {
        signs.insert(server.sql("SELECT query_start FROM pg_stat_activity WHERE pid = " + std::to_string(pid)));
        return signs.size() == 5;
    });
    EXPECT_EQ(scene.stats().process_id, pid);
    EXPECT_EQ(scene.stats().losses, 0u);
}

TEST_F(ListenerTest, finds_a_server_by_its_name)
{
    std::string named = url();
    named.replace(named.find("127.0.0.1"), 9, "localhost");
    Scene scene(named);
    scene.start({"a"});
    notify("a", "1");
    EXPECT_EQ(scene.next_text(), "a:1");
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

// -- The end -----------------------------------------------------------------------

TEST_F(ListenerTest, takes_leave_when_it_is_stopped)
{
    Scene scene(url());
    scene.start({"a"});
    notify("a", "1");
    scene.until([&] { return scene.stats().buffered == 1; });
    EXPECT_EQ(sessions(), "1");
    scene.get(scene.listener->stop());
    EXPECT_EQ(sessions(), "0");
    EXPECT_EQ(scene.next_text(), "a:1") << "what had arrived";
    EXPECT_THROW((void)scene.next(), ListenerStopped);
    EXPECT_THROW(scene.get(scene.listener->start()), ListenerStopped);
    EXPECT_THROW(scene.get(scene.listener->listen("b")), ListenerStopped);
    scene.get(scene.listener->stop());
    EXPECT_EQ(scene.stats().losses, 0u);
}

TEST_F(ListenerTest, may_be_stopped_before_it_starts_and_in_the_middle_of_an_outage)
{
    Scene idle(url());
    idle.get(idle.listener->stop());
    EXPECT_THROW(idle.get(idle.listener->start()), ListenerStopped);
    PostgresServer own;
    own.stop();
    Scene scene(own.url());
    EXPECT_THROW(scene.get(scene.listener->start()), ConnectFailed);
    Call& waiting = scene.go_next();
    const auto began = steady_clock::now();
    scene.get(scene.listener->stop());
    EXPECT_LT(steady_clock::now() - began, 1s);
    EXPECT_THROW(scene.finish(waiting), ListenerStopped);
}

TEST_F(ListenerTest, stops_within_a_bound_when_the_server_is_frozen)
{
    Scene scene(url());
    scene.start({"a"});
    const Frozen frozen(scene.stats().process_id);
    const auto began = steady_clock::now();
    scene.get(scene.listener->stop());
    EXPECT_LT(steady_clock::now() - began, 5s + 1s);
}

TEST_F(ListenerTest, may_go_with_calls_under_way)
{
    Scene scene(url());
    scene.start({"a"});
    Call& waiting = scene.go_next();
    Call& listening = scene.go(scene.listener->listen("b"));
    scene.until([&] { return listening.ended; });
    Call& late = scene.go(scene.listener->listen("c"));
    const auto began = steady_clock::now();
    scene.listener.reset();
    EXPECT_LT(steady_clock::now() - began, 500ms) << "it waits for nobody";
    EXPECT_THROW(scene.finish(waiting), ListenerStopped);
    EXPECT_THROW(scene.finish(late), ListenerStopped);
    scene.until([&] { return sessions() == "0"; });
}

TEST_F(ListenerTest, may_go_while_it_starts)
{
    // At each step of the way: the loop is turned a little further each time.
    for (int steps = 0; steps < 40; ++steps) {
        Scene scene(url());
        (void)scene.listener->listen("a");
        Call& starting = scene.go(scene.listener->start());
        scene.io->restart();
        for (int i = 0; i < steps && !starting.ended; ++i) scene.io->run_one_for(1s);
        const bool started = starting.ended;
        scene.listener.reset();
        if (!started) { EXPECT_THROW(scene.finish(starting), ListenerStopped); }
        scene.io->restart();
        scene.io->run_for(20s);
        EXPECT_TRUE(scene.io->stopped()) << "something is left";
        scene.until([&] { return sessions() == "0"; });
    }
}

TEST_F(ListenerTest, and_its_loop_may_go_in_either_order_with_everything_under_way)
{
    for (const bool loop_first : {false, true}) {
        for (int steps = 0; steps < 40; steps += 2) {
            Scene scene(url());
            (void)scene.listener->listen("a");
            scene.go(scene.listener->start());
            scene.go_next();
            scene.io->restart();
            for (int i = 0; i < steps && !scene.stats().listening; ++i) scene.io->run_one_for(20ms);
            scene.go(scene.listener->listen("b"));
            if (steps % 4 == 0) scene.go(scene.listener->stop());
            if (steps % 3 == 0) scene.settle();
            if (loop_first) scene.io.reset();
            scene.listener.reset();
            scene.io.reset();
            for (const Call& call : scene.calls_) {
                if (!call.failure) continue;
                EXPECT_THROW(std::rethrow_exception(call.failure), ListenerStopped);
            }
            // Nothing runs any more: the sanitizers look on.
        }
    }
}

/// Owns its listener, as a program's own coroutine does.
asio::awaitable<void> own_a_listener(std::string url, bool& started)
{
    Listener listener(co_await asio::this_coro::executor, Options::parse(url));
    co_await listener.listen("a");
    co_await listener.start();
    started = true;
    (void)co_await listener.next();
}

TEST_F(ListenerTest, goes_with_the_frame_that_owns_it_when_the_loop_goes)
{
    for (int steps = 0; steps < 40; ++steps) {
        asio::io_context io;
        bool started = false;
        asio::co_spawn(io, own_a_listener(url(), started), [](std::exception_ptr) { FAIL() << "nothing ended it"; });
        for (int i = 0; i < steps && !started; ++i) io.run_one_for(20ms);
    }
}

TEST_F(ListenerTest, and_its_loop_may_go_between_two_attempts)
{
    PostgresServer own;
    own.stop();
    for (const bool loop_first : {false, true}) {
        Scene scene(own.url());
        EXPECT_THROW(scene.get(scene.listener->start()), ConnectFailed);
        scene.go_next();
        scene.settle();
        if (loop_first) scene.io.reset();
        scene.listener.reset();
        scene.io.reset();
        EXPECT_FALSE(scene.calls_.back().ended);
    }
}

} // namespace
} // namespace trunkline::db
