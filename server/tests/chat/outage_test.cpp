// SPDX-License-Identifier: MIT
#include "support/chat_house.hpp"

#include <support/postgres_server.hpp>

#include <gtest/gtest.h>

namespace trunkline::chat::testing {

using namespace std::chrono_literals;

namespace {

/// The shared server is stopped and started again: this program has no other tests on it meanwhile.
struct OutageTest : ::testing::Test {
    // The server is ended as by a crash; what it has acknowledged has to survive that, as it does in earnest.
    OutageTest() { server.sql("ALTER ROLE postgres SET synchronous_commit = on"); }

    db::testing::PostgresServer& server = db::testing::PostgresServer::shared();
    Database database{db::Engine::postgresql};
    const http::Actor& ada = database.customer;

    void pass(ChatHouse& house, std::chrono::milliseconds time)
    {
        const Time next = database.clock.now() + time;
        house.until([&] { return database.clock.now() >= next; });
    }
};

} // namespace

TEST_F(OutageTest, what_is_said_while_the_database_is_away_is_written_once_it_is_back)
{
    ChatHouse house(database);
    const Uuid conversation = house.conversation(ada);
    const Uuid run = house.ask(ada, conversation, "Hello");
    const auto viewer = house.engine->viewers().view(run);
    house.agent->say("Before. ");
    house.until_written(run, "Before. ");
    server.stop();
    house.agent->say("During. ");
    pass(house, 2s);
    house.agent->say("Still. ");
    pass(house, 1s);
    EXPECT_EQ(house.engine->running(), 1u);
    server.start();
    house.until_written(run, "Before. During. Still. ");
    house.agent->say("After.");
    house.agent->finish();
    house.until_ended(run);
    EXPECT_EQ(house.messages(ada, conversation).at(1).content, "Before. During. Still. After.");
    EXPECT_EQ(house.messages(ada, conversation).size(), 2u);
    EXPECT_EQ(house.stream(run).text(), "Before. During. Still. After.");
}

TEST_F(OutageTest, a_run_that_ends_while_the_database_is_away_ends_once_it_is_back)
{
    ChatHouse house(database);
    const Uuid conversation = house.conversation(ada);
    const Uuid run = house.ask(ada, conversation, "Hello");
    house.agent->say("Before. ");
    house.until_written(run, "Before. ");
    server.stop();
    house.agent->say("During.");
    house.agent->finish();
    house.until([&] { return house.agent->ended == 1; });
    pass(house, 3s);
    EXPECT_EQ(house.engine->running(), 1u);
    server.start();
    house.until_ended(run);
    EXPECT_EQ(house.messages(ada, conversation).at(1).content, "Before. During.");
    EXPECT_EQ(house.shown_run(run).status, RunStatus::finished);
}

TEST_F(OutageTest, an_agent_waits_when_too_much_waits_for_the_database)
{
    RunEngine::Options options;
    options.journal.waiting_bytes_max = 1'000;
    auto quick = std::make_unique<QuickAgent>(std::string(20'000, 'x'), 100);
    const QuickAgent& agent = *quick;
    ChatHouse house(database, {.agent = std::move(quick), .options = options, .topics = {}});
    const Uuid run = house.ask("Hello");
    house.until([&] { return agent.said() > 0; });
    server.stop();
    pass(house, 2s);
    EXPECT_LT(agent.said(), 19'000u);
    const std::size_t waits_at = agent.said();
    pass(house, 2s);
    EXPECT_EQ(agent.said(), waits_at);
    server.start();
    house.until_ended(run);
    EXPECT_EQ(house.shown_run(run).text, std::string(20'000, 'x'));
    EXPECT_GT(house.run(read_journal(*house.pool, run, 0, 1'000)).size(), 10u)
        << "it could not be written in one piece";
}

TEST_F(OutageTest, a_server_can_stop_while_the_database_is_away_and_the_next_one_ends_its_runs)
{
    const Uuid conversation = ChatHouse(database).conversation(ada);
    Uuid run;
    {
        ChatHouse house(database);
        run = house.ask(ada, conversation, "Hello");
        house.agent->say("Before. ");
        house.until_written(run, "Before. ");
        house.agent->say("Lost.");
        server.stop();
        pass(house, 1s);
        house.stop();
    }
    server.start();
    database.clock.advance(31s);
    ChatHouse next(database);
    next.until([&] { return next.row(run).status != RunStatus::running; });
    EXPECT_EQ(next.shown_run(run).reason, "interrupted");
    EXPECT_EQ(next.messages(ada, conversation).at(1).content, "Before. ");
}

TEST_F(OutageTest, an_end_whose_answer_was_lost_is_written_once)
{
    ChatHouse house(database);
    const Uuid conversation = house.conversation(ada);
    const Uuid run = house.ask(ada, conversation, "Hello");
    house.agent->say("Said.");
    house.until_written(run, "Said.");
    Ending ending{.run = house.row(run),
                  .owner = house.engine->owner(),
                  .status = RunStatus::failed,
                  .reason = "interrupted",
                  .text = "Said. More.",
                  .rest = " More.",
                  .next_seq = 2,
                  .at = database.clock.now()};
    const auto first = house.run(end_run(*house.pool, ending, {}));
    const auto again = house.run(end_run(*house.pool, ending, {}));
    ASSERT_TRUE(first && again);
    EXPECT_EQ(first->message->id, again->message->id);
    EXPECT_EQ(again->run.text, "Said. More.");
    ending.owner = db::new_uuid();
    EXPECT_FALSE(house.run(end_run(*house.pool, ending, {}))) << "somebody else comes too late";
    ending.message_id = db::new_uuid();
    EXPECT_FALSE(house.run(end_run(*house.pool, ending, {})));
    EXPECT_EQ(house.messages(ada, conversation).size(), 2u);
}

} // namespace trunkline::chat::testing
