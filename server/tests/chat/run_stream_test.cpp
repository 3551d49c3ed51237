// SPDX-License-Identifier: MIT
#include "support/chat_house.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <random>

namespace trunkline::chat::testing {

using namespace std::chrono_literals;

namespace {

struct RunStreamTest : ::testing::TestWithParam<db::Engine> {
    Database database{GetParam()};
};

/// A client that reads a run's stream, leaves at random moments, and comes back with the last id it saw.
struct RestlessClient {
    std::int64_t last_id = 0;
    std::string text;
    int syncs = 0;
    int ends = 0;
    int visits = 0;
};

/// Leaves after some events.
struct ShortVisit final : http::EventWriter {
    struct Left {};
    ShortVisit(RestlessClient& client, Clock& clock, std::uint32_t patience, std::chrono::milliseconds pause)
        : client(client), clock(clock), patience(patience), pause(pause)
    {}

    asio::awaitable<void> send(http::Event event) override
    {
        if (patience-- == 0) throw Left{};
        client.last_id = std::stoll(event.id);
        if (event.name == "text.delta") client.text += std::string(json::parse(event.data).at("text").as_string());
        else if (event.name == "sync") ++client.syncs;
        else ++client.ends;
        if (pause.count() > 0) co_await clock.sleep_for(pause);
    }
    RestlessClient& client;
    Clock& clock;
    std::uint32_t patience;
    std::chrono::milliseconds pause;
};

asio::awaitable<void> follow(ChatHouse& house, Uuid run, RestlessClient& client, std::uint32_t seed, bool& over)
{
    std::mt19937 random(seed);
    for (; client.ends == 0; ++client.visits) {
        RunStream stream(*house.pool, house.database.clock, house.engine->viewers());
        ShortVisit visit(client, house.database.clock, random() % 6,
                         std::chrono::milliseconds(random() % 3 == 0 ? 70 : 0));
        try {
            co_await stream.pass_on(run, client.last_id, visit);
        } catch (const ShortVisit::Left&) {
            // It comes back.
        }
        if (random() % 2 == 0) co_await house.database.clock.sleep_for(std::chrono::milliseconds(random() % 120));
    }
    over = true;
}

} // namespace

INSTANTIATE_TEST_SUITE_P(On, RunStreamTest, ::testing::Values(db::Engine::sqlite, db::Engine::postgresql),
                         [](const auto& info) { return std::string(to_string(info.param)); });

TEST_P(RunStreamTest, who_comes_back_with_any_id_misses_nothing_and_gets_nothing_twice)
{
    ChatHouse house(database);
    const Uuid run = house.ask("Tell me");
    TaskGroup clients(house.io.get_executor(), [](std::string_view, std::exception_ptr) {});
    std::vector<RestlessClient> restless(12);
    std::deque<bool> over(restless.size(), false);
    for (std::size_t i = 0; i < restless.size(); ++i)
        clients.start("client", follow(house, run, restless[i], static_cast<std::uint32_t>(i), over[i]));

    std::mt19937 random(3);
    std::string said;
    for (int i = 0; i < 60; ++i) {
        const std::string piece = "<" + std::to_string(i) + std::string(random() % 300, 'x') + ">";
        said += piece;
        house.agent->say(piece);
        const Time next = database.clock.now() + std::chrono::milliseconds(random() % 90);
        house.until([&] { return database.clock.now() >= next; });
    }
    house.agent->finish();
    house.until([&] { return clients.size() == 0; });
    for (const RestlessClient& client : restless) {
        EXPECT_EQ(client.text, said);
        EXPECT_EQ(client.ends, 1);
        EXPECT_EQ(client.syncs, 0);
        EXPECT_GT(client.visits, 3);
    }
    for (std::int64_t after = 0; after <= house.shown_run(run).last_seq; ++after) {
        const EventList late = house.stream(run, after);
        ASSERT_TRUE(said.ends_with(late.text()));
        ASSERT_EQ(late.count("text.delta"),
                  static_cast<std::size_t>(std::max<std::int64_t>(0, house.shown_run(run).last_seq - 1 - after)));
    }
}

TEST_P(RunStreamTest, a_slow_viewer_reads_on_in_the_journal)
{
    ChatHouse house(database);
    const Uuid run = house.ask("Tell me");
    const auto viewer = house.engine->viewers().view(run);
    for (int i = 0; i < 40; ++i) { // 400 KiB that nobody takes
        house.agent->say(std::string(10'000, static_cast<char>('a' + i % 26)));
        const std::size_t wanted = static_cast<std::size_t>(i + 1) * 10'000;
        if (wanted > 200'000) break;
        house.until([&] { return house.shown_run(run).text.size() == wanted; });
    }
    house.agent->finish();
    house.until_ended(run);
    const EventList all = house.stream(run);
    EXPECT_EQ(all.text(), house.shown_run(run).text);
    EXPECT_EQ(all.count("run.finished"), 1u);
}

TEST_P(RunStreamTest, the_last_event_tells_how_it_ended_and_has_the_message)
{
    ChatHouse house(database);
    house.agent->say("Well, ");
    house.agent->fail("The model fell silent.");
    const Uuid run = house.ask("Hello");
    const EventList events = house.stream(run);
    ASSERT_EQ(events.events.size(), 2u);
    EXPECT_EQ(events.events[0].name, "text.delta");
    EXPECT_EQ(events.events[0].id, "1");
    EXPECT_EQ(events.events[1].name, "run.failed");
    EXPECT_EQ(events.events[1].id, "2");
    const json::value end = json::parse(events.events[1].data);
    EXPECT_EQ(end.at("run").at("reason").as_string(), "The model fell silent.");
    EXPECT_EQ(end.at("message").at("content").as_string(), "Well, ");
}

TEST_P(RunStreamTest, an_id_that_never_was_is_one_sync)
{
    ChatHouse house(database);
    house.agent->say("Well.");
    house.agent->finish();
    const Uuid run = house.ask("Hello");
    house.until_ended(run);
    const EventList events = house.stream(run, 999);
    ASSERT_EQ(events.events.size(), 1u);
    EXPECT_EQ(events.events[0].name, "sync");
    EXPECT_EQ(events.events[0].id, std::to_string(house.shown_run(run).last_seq));
    EXPECT_TRUE(house.stream(run, house.shown_run(run).last_seq).events.empty());
}

TEST_P(RunStreamTest, the_stream_of_a_browser_begins_with_hello_and_goes_on_where_it_was)
{
    ChatHouse house(database);
    const auto browser = house.listen(database.customer);
    const Uuid run = house.ask("Hello");
    const auto before = house.heard(*browser);
    ASSERT_EQ(before.back().name, "run.started");
    house.agent->say("Well.");
    house.agent->finish();
    house.until_ended(run);
    const http::Response opened = house.request(database.customer, http::Method::get, "/api/v1/events");
    ASSERT_TRUE(opened.stream);
    EventList first;
    TaskGroup streams(house.io.get_executor(), [](std::string_view, std::exception_ptr) {});
    streams.start("browser", opened.stream->body(first));
    house.until([&] { return !first.events.empty(); });
    EXPECT_EQ(first.events[0].name, "hello");

    const auto again = house.hub.subscribe(
        {database.customer.tenant_id, database.customer.user_id, database.customer.session_id, false},
        before.back().id);
    std::vector<std::string> missed;
    for (const auto& heard : house.heard(*again)) missed.push_back(heard.name);
    EXPECT_EQ(missed, (std::vector<std::string>{"hello", "message", "run.finished", "conversation"}));
    streams.cancel();
    house.until([&] { return streams.size() == 0; });
}

} // namespace trunkline::chat::testing
