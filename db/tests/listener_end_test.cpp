// SPDX-License-Identifier: MIT
#include <support/listener_scene.hpp>

namespace trunkline::db {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using testing::Frozen;
using testing::PostgresServer;
using Call = testing::ListenerCall;
using Scene = testing::ListenerScene;

struct ListenerEnd : testing::ListenerTest {};

TEST_F(ListenerEnd, takes_leave_when_it_is_stopped)
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

TEST_F(ListenerEnd, may_be_stopped_before_it_starts_and_in_the_middle_of_an_outage)
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

TEST_F(ListenerEnd, stops_within_a_bound_when_the_server_is_frozen)
{
    Scene scene(url());
    scene.start({"a"});
    const Frozen frozen(scene.stats().process_id);
    const auto began = steady_clock::now();
    scene.get(scene.listener->stop());
    EXPECT_LT(steady_clock::now() - began, 5s + 1s);
}

TEST_F(ListenerEnd, may_go_with_calls_under_way)
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

TEST_F(ListenerEnd, may_go_while_it_starts)
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

TEST_F(ListenerEnd, and_its_loop_may_go_in_either_order_with_everything_under_way)
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

TEST_F(ListenerEnd, goes_with_the_frame_that_owns_it_when_the_loop_goes)
{
    for (int steps = 0; steps < 40; ++steps) {
        asio::io_context io;
        bool started = false;
        asio::co_spawn(io, own_a_listener(url(), started), [](std::exception_ptr) { FAIL() << "nothing ended it"; });
        for (int i = 0; i < steps && !started; ++i) io.run_one_for(20ms);
    }
}

TEST_F(ListenerEnd, and_its_loop_may_go_between_two_attempts)
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
