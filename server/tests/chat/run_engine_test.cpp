// SPDX-License-Identifier: MIT
#include "support/chat_house.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

namespace trunkline::chat::testing {

using namespace std::chrono_literals;
using http::Method;

namespace {

constexpr std::string_view stop_path = "/api/v1/chat/runs/{id}/stop";
constexpr std::string_view continue_path = "/api/v1/chat/runs/{id}/continue";

/// Every promise holds on both engines.
struct RunEngineTest : ::testing::TestWithParam<db::Engine> {
    Database database{GetParam()};
    const http::Actor& ada = database.customer;
};

std::vector<std::string> names(const std::vector<events::Heard>& heard)
{
    std::vector<std::string> names;
    for (const auto& each : heard) names.push_back(each.name);
    return names;
}

} // namespace

INSTANTIATE_TEST_SUITE_P(On, RunEngineTest, ::testing::Values(db::Engine::sqlite, db::Engine::postgresql),
                         [](const auto& info) { return std::string(to_string(info.param)); });

TEST_P(RunEngineTest, an_answer_is_journaled_and_becomes_a_message)
{
    ChatHouse house(database);
    const Uuid conversation = house.conversation(ada);
    const http::Response sent = house.send(ada, conversation, "How are you?");
    ASSERT_EQ(sent.status, 202) << sent.body;
    EXPECT_EQ(at(sent, "/message/content"), "How are you?");
    EXPECT_EQ(at(sent, "/run/status"), "running");
    const Uuid run = *Uuid::parse(at(sent, "/run/id"));

    house.agent->say("I am ");
    house.until_written(run, "I am ");
    house.agent->say("fine.");
    house.agent->finish();
    house.until_ended(run);

    const chat::Run shown = house.shown_run(run);
    EXPECT_EQ(shown.status, RunStatus::finished);
    EXPECT_EQ(shown.text, "I am fine.");
    EXPECT_TRUE(shown.ended_at);
    const auto messages = house.messages(ada, conversation);
    ASSERT_EQ(messages.size(), 2u);
    EXPECT_EQ(messages[1].sender, conversations::Sender::bot);
    EXPECT_EQ(messages[1].content, "I am fine.");
    EXPECT_EQ(messages[1].run_id, run);
    EXPECT_EQ(messages[1].agent_type, "assistant");
}

TEST_P(RunEngineTest, an_agent_reads_the_conversation_and_who_asks)
{
    ChatHouse house(database);
    const Uuid conversation = house.conversation(ada);
    house.agent->say("First.");
    house.agent->finish();
    house.until_ended(house.ask(ada, conversation, "One"));
    house.until_ended(house.ask(ada, conversation, "Two"));
    const agents::Question& asked = house.agent->asked.at(1);
    ASSERT_EQ(asked.turns.size(), 3u);
    EXPECT_EQ(asked.turns[0].content, "One");
    EXPECT_EQ(asked.turns[1].role, agents::Speaker::assistant);
    EXPECT_EQ(asked.turns[2].content, "Two");
    EXPECT_EQ(asked.user_name, "Ada Lovelace");
    EXPECT_EQ(asked.role, http::Role::customer);
    EXPECT_EQ(asked.tenant_id, database.tenant);
}

TEST_P(RunEngineTest, a_browser_hears_deltas_only_of_runs_it_watches_and_the_end_of_all)
{
    ChatHouse house(database);
    const auto browser = house.listen(ada);
    const auto stranger = house.listen(database.other_customer);
    const Uuid conversation = house.conversation(ada);
    const Uuid unwatched = house.ask(ada, conversation, "Hello");
    house.agent->say("Not watched. ");
    house.until_written(unwatched, "Not watched. ");
    EXPECT_EQ(names(house.heard(*browser)),
              (std::vector<std::string>{"hello", "message", "conversation", "run.started"}));

    const http::Response watching =
        house.request(ada, Method::post, "/api/v1/events/watch", {},
                      serialize(json::object{{"tab", db::to_string(db::new_uuid())},
                                             {"runs", json::array{db::to_string(unwatched)}}}));
    EXPECT_EQ(watching.status, 204) << watching.body;
    house.agent->say("Watched.");
    house.until_written(unwatched, "Not watched. Watched.");
    const auto delta = house.heard(*browser);
    ASSERT_EQ(names(delta), std::vector<std::string>{"text.delta"});
    const json::value data = json::parse(delta[0].data);
    EXPECT_EQ(data.at("text").as_string(), "Watched.");
    EXPECT_EQ(data.at("seq").as_int64(), 2);
    EXPECT_EQ(data.at("run_id").as_string(), db::to_string(unwatched));
    EXPECT_EQ(data.at("conversation_id").as_string(), db::to_string(conversation));

    house.agent->finish();
    house.until_ended(unwatched);
    const auto end = house.heard(*browser);
    EXPECT_EQ(names(end), (std::vector<std::string>{"message", "run.finished", "conversation"}));
    EXPECT_EQ(json::parse(end[1].data).at("message").at("content").as_string(), "Not watched. Watched.");
    EXPECT_EQ(names(house.heard(*stranger)), std::vector<std::string>{"hello"});
}

TEST_P(RunEngineTest, nobody_sees_a_piece_before_it_is_in_the_journal)
{
    ChatHouse house(database);
    const Uuid run = house.ask("Hello");
    const auto viewer = house.engine->viewers().view(run);
    std::vector<std::int64_t> not_on_disk;
    auto watch = [](ChatHouse& house, RunViewer& viewer, Uuid run, std::vector<std::int64_t>& missing,
                    int& seen) -> asio::awaitable<void> {
        for (;;) {
            const auto event = co_await viewer.next(house.database.clock, 1h);
            if (!event) continue;
            const auto journal = co_await read_journal(*house.pool, run, event->seq - 1, 1);
            if (journal.size() != 1 || journal[0].text != event->text) missing.push_back(event->seq);
            ++seen;
        }
    };
    int seen = 0;
    TaskGroup watching(house.io.get_executor(), [](std::string_view, std::exception_ptr) {});
    watching.start("watch", watch(house, *viewer, run, not_on_disk, seen));
    for (int i = 0; i < 20; ++i) {
        house.agent->say("piece " + std::to_string(i) + " ");
        house.until([&] { return seen == i + 1; });
    }
    house.agent->finish();
    house.until([&] { return seen == 21; });
    EXPECT_TRUE(not_on_disk.empty());
    watching.cancel();
    house.until([&] { return watching.size() == 0; });
}

TEST_P(RunEngineTest, pieces_gather_and_a_large_one_is_written_at_once)
{
    ChatHouse house(database);
    const Uuid run = house.ask("Hello");
    house.until([&] { return house.agent->answering == 1; });
    for (int i = 0; i < 10; ++i) house.agent->say("x");
    house.until_written(run, std::string(10, 'x'));
    EXPECT_EQ(house.run(read_journal(*house.pool, run, 0, 100)).size(), 1u);

    const Time before = database.clock.now();
    house.agent->say(std::string(5000, 'y'));
    const auto bound = std::chrono::steady_clock::now() + 10s;
    while (house.shown_run(run).text.size() < 5000 && std::chrono::steady_clock::now() < bound) house.io.poll();
    EXPECT_EQ(house.shown_run(run).text.size(), 5010u); // without the clock
    EXPECT_EQ(database.clock.now(), before);
}

TEST_P(RunEngineTest, one_answer_at_a_time_in_a_conversation)
{
    ChatHouse house(database);
    const Uuid conversation = house.conversation(ada);
    const Uuid run = house.ask(ada, conversation, "First");
    const http::Response second = house.send(ada, conversation, "Second");
    EXPECT_EQ(second.status, 409);
    EXPECT_NE(second.body.find("An answer is being written"), std::string::npos) << second.body;
    EXPECT_EQ(house.messages(ada, conversation).size(), 1u) << "a refused question must not be saved";
    EXPECT_EQ(house.send(ada, house.conversation(ada), "Elsewhere").status, 202);
    house.agent->say("Done.");
    house.agent->finish();
    house.until_ended(run);
    EXPECT_EQ(house.send(ada, conversation, "Third").status, 202);
}

TEST_P(RunEngineTest, the_same_key_asks_once)
{
    ChatHouse house(database);
    const Uuid conversation = house.conversation(ada);
    const http::Response first = house.send(ada, conversation, "Hello", "key-1");
    const http::Response again = house.send(ada, conversation, "Hello", "key-1");
    EXPECT_EQ(first.status, 202) << first.body;
    EXPECT_EQ(again.status, 202);
    EXPECT_EQ(at(first, "/run/id"), at(again, "/run/id"));
    EXPECT_EQ(house.messages(ada, conversation).size(), 1u);
    house.until([&] { return house.agent->answering == 1; });
    EXPECT_EQ(house.engine->running(), 1u);
}

TEST_P(RunEngineTest, a_stopped_run_keeps_what_was_said)
{
    ChatHouse house(database);
    const Uuid conversation = house.conversation(ada);
    const Uuid run = house.ask(ada, conversation, "Tell me everything");
    house.agent->say("Once upon a time");
    house.until_written(run, "Once upon a time");
    const http::Response stopped = house.request(ada, Method::post, stop_path, run);
    EXPECT_EQ(stopped.status, 200);
    EXPECT_EQ(at(stopped, "/status"), "stopped");
    EXPECT_EQ(at(stopped, "/text"), "Once upon a time");
    EXPECT_EQ(house.messages(ada, conversation).at(1).content, "Once upon a time");
    EXPECT_EQ(house.agent->ended, 1);
    EXPECT_EQ(at(house.request(ada, Method::post, stop_path, run), "/status"), "stopped")
        << "stopping again is no error";
}

TEST_P(RunEngineTest, a_run_stopped_before_it_said_anything_leaves_no_message)
{
    ChatHouse house(database);
    const Uuid conversation = house.conversation(ada);
    const Uuid run = house.ask(ada, conversation, "Hello");
    EXPECT_EQ(at(house.request(ada, Method::post, stop_path, run), "/status"), "stopped");
    EXPECT_EQ(house.messages(ada, conversation).size(), 1u);
}

TEST_P(RunEngineTest, a_stopped_run_can_be_continued)
{
    ChatHouse house(database);
    const Uuid conversation = house.conversation(ada);
    const Uuid run = house.ask(ada, conversation, "Tell me everything");
    house.agent->say("Once upon a time");
    house.until_written(run, "Once upon a time");
    EXPECT_EQ(house.request(ada, Method::post, continue_path, run).status, 409) << "it is still running";
    (void)house.request(ada, Method::post, stop_path, run);
    const http::Response continued = house.request(ada, Method::post, continue_path, run);
    ASSERT_EQ(continued.status, 202) << continued.body;
    EXPECT_EQ(at(continued, "/message"), "null");
    EXPECT_NE(at(continued, "/run/id"), db::to_string(run));
    house.until([&] { return house.agent->answering == 1; });
    EXPECT_TRUE(house.agent->asked.back().continues);
    EXPECT_EQ(house.agent->asked.back().turns.back().content, "Once upon a time");
}

TEST_P(RunEngineTest, a_finished_run_cannot_be_continued)
{
    ChatHouse house(database);
    house.agent->say("That is all.");
    house.agent->finish();
    const Uuid run = house.ask("Hello");
    house.until_ended(run);
    EXPECT_EQ(house.request(ada, Method::post, continue_path, run).status, 409);
}

TEST_P(RunEngineTest, a_failure_is_told_in_its_own_words_and_keeps_what_was_said)
{
    ChatHouse house(database);
    const auto browser = house.listen(ada);
    const Uuid conversation = house.conversation(ada);
    const Uuid run = house.ask(ada, conversation, "Hello");
    house.agent->say("Well, ");
    house.agent->fail("The model fell silent.");
    house.until_ended(run);
    const chat::Run shown = house.shown_run(run);
    EXPECT_EQ(shown.status, RunStatus::failed);
    EXPECT_EQ(shown.reason, "The model fell silent.");
    EXPECT_EQ(shown.text, "Well, ");
    EXPECT_EQ(house.messages(ada, conversation).at(1).content, "Well, ");
    const auto heard = names(house.heard(*browser));
    EXPECT_EQ(std::ranges::count(heard, "run.failed"), 1);
}

TEST_P(RunEngineTest, a_breakdown_tells_nothing_technical)
{
    ChatHouse house(database);
    const Uuid run = house.ask("Hello");
    house.agent->break_down();
    house.until_ended(run);
    EXPECT_EQ(house.shown_run(run).reason, "The agent failed.");
    const Uuid silent = house.ask(database.staff, house.conversation(database.staff), "Hello");
    house.until_ended(silent);
}

TEST_P(RunEngineTest, nothing_that_is_no_text_reaches_the_database)
{
    Database other(GetParam());
    ChatHouse house(other, {.agent = std::make_unique<QuickAgent>(std::string("a\0b\xFF\xF0\x9F\x98\x80", 8), 1),
                            .options = {},
                            .topics = {}});
    const Uuid run = house.ask("Hello");
    house.until_ended(run);
    EXPECT_EQ(house.shown_run(run).text, "a\xEF\xBF\xBD"
                                         "b\xEF\xBF\xBD\xF0\x9F\x98\x80");
}

TEST_P(RunEngineTest, a_run_of_a_deleted_conversation_ends_quietly)
{
    ChatHouse house(database);
    const Uuid conversation = house.conversation(ada);
    const Uuid deleted = house.ask(ada, conversation, "Hello");
    const Uuid other = house.ask(ada, house.conversation(ada), "Hello");
    house.agent->say("One. ");
    house.until_written(deleted, "One. ");
    EXPECT_TRUE(house.run(conversations::remove(*house.pool, {ada.tenant_id, ada.user_id, ada.name}, conversation)));
    house.agent->say("Two.");
    house.until_ended(deleted);
    house.until_written(other, "One. Two.");
    house.agent->finish();
    house.until_ended(other);
    EXPECT_EQ(house.shown_run(other).status, RunStatus::finished);
    EXPECT_FALSE(house.run(find_run(*house.pool, deleted)));
}

TEST_P(RunEngineTest, another_s_run_is_not_there)
{
    ChatHouse house(database);
    const Uuid conversation = house.conversation(ada);
    const Uuid run = house.ask(ada, conversation, "Hello");
    for (const http::Actor* other : {&database.other_customer, &database.staff, &database.stranger}) {
        EXPECT_EQ(house.request(*other, Method::get, "/api/v1/chat/runs/{id}", run).status, 404);
        EXPECT_EQ(house.request(*other, Method::post, stop_path, run).status, 404);
        EXPECT_EQ(house.request(*other, Method::post, continue_path, run).status, 404);
        EXPECT_EQ(house.request(*other, Method::get, "/api/v1/chat/runs/{id}/events", run).status, 404);
        EXPECT_EQ(house.send(*other, conversation, "Hello").status, 404);
        EXPECT_EQ(at(house.request(*other, Method::get, "/api/v1/chat/runs", conversation), "/items"), "[]");
    }
    EXPECT_EQ(at(house.request(ada, Method::get, "/api/v1/chat/runs", conversation), "/items/0/id"),
              db::to_string(run));
    EXPECT_EQ(house.shown_run(run).status, RunStatus::running);
}

TEST_P(RunEngineTest, empty_questions_and_unknown_agents_are_refused)
{
    ChatHouse house(database);
    const Uuid conversation = house.conversation(ada);
    EXPECT_EQ(house.send(ada, conversation, "").status, 400);
    EXPECT_EQ(house.send(ada, conversation, " \n ").status, 400);
    EXPECT_EQ(house.send(ada, conversation, std::string(5001, 'x')).status, 400);
    const std::string body = serialize(
        json::object{{"conversation_id", db::to_string(conversation)}, {"content", "x"}, {"agent_type", "oracle"}});
    const http::Response refused = house.request(ada, Method::post, "/api/v1/chat/send", {}, body);
    EXPECT_EQ(refused.status, 400);
    EXPECT_EQ(at(refused, "/errors/0/pointer"), "/agent_type");
}

} // namespace trunkline::chat::testing
