// SPDX-License-Identifier: MIT
#include <support/listener_scene.hpp>

#include <set>

namespace trunkline::db {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using testing::Frozen;
using testing::PostgresServer;
using testing::quick;
using Call = testing::ListenerCall;
using Scene = testing::ListenerScene;

struct ListenerLoss : testing::ListenerTest {};

TEST_F(ListenerLoss, that_lost_its_session_listens_again_and_gives_exactly_one_gap)
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

TEST_F(ListenerLoss, survives_a_restart_of_the_server)
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

TEST_F(ListenerLoss, tells_why_it_could_not_start_and_goes_on_trying)
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

TEST_F(ListenerLoss, waits_longer_and_longer_between_its_attempts)
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

TEST_F(ListenerLoss, notices_a_frozen_server_in_the_stated_time)
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

TEST_F(ListenerLoss, notices_a_network_that_has_fallen_silent)
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

TEST_F(ListenerLoss, gets_there_wherever_its_first_connection_is_cut)
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

TEST_F(ListenerLoss, reads_what_arrives_byte_by_byte)
{
    testing::FaultProxy proxy(server.port());
    proxy.split(testing::after_bytes(testing::From::server, 0));
    Scene scene(through(proxy));
    scene.start({"a", "b"});
    server.sql("NOTIFY a, '1'; NOTIFY b, '2'; NOTIFY a, '3'");
    for (const char* expected : {"a:1", "b:2", "a:3"}) EXPECT_EQ(scene.next_text(), expected);
    EXPECT_EQ(scene.stats().losses, 0u);
}

TEST_F(ListenerLoss, keeps_a_quiet_connection_that_lives)
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

TEST_F(ListenerLoss, finds_a_server_by_its_name)
{
    std::string named = url();
    named.replace(named.find("127.0.0.1"), 9, "localhost");
    Scene scene(named);
    scene.start({"a"});
    notify("a", "1");
    EXPECT_EQ(scene.next_text(), "a:1");
}

} // namespace
} // namespace trunkline::db
