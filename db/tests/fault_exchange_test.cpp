// SPDX-License-Identifier: MIT
#include <support/fault_scene.hpp>

#include <gtest/gtest.h>

namespace trunkline::db::testing {
namespace {

constexpr auto stop_limit = 2s; // the driver's, for asking a server to stop
constexpr auto slack = 3s;      // of a busy machine
constexpr std::size_t some = 3; // of many messages in a row, where each takes seconds
constexpr auto longest = FaultScene::command_timeout + stop_limit + slack;
// A log-in that hangs is asked to stop like any other call; then the next one is made.
constexpr auto longest_log_in = FaultScene::connect_timeout + stop_limit + slack;

asio::awaitable<void> nothing(FaultScene&) { co_return; }

// The exchanges. Each writes the scene's row, if it writes, and notes what it is answered.

asio::awaitable<void> warm_up(FaultScene& scene) { co_await scene.pool().execute("SELECT 1"); }

asio::awaitable<void> log_in(FaultScene& scene) { auto connection = co_await scene.pool().acquire(); }

asio::awaitable<void> leave_session_state(FaultScene& scene)
{
    auto connection = co_await scene.pool().acquire();
    co_await connection.execute("SET lock_timeout = '1234s'");
}

asio::awaitable<void> write_behind_a_reset(FaultScene& scene)
{
    auto id = co_await scene.pool().fetch_value<Uuid>("INSERT INTO faults VALUES ($1) RETURNING id", scene.id());
    scene.note(scene.id(), id);
    auto left = co_await scene.pool().fetch_value<std::string>("SELECT current_setting('lock_timeout')");
    scene.note(std::string("0"), left);
}

asio::awaitable<void> unit(FaultScene& scene)
{
    Batch batch;
    batch.add("INSERT INTO faults VALUES ($1) RETURNING id", scene.id());
    batch.add("SELECT $1::text, 2", std::string_view(scene.name()));
    auto results = co_await scene.pool().run(std::move(batch));
    scene.note(scene.id(), results.at(0).as<Uuid>(0));
    scene.note(scene.name(), results.at(1)[0].get<std::string>("text"));
}

asio::awaitable<void> transaction(FaultScene& scene)
{
    auto tx = co_await scene.pool().begin();
    auto id = co_await tx.fetch_value<Uuid>("INSERT INTO faults VALUES ($1) RETURNING id", scene.id());
    scene.note(scene.id(), id);
    co_await tx.commit();
}

asio::awaitable<void> stopped_at_the_deadline(FaultScene& scene)
{
    co_await scene.pool().within(100ms).execute("INSERT INTO faults SELECT $1 FROM pg_sleep(2.5)", scene.id());
}

// The faults.

void cut(FaultProxy& proxy, Spot spot) { proxy.cut(spot); }
void reset(FaultProxy& proxy, Spot spot) { proxy.reset(spot); }
void freeze(FaultProxy& proxy, Spot spot) { proxy.freeze(spot); }
void swallow(FaultProxy& proxy, Spot spot) { proxy.swallow(spot); }
void split(FaultProxy& proxy, Spot spot) { proxy.split(spot); }
void delay(FaultProxy& proxy, Spot spot) { proxy.delay(spot, 30ms); }

void expect_success(const FaultScene& scene) { EXPECT_TRUE(scene.succeeded()) << scene.story(); }
void expect_in_time(const FaultScene& scene) { EXPECT_LT(scene.took(), longest) << scene.story(); }
void expect_soon(const FaultScene& scene) { EXPECT_LT(scene.took(), 1s) << scene.story(); }

struct Exchange {
    const char* name;
    asio::awaitable<void> (*prepare)(FaultScene&);
    asio::awaitable<void> (*act)(FaultScene&);
};

constexpr Exchange exchanges[] = {{"reset_and_statement", leave_session_state, write_behind_a_reset},
                                  {"unit", warm_up, unit},
                                  {"transaction", warm_up, transaction}};

void PrintTo(const Exchange& exchange, std::ostream* out) { *out << exchange.name; }

struct FaultsOfAnExchange : ::testing::TestWithParam<Exchange> {
    FaultStage stage{GetParam().prepare, GetParam().act};
};

INSTANTIATE_TEST_SUITE_P(Each, FaultsOfAnExchange, ::testing::ValuesIn(exchanges),
                         [](const auto& info) { return std::string(info.param.name); });

TEST_P(FaultsOfAnExchange, lost_at_any_message_it_fails_at_once_and_truthfully)
{
    stage.add_everywhere("cut", cut);
    stage.add_everywhere("reset", reset);
    stage.play(expect_soon);
}

TEST_P(FaultsOfAnExchange, frozen_at_any_message_it_ends_at_its_deadline)
{
    stage.add_everywhere("freeze", freeze);
    stage.play(expect_in_time);
}

TEST_P(FaultsOfAnExchange, unheard_from_any_message_on_it_ends_at_its_deadline)
{
    stage.add_everywhere("swallow", swallow, some);
    stage.play(expect_in_time);
}

TEST_P(FaultsOfAnExchange, late_or_in_single_bytes_it_succeeds)
{
    stage.add_everywhere("delay", delay);
    for (const From from : {From::client, From::server})
        stage.add("split", [from](FaultProxy& proxy) { split(proxy, after_bytes(from, 0)); });
    stage.play(expect_success);
}

TEST_P(FaultsOfAnExchange, cut_after_any_number_of_bytes_it_fails_at_once_and_truthfully)
{
    for (const From from : {From::client, From::server})
        for (std::size_t bytes = 1; bytes < 300; bytes += 29)
            stage.add("cut after " + std::to_string(bytes) + " bytes",
                      [=](FaultProxy& proxy) { proxy.cut(after_bytes(from, bytes)); });
    stage.play(expect_soon);
}

TEST(FaultsOfALogIn, whatever_befalls_an_attempt_the_next_one_succeeds)
{
    FaultStage stage(nothing, log_in, false);
    stage.add_everywhere("cut", cut);
    stage.add_everywhere("reset", reset);
    stage.add_everywhere("freeze", freeze, some);
    stage.add_everywhere("swallow", swallow, some);
    stage.add_everywhere("delay", delay);
    for (const From from : {From::client, From::server})
        stage.add("split", [from](FaultProxy& proxy) { split(proxy, after_bytes(from, 0)); });
    stage.play([](const FaultScene& scene) {
        expect_success(scene);
        EXPECT_LT(scene.took(), longest_log_in) << scene.story();
    });
}

TEST(FaultsOfALogIn, while_no_attempt_succeeds_callers_are_told_that_nothing_was_sent)
{
    FaultStage stage(nothing, write_behind_a_reset);
    stage.add("cut", [](FaultProxy& proxy) { proxy.cut(every(before(From::client, startup_message))); });
    stage.add("reset", [](FaultProxy& proxy) { proxy.reset(every(before(From::server, 'R'))); });
    stage.add("refuse", [](FaultProxy& proxy) { proxy.refuse(); });
    stage.add("freeze", [](FaultProxy& proxy) { proxy.freeze(); });
    stage.play([](const FaultScene& scene) {
        EXPECT_EQ(scene.outcome(), Outcome::not_sent) << scene.story();
        EXPECT_LT(scene.took(), FaultScene::acquire_timeout + 2s);
    });
}

struct FaultsOfACancel : ::testing::Test {
    FaultStage stage{warm_up, stopped_at_the_deadline};
};

TEST_F(FaultsOfACancel, lost_or_frozen_at_any_message_it_ends_and_the_pool_is_whole)
{
    stage.add_everywhere("cut", cut);
    stage.add_everywhere("reset", reset);
    stage.add_everywhere("freeze", freeze);
    stage.play([](const FaultScene& scene) {
        EXPECT_FALSE(scene.succeeded()) << scene.story();
        EXPECT_LT(scene.took(), 100ms + stop_limit + slack) << scene.story();
    });
}

TEST_F(FaultsOfACancel, a_request_that_never_arrives_leaves_the_outcome_unknown)
{
    stage.add("cut", [](FaultProxy& proxy) { proxy.cut(every(before(From::client, cancel_request))); });
    stage.add("reset", [](FaultProxy& proxy) { proxy.reset(every(before(From::client, cancel_request))); });
    stage.add("freeze", [](FaultProxy& proxy) { proxy.freeze(every(before(From::client, cancel_request))); });
    stage.add("swallow", [](FaultProxy& proxy) { proxy.swallow(every(before(From::client, cancel_request))); });
    stage.play([](const FaultScene& scene) {
        EXPECT_EQ(scene.outcome(), Outcome::unknown) << scene.story();
        EXPECT_LT(scene.took(), 100ms + stop_limit + slack) << scene.story();
    });
}

TEST_F(FaultsOfACancel, one_that_arrives_stops_the_server_and_nothing_remains)
{
    stage.add("nothing", [](FaultProxy&) {});
    stage.add("late", [](FaultProxy& proxy) { proxy.delay(before(From::client, cancel_request), 300ms); });
    stage.play([](const FaultScene& scene) {
        EXPECT_EQ(scene.outcome(), Outcome::rejected) << scene.story();
        EXPECT_LT(scene.took(), 1500ms) << scene.story();
    });
}

} // namespace
} // namespace trunkline::db::testing
