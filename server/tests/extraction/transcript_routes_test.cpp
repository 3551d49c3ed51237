// SPDX-License-Identifier: MIT
#include <extraction/support/dialogue.hpp>
#include <extraction/support/worker_bed.hpp>
#include <extraction/transcript_routes.hpp>

#include <base/crypto.hpp>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <http/call_builder.hpp>

#include <gtest/gtest.h>

#include <cstdlib>

namespace trunkline::extraction::testing {

namespace {

using namespace std::chrono_literals;

json::value line(std::string_view role, std::string_view content)
{
    return json::object{{"role", role}, {"content", content}};
}

json::value transcript(std::string_view session, json::array messages)
{
    return json::object{{"session_id", session}, {"messages", std::move(messages)}};
}

struct Transcripts : ::testing::TestWithParam<db::Engine> {
    WorkerBed bed{GetParam()};
    conversations::Topics topics{.mirror = false, .extraction = true};
    TranscriptRoutes routes{bed.database.pool(), bed.database.clock, bed.hub, topics, bed.bell, bed.results};
    std::vector<http::Route> table = routes.table();

    void SetUp() override
    {
        bed.extractor.script = [](const ExtractionInput&) { return somebody(0.9); };
    }

    asio::awaitable<http::Response> posted(http::Actor actor, std::string body, std::optional<std::string> key)
    {
        http::CallBuilder builder;
        builder.actor(actor)
            .idempotency_key(std::move(key))
            .request_line("POST /api/v1/conversations/save")
            .body_hash(sha256_hex(body));
        http::Call call = builder.build();
        http::RawInput raw;
        raw.body = body;
        co_return co_await table.at(0).handle(call, raw);
    }
    http::Response post(const http::Actor& actor, const json::value& body, std::optional<std::string> key = {})
    {
        return bed.database.run(posted(actor, serialize(body), std::move(key)));
    }
    json::value save(const json::value& body)
    {
        const http::Response response = post(bed.database.staff, body);
        EXPECT_EQ(response.status, 200) << response.body;
        return json::parse(response.body);
    }
    /// A request that goes on while the test does something else.
    struct Running {
        Running(Transcripts& test, const json::value& body)
            : database(test.bed.database), group(database.io.get_executor())
        {
            group.start("request", ::trunkline::testing::detail::keep(
                                       test.posted(test.bed.database.staff, serialize(body), {}), response));
        }
        ~Running()
        {
            group.cancel();
            database.run(group.join());
        }
        ::trunkline::testing::Database& database;
        TaskGroup group;
        std::optional<http::Response> response;
    };
    void until_it_waits()
    {
        bed.database.until([&] { return bed.results.waiting() == 1; });
    }
};

json::value hello() { return transcript("s", {line("user", "hello"), line("assistant", "good day")}); }

} // namespace

TEST_P(Transcripts, are_for_people_who_signed_in_and_take_a_key)
{
    EXPECT_EQ(table.at(0).path, "/api/v1/conversations/save");
    EXPECT_EQ(table.at(0).access, http::Access::signed_in);
    EXPECT_TRUE(table.at(0).options.idempotency_key);
}

TEST_P(Transcripts, a_saved_one_says_what_the_crm_made_of_it)
{
    bed.start();
    const json::value answer = save(hello());
    EXPECT_EQ(answer.at("success"), true);
    EXPECT_EQ(answer.at("messages_saved"), 2);
    const json::value& crm = answer.at("crm");
    EXPECT_EQ(crm.at("success"), true);
    EXPECT_EQ(crm.at("client_created"), true);
    EXPECT_EQ(crm.at("client_updated"), false);
    EXPECT_EQ(crm.at("practice_id"), nullptr);
    EXPECT_EQ(crm.at("practice_created"), false);
    EXPECT_EQ(crm.at("error"), nullptr);
    EXPECT_EQ(crm.at("extracted_data").at("client").at("email").at("normalised"), "ada@crm.example.test");
    EXPECT_EQ(crm.at("client_id").as_string(), db::to_string(bed.clients().at(0).id));
    EXPECT_EQ(bed.count("interactions"), 1);
    EXPECT_EQ(bed.count("conversations"), 1);
    EXPECT_EQ(bed.open_rows(), 0);
}

TEST_P(Transcripts, one_that_grows_adds_what_is_new_and_keeps_one_interaction)
{
    bed.start();
    const json::value first = save(hello());
    const json::value second =
        save(transcript("s", {line("user", "hello"), line("assistant", "good day"), line("user", "bye")}));
    EXPECT_EQ(second.at("conversation_id"), first.at("conversation_id"));
    EXPECT_EQ(second.at("messages_saved"), 1);
    EXPECT_EQ(second.at("crm").at("interaction_id"), first.at("crm").at("interaction_id"));
    EXPECT_EQ(second.at("crm").at("client_created"), false);
    EXPECT_EQ(bed.extractor.seen.messages.size(), 3u);
    EXPECT_EQ(bed.count("messages"), 3);
    EXPECT_EQ(bed.count("interactions"), 1);
    EXPECT_EQ(post(bed.database.staff, transcript("s", {line("user", "goodbye")})).status, 409);
}

TEST_P(Transcripts, saved_again_unchanged_the_answer_is_what_stands_in_the_crm)
{
    bed.start();
    const json::value first = save(hello());
    const json::value second = save(hello());
    EXPECT_EQ(second.at("messages_saved"), 0);
    EXPECT_EQ(second.at("crm").at("client_id"), first.at("crm").at("client_id"));
    EXPECT_EQ(second.at("crm").at("interaction_id"), first.at("crm").at("interaction_id"));
    EXPECT_EQ(second.at("crm").at("client_created"), false);
    EXPECT_EQ(bed.extractor.calls, 1);
}

TEST_P(Transcripts, after_five_seconds_the_answer_is_pending_and_the_work_is_done_once_all_the_same)
{
    Running request(*this, hello());
    until_it_waits();
    bed.database.clock.advance(4'999'999us);
    bed.database.settle();
    EXPECT_FALSE(request.response);
    bed.database.clock.advance(1us);
    bed.database.run(request.group.join());
    ASSERT_TRUE(request.response);
    EXPECT_EQ(json::parse(request.response->body).at("crm"), "pending");
    EXPECT_EQ(bed.results.waiting(), 0u);
    bed.start();
    bed.until_idle();
    EXPECT_EQ(bed.extractor.calls, 1);
    EXPECT_EQ(bed.count("clients"), 1);
}

TEST_P(Transcripts, a_client_that_leaves_changes_nothing)
{
    Running request(*this, hello());
    until_it_waits();
    request.group.cancel();
    bed.database.run(request.group.join());
    EXPECT_FALSE(request.response);
    EXPECT_EQ(bed.results.waiting(), 0u);
    bed.start();
    bed.until_idle();
    EXPECT_EQ(bed.count("messages"), 2);
    EXPECT_EQ(bed.count("clients"), 1);
}

TEST_P(Transcripts, who_waits_holds_nothing)
{
    WorkerBed narrow(GetParam(), 1);
    TranscriptRoutes of_narrow(narrow.database.pool(), narrow.database.clock, narrow.hub, topics, narrow.bell,
                               narrow.results);
    Gate gate(narrow.database);
    narrow.extractor.script = gate.before([](const ExtractionInput&) { return somebody(0.9); });
    table = of_narrow.table();
    const std::string body = serialize(hello());
    std::optional<http::Response> response;
    narrow.start();
    TaskGroup group(narrow.database.io.get_executor());
    group.start("request", ::trunkline::testing::detail::keep(posted(narrow.database.staff, body, {}), response));
    gate.until_reached();
    EXPECT_EQ(narrow.database.pool().stats().in_use, 0u);
    EXPECT_EQ(narrow.count("messages"), 2) << "another question is answered meanwhile";
    gate.open();
    narrow.database.run(group.join());
    EXPECT_EQ(json::parse(response->body).at("crm").at("success"), true);
}

TEST_P(Transcripts, a_repeated_request_is_saved_and_read_once)
{
    bed.start();
    const http::Response first = post(bed.database.staff, hello(), "a key");
    EXPECT_EQ(json::parse(first.body).at("crm").at("client_created"), true);
    const http::Response second = post(bed.database.staff, hello(), "a key");
    EXPECT_EQ(second.status, 200);
    EXPECT_EQ(json::parse(second.body).at("conversation_id"), json::parse(first.body).at("conversation_id"));
    EXPECT_EQ(json::parse(second.body).at("messages_saved"), 2);
    EXPECT_EQ(json::parse(second.body).at("crm"), "pending") << "what was known when it was stored";
    EXPECT_EQ(bed.extractor.calls, 1);
    EXPECT_EQ(bed.count("messages"), 2);
}

TEST_P(Transcripts, without_a_session_each_is_a_conversation)
{
    bed.start();
    const json::value one =
        json::object{{"messages", json::array{line("user", "hello")}}, {"metadata", {{"source", "a test"}}}};
    EXPECT_NE(save(one).at("conversation_id"), save(one).at("conversation_id"));
    EXPECT_EQ(bed.count("conversations"), 2);
}

TEST_P(Transcripts, the_owners_browsers_hear_of_each_message)
{
    bed.start();
    const events::Listener turing{bed.database.tenant, bed.database.staff.user_id, bed.database.staff.session_id, true};
    auto heard = bed.hub.subscribe(turing, {});
    save(hello());
    std::vector<std::string> names;
    for (int i = 0; i < 5; ++i) names.push_back(bed.database.run(heard->next())->name);
    const std::vector<std::string> expected{"hello", "message", "message", "conversation", "client"};
    EXPECT_EQ(names, expected);
}

TEST_P(Transcripts, a_crm_that_fails_never_fails_the_save)
{
    bed.database.run(bed.database.pool().execute("ALTER TABLE interactions RENAME TO away"));
    bed.start();
    Running request(*this, hello());
    until_it_waits();
    bed.database.until([&] {
        bed.database.settle();
        if (request.response) return true;
        if (bed.database.clock.sleepers() == 2) bed.database.clock.advance(1s);
        return false;
    });
    bed.database.run(request.group.join());
    EXPECT_EQ(request.response->status, 200);
    EXPECT_EQ(json::parse(request.response->body).at("crm"), "pending");
    EXPECT_EQ(bed.count("messages"), 2);
}

TEST_P(Transcripts, where_conversations_are_not_read_the_answer_says_so)
{
    TranscriptRoutes off(bed.database.pool(), bed.database.clock, bed.hub, {}, bed.bell, bed.results);
    table = off.table();
    const json::value crm = save(hello()).at("crm");
    EXPECT_EQ(crm.at("success"), false);
    EXPECT_EQ(crm.at("error"), "Conversations are not read for the CRM here");
    EXPECT_EQ(bed.open_rows(), 0);
}

TEST_P(Transcripts, bad_input_is_named)
{
    const auto refused = [&](json::value body) {
        const http::Response response = post(bed.database.staff, body);
        EXPECT_EQ(response.status, 400);
        return std::string(json::parse(response.body).at("errors").at(0).at("pointer").as_string());
    };
    EXPECT_EQ(refused(transcript("s", {line("robot", "hello")})), "/messages/0/role");
    EXPECT_EQ(refused(json::object{{"session_id", "s"}}), "/messages");
    EXPECT_EQ(refused(transcript("", {line("user", "hello")})), "/session_id");
    json::array many(conversations::transcript_messages_max + 1, line("user", "x"));
    EXPECT_EQ(refused(transcript("s", many)), "/messages");
    EXPECT_EQ(bed.count("conversations"), 0);
}

namespace {

/// A dialogue between people, as one who integrates us would save it: what software said is not the customer's.
json::value abcd(std::size_t index)
{
    const auto file = std::filesystem::path(__FILE__).parent_path() / "fixtures" / "abcd-sample.json";
    json::array messages;
    const json::value dialogues = read_json(file);
    for (const auto& said : dialogues.at(index).at("original").as_array())
        messages.push_back(line(said.at(0).as_string() == "customer" ? "user" : "assistant", said.at(1).as_string()));
    return transcript("dialogue " + std::to_string(index), std::move(messages));
}

} // namespace

TEST_P(Transcripts, real_dialogues_make_the_clients_who_say_who_they_are)
{
    const BuiltinExtractor builtin;
    bed.extractor.script = [&](const ExtractionInput& input) { return builtin.extract(input); };
    bed.start();
    const json::value crystal = save(abcd(0));
    const json::value alessandro = save(abcd(1));
    const json::value nobody = save(abcd(2));
    EXPECT_EQ(crystal.at("crm").at("client_created"), true);
    EXPECT_EQ(alessandro.at("crm").at("client_created"), true);
    EXPECT_EQ(nobody.at("crm").at("success"), true);
    EXPECT_EQ(nobody.at("crm").at("client_id"), nullptr);
    const auto clients = bed.clients();
    ASSERT_EQ(clients.size(), 2u);
    EXPECT_EQ(clients[0].full_name, "Crystal Minh");
    EXPECT_EQ(clients[0].email, "cminh730@email.com");
    EXPECT_EQ(clients[0].phone, "+19776252661");
    EXPECT_EQ(clients[1].full_name, "Alessandro Phoenix");
    EXPECT_EQ(clients[1].email, "aphoenix939@email.com");
    EXPECT_FALSE(clients[1].phone);
    EXPECT_EQ(bed.count("evidence"), 5);
    EXPECT_EQ(bed.count("evidence", "quote = '(977) 625-2661' AND field = 'phone' AND start_at = 0 AND end_at = 14"),
              1);
    EXPECT_EQ(save(abcd(0)).at("crm").at("client_id"), crystal.at("crm").at("client_id"));
    EXPECT_EQ(bed.count("clients"), 2);
}

TEST_P(Transcripts, thousands_of_real_messages_are_read_back_byte_for_byte)
{
    const char* folder = std::getenv("TRUNKLINE_CORPUS");
    if (!folder) GTEST_SKIP() << "TRUNKLINE_CORPUS names no folder";
    TranscriptRoutes unread(bed.database.pool(), bed.database.clock, bed.hub, {}, bed.bell, bed.results);
    table = unread.table();
    std::size_t compared = 0;
    for (const char* file : {"sgd-dialogues_001.json", "sgd-dialogues_002.json"}) {
        const json::value dialogues = read_json(std::filesystem::path(folder) / "dialogues" / file);
        for (const json::value& dialogue : dialogues.as_array()) {
            json::array messages;
            for (const auto& turn : dialogue.at("turns").as_array())
                messages.push_back(line(turn.at("speaker").as_string() == "USER" ? "user" : "assistant",
                                        turn.at("utterance").as_string()));
            const json::value answer = save(transcript(dialogue.at("dialogue_id").as_string(), messages));
            const auto id = db::Uuid::parse(answer.at("conversation_id").as_string());
            const auto stored = bed.messages(*id);
            ASSERT_EQ(stored.size(), messages.size());
            for (std::size_t i = 0; i < stored.size(); ++i) {
                ASSERT_EQ(stored[i].text, std::string_view(messages[i].at("content").as_string()));
                ASSERT_EQ(stored[i].sender == Sender::customer, messages[i].at("role") == "user");
                ASSERT_EQ(stored[i].seq, static_cast<std::int64_t>(i + 1));
                ++compared;
            }
        }
    }
    EXPECT_GT(compared, 1000u);
}

INSTANTIATE_TEST_SUITE_P(OnEveryEngine, Transcripts, ::testing::Values(db::Engine::sqlite, db::Engine::postgresql),
                         [](const auto& info) { return std::string(db::to_string(info.param)); });

} // namespace trunkline::extraction::testing
