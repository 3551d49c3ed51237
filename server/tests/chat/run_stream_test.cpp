// SPDX-License-Identifier: MIT
#include "support/chat_house.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
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

/// Takes one event and then nothing until its gate is opened.
struct SlowClient final : http::EventWriter {
    explicit SlowClient(const asio::any_io_executor& executor) : gate(executor, asio::steady_timer::time_point::max())
    {}

    asio::awaitable<void> send(http::Event event) override
    {
        co_await taken.send(std::move(event));
        boost::system::error_code opened;
        while (!open) co_await gate.async_wait(asio::redirect_error(asio::use_awaitable, opened));
    }
    void open_gate()
    {
        open = true;
        gate.cancel();
    }
    std::string text() const { return taken.text(); }
    std::size_t count(std::string_view name) const { return taken.count(name); }

    EventList taken;
    asio::steady_timer gate; // never expires
    bool open = false;
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
    RunEngine::Options options;
    options.answer_bytes_max = 4'000'000;
    ChatHouse house(database, {.agent = nullptr, .options = options, .topics = {}});
    const Uuid run = house.ask("Tell me");
    RunStream stream(*house.pool, database.clock, house.engine->viewers());
    SlowClient client(house.io.get_executor());
    TaskGroup streams(house.io.get_executor(), [](std::string_view, std::exception_ptr) {});
    streams.start("slow", stream.pass_on(run, 0, client));
    std::size_t said = 0;
    for (int i = 0; i < 40; ++i) { // more than a viewer's queue takes
        house.agent->say(std::string(10'000, static_cast<char>('a' + i % 26)));
        said += 10'000;
        house.until([&] { return house.shown_run(run).last_seq > i; });
    }
    house.agent->finish();
    house.until_ended(run);
    EXPECT_LE(client.text().size(), 10'000u) << "it took one event and no more";
    client.open_gate();
    house.until([&] { return streams.size() == 0; });
    EXPECT_EQ(client.text().size(), said);
    EXPECT_EQ(client.text(), house.shown_run(run).text);
    EXPECT_EQ(client.count("run.finished"), 1u);
}

TEST_P(RunStreamTest, what_waits_for_a_slow_viewer_has_a_limit)
{
    RunViewers viewers(database.io.get_executor());
    const auto viewer = viewers.view(Uuid());
    for (std::int64_t seq = 1; seq <= 40; ++seq) viewers.tell(Uuid(), {seq, EventKind::text, std::string(10'000, 'x')});
    const auto first = database.run(viewer->next(database.clock, 1h));
    ASSERT_TRUE(first);
    EXPECT_GT(first->seq, 20) << "the first ones were left out";
}

TEST_P(RunStreamTest, a_journal_has_no_gap_whenever_its_run_ends)
{
    ChatHouse house(database, {.agent = std::make_unique<UnevenAgent>(database.clock, 5), .options = {}, .topics = {}});
    std::vector<Uuid> runs;
    for (int i = 0; i < 80; ++i) runs.push_back(house.ask("Hello"));
    for (std::size_t i = 0; i < runs.size(); i += 7)
        (void)house.request(database.customer, http::Method::post, "/api/v1/chat/runs/{id}/stop", runs[i]);
    house.until([&] { return house.engine->running() == 0; });
    for (const Uuid& run : runs) {
        const EventList events = house.stream(run);
        for (std::size_t i = 0; i < events.events.size(); ++i) ASSERT_EQ(events.events[i].id, std::to_string(i + 1));
        ASSERT_EQ(events.text(), house.shown_run(run).text);
        ASSERT_EQ(events.count("text.delta") + 1, events.events.size());
    }
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
