// SPDX-License-Identifier: MIT
#include "support/chat_house.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

namespace trunkline::chat::testing {

using namespace std::chrono_literals;
using http::Method;

namespace {

constexpr std::string_view continue_path = "/api/v1/chat/runs/{id}/continue";

struct RunRecoveryTest : ::testing::TestWithParam<db::Engine> {
    Database database{GetParam()};
    const http::Actor& ada = database.customer;
};

} // namespace

INSTANTIATE_TEST_SUITE_P(On, RunRecoveryTest, ::testing::Values(db::Engine::sqlite, db::Engine::postgresql),
                         [](const auto& info) { return std::string(to_string(info.param)); });

TEST_P(RunRecoveryTest, what_a_dead_process_left_is_interrupted_and_kept)
{
    ChatHouse dead(database);
    const Uuid conversation = dead.conversation(ada);
    const Uuid run = dead.ask(ada, conversation, "Hello");
    dead.agent->say("This was said");
    dead.until_written(run, "This was said");
    dead.agent->say(" and this was not written");
    dead.kill();

    if (GetParam() == db::Engine::postgresql) database.clock.advance(31s); // there it might still live
    ChatHouse next(database);
    next.until([&] { return next.row(run).status != RunStatus::running; });
    const chat::Run shown = next.shown_run(run);
    EXPECT_EQ(shown.status, RunStatus::failed);
    EXPECT_EQ(shown.reason, "interrupted");
    EXPECT_EQ(shown.text, "This was said");
    EXPECT_EQ(next.messages(ada, conversation).at(1).content, "This was said");
    const http::Response continued = next.request(ada, Method::post, continue_path, run);
    EXPECT_EQ(continued.status, 202) << continued.body;
}

TEST_P(RunRecoveryTest, a_process_that_wakes_up_too_late_changes_nothing)
{
    auto sleeping = std::make_unique<ChatHouse>(database);
    const Uuid conversation = sleeping->conversation(ada);
    const Uuid run = sleeping->ask(ada, conversation, "Hello");
    sleeping->agent->say("This was said");
    sleeping->until_written(run, "This was said");
    sleeping->kill();
    database.clock.advance(31s);
    ChatHouse next(database);
    next.until([&] { return next.row(run).status != RunStatus::running; });

    sleeping->agent->say(" too late");
    sleeping->agent->finish();
    sleeping->until([&] { return sleeping->engine->running() == 0; });
    sleeping.reset();
    EXPECT_EQ(next.shown_run(run).text, "This was said");
    EXPECT_EQ(next.shown_run(run).reason, "interrupted");
    EXPECT_EQ(next.messages(ada, conversation).size(), 2u);
}

TEST_P(RunRecoveryTest, a_run_of_ours_that_never_started_is_interrupted_too)
{
    ChatHouse house(database);
    const Uuid conversation = house.conversation(ada);
    NewRun never{.owner = house.engine->owner(),
                 .agent_type = {},
                 .started_at = database.clock.now(),
                 .lease_until = database.clock.now() + 30s};
    db::Batch batch;
    (void)add_start(batch, {ada.tenant_id, ada.user_id, ada.name}, conversation, never);
    (void)house.run(house.pool->run(std::move(batch)));
    house.run(house.engine->recover(false));
    EXPECT_EQ(house.row(never.id).status, RunStatus::running) << "its start may be on its way";
    database.clock.advance(16s);
    house.run(house.engine->recover(false));
    EXPECT_EQ(house.row(never.id).reason, "interrupted");
    EXPECT_TRUE(house.messages(ada, conversation).empty());
    EXPECT_EQ(house.send(ada, conversation, "Again").status, 202);
}

TEST_P(RunRecoveryTest, a_lease_is_renewed_while_the_agent_thinks)
{
    ChatHouse house(database);
    const Uuid run = house.ask("Hello");
    house.until([&] { return house.agent->answering == 1; });
    const Time start = database.clock.now();
    while (database.clock.now() < start + 60s) {
        const Time next = database.clock.now() + 2s;
        database.clock.advance(2s);
        house.until([&] { return house.row(run).lease_until > next; });
    }
    EXPECT_EQ(house.row(run).status, RunStatus::running);
}

TEST_P(RunRecoveryTest, a_server_that_stops_ends_its_runs_and_keeps_what_was_said)
{
    ChatHouse house(database);
    const Uuid conversation = house.conversation(ada);
    const Uuid run = house.ask(ada, conversation, "Hello");
    house.agent->say("Half an ans");
    house.until([&] { return house.agent->answering == 1; });
    house.stop();
    EXPECT_EQ(house.shown_run(run).status, RunStatus::failed);
    EXPECT_EQ(house.shown_run(run).reason, "interrupted");
    EXPECT_EQ(house.messages(ada, conversation).at(1).content, "Half an ans");
}

TEST_P(RunRecoveryTest, a_journal_is_forgotten_an_hour_after_the_end)
{
    ChatHouse house(database);
    house.agent->say("Short.");
    house.agent->finish();
    const Uuid run = house.ask("Hello");
    house.until_ended(run);
    EXPECT_FALSE(house.run(read_journal(*house.pool, run, 0, 10)).empty());
    database.clock.advance(59min);
    house.run(house.engine->recover(false));
    EXPECT_FALSE(house.run(read_journal(*house.pool, run, 0, 10)).empty());
    database.clock.advance(2min);
    house.run(house.engine->recover(false));
    EXPECT_TRUE(house.run(read_journal(*house.pool, run, 0, 10)).empty());
    EXPECT_EQ(house.shown_run(run).text, "Short.") << "the message has it";
    const EventList late = house.stream(run);
    ASSERT_EQ(late.events.size(), 1u);
    EXPECT_EQ(late.events[0].name, "sync");
    EXPECT_EQ(json::parse(late.events[0].data).at("message").at("content").as_string(), "Short.");
    EXPECT_TRUE(house.stream(run, house.shown_run(run).last_seq).events.empty()) << "it had everything";
}

} // namespace trunkline::chat::testing
