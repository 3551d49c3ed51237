// SPDX-License-Identifier: MIT
#include "support/chat_house.hpp"

#include <gtest/gtest.h>

namespace trunkline::chat::testing {

using namespace std::chrono_literals;

namespace {

struct ManyStreamsTest : ::testing::TestWithParam<db::Engine> {
    Database database{GetParam()};
};

constexpr std::size_t streams = 200;

} // namespace

INSTANTIATE_TEST_SUITE_P(On, ManyStreamsTest, ::testing::Values(db::Engine::sqlite, db::Engine::postgresql),
                         [](const auto& info) { return std::string(to_string(info.param)); });

TEST_P(ManyStreamsTest, two_hundred_answers_run_on_one_connection_and_other_queries_are_answered)
{
    ChatHouse house(
        database,
        {.agent = nullptr, .connections_max = 1, .options = {}, .topics = {.mirror = true, .extraction = true}});
    std::vector<Uuid> runs;
    for (std::size_t i = 0; i < streams; ++i) runs.push_back(house.ask("Question " + std::to_string(i)));
    house.until([&] { return house.agent->answering == static_cast<int>(streams); });
    EXPECT_EQ(house.engine->running(), streams);
    EXPECT_EQ(house.pool->stats().in_use, 0u) << "no connection is held while agents think";

    std::string said;
    for (int i = 0; i < 10; ++i) {
        house.agent->say("word " + std::to_string(i) + " ");
        said += "word " + std::to_string(i) + " ";
        // Somebody opens the dashboard meanwhile.
        const auto asked_at = std::chrono::steady_clock::now();
        const auto messages = house.run(house.pool->fetch_value<std::int64_t>("SELECT count(*) FROM messages"));
        EXPECT_EQ(messages, static_cast<std::int64_t>(streams));
        EXPECT_LT(std::chrono::steady_clock::now() - asked_at, 5s);
        const Time next = database.clock.now() + 100ms;
        house.until([&] { return database.clock.now() >= next; });
    }
    house.agent->finish();
    house.until([&] { return house.engine->running() == 0; });
    for (const Uuid& run : runs) {
        const chat::Run shown = house.shown_run(run);
        ASSERT_EQ(shown.status, RunStatus::finished);
        ASSERT_EQ(shown.text, said);
    }
    EXPECT_EQ(house.run(house.pool->fetch_value<std::int64_t>("SELECT count(*) FROM messages WHERE sender = 'bot'")),
              static_cast<std::int64_t>(streams));
    EXPECT_EQ(house.run(house.pool->fetch_value<std::int64_t>("SELECT count(*) FROM outbox WHERE topic = 'mirror'")),
              static_cast<std::int64_t>(2 * streams));
    EXPECT_LE(house.pool->stats().size, 1u);
}

} // namespace trunkline::chat::testing
