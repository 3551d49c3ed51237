// SPDX-License-Identifier: MIT
#include <agents/openai_agent.hpp>

#include <support/run.hpp>
#include <support/scripted_server.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <random>

namespace trunkline::agents {

using trunkline::testing::http_answer;
using trunkline::testing::ScriptedCall;
using trunkline::testing::ScriptedServer;
using namespace std::chrono_literals;

namespace {

struct Collected final : AnswerWriter {
    asio::awaitable<void> text(std::string piece) override
    {
        pieces.push_back(std::move(piece));
        co_return;
    }
    std::string all() const
    {
        std::string text;
        for (const std::string& piece : pieces) text += piece;
        return text;
    }
    std::vector<std::string> pieces;
};

std::string piece(std::string_view text)
{
    return "data: " +
           serialize(json::object{{"choices", json::array{json::object{{"delta", json::object{{"content", text}}}}}}}) +
           "\n\n";
}

struct ModelTest : ::testing::Test {
    asio::io_context io{1};
    http::Client client{io.get_executor()};
    Collected answer;
    Question question{.turns = {{Speaker::user, "Hi"}, {Speaker::assistant, "Hello!"}, {Speaker::user, "How are you?"}},
                      .tenant_id = {},
                      .user_id = {},
                      .user_name = "Ada"};

    ModelOptions options_for(const ScriptedServer& server)
    {
        ModelOptions options;
        options.base_url = server.url("/v1/");
        options.model = "small";
        options.key = "sk-very-secret";
        options.limits.idle_timeout = 10'000ms;
        return options;
    }
    void ask(ModelOptions options)
    {
        OpenAiAgent agent(client, std::move(options));
        db::testing::run(io, agent.answer(question, answer), 20s);
    }
    void ask(ScriptedServer::Script script)
    {
        ScriptedServer server(io, std::move(script));
        ask(options_for(server));
    }
    void ask(std::string bytes)
    {
        ask([bytes](ScriptedCall& call) { return call.write(bytes); });
    }
    /// The sentence with which it fails.
    template <class Misbehaviour>
    std::string refusal(Misbehaviour misbehaviour)
    {
        try {
            ask(std::move(misbehaviour));
        } catch (const AgentError& failure) {
            return failure.what();
        }
        return "it did not fail";
    }
};

} // namespace

TEST_F(ModelTest, asks_with_the_conversation_and_streams_the_answer)
{
    const std::string stream = piece("I am ") + piece("fine.") + "data: [DONE]\n\n";
    ScriptedServer server(io, [&](ScriptedCall& call) { return call.write(http_answer(stream)); });
    ask(options_for(server));
    EXPECT_EQ(answer.all(), "I am fine.");
    EXPECT_EQ(answer.pieces.size(), 2u);

    const std::string sent = server.requests().at(0);
    EXPECT_TRUE(sent.starts_with("POST /v1/chat/completions HTTP/1.1\r\n")) << sent;
    EXPECT_NE(sent.find("Authorization: Bearer sk-very-secret\r\n"), std::string::npos);
    const json::value body = json::parse(sent.substr(sent.find("\r\n\r\n") + 4));
    EXPECT_EQ(body.at("model").as_string(), "small");
    EXPECT_TRUE(body.at("stream").as_bool());
    EXPECT_TRUE(body.at("stream_options").at("include_usage").as_bool());
    const auto& messages = body.at("messages").as_array();
    ASSERT_EQ(messages.size(), 4u);
    EXPECT_EQ(messages[0].at("role").as_string(), "system");
    EXPECT_EQ(messages[2].at("role").as_string(), "assistant");
    EXPECT_EQ(messages[3].at("content").as_string(), "How are you?");
}

TEST_F(ModelTest, a_cut_answer_is_asked_to_go_on)
{
    question.turns.push_back({Speaker::assistant, "I am"});
    question.continues = true;
    ScriptedServer server(io, [&](ScriptedCall& call) { return call.write(http_answer(piece(" fine."))); });
    ask(options_for(server));
    const std::string sent = server.requests().at(0);
    const json::value body = json::parse(sent.substr(sent.find("\r\n\r\n") + 4));
    EXPECT_EQ(body.at("messages").as_array().back().at("role").as_string(), "user");
    EXPECT_EQ(body.at("messages").as_array().size(), 6u);
}

TEST_F(ModelTest, a_forgotten_done_is_forgiven)
{
    ask(http_answer(": keep-alive\r\n\r\n" + piece("Fine") + piece(".")));
    EXPECT_EQ(answer.all(), "Fine.");
}

TEST_F(ModelTest, what_comes_after_done_is_not_said)
{
    ask(http_answer(piece("Fine") + "data: [DONE]\n\n" + piece(" not this")));
    EXPECT_EQ(answer.all(), "Fine");
}

TEST_F(ModelTest, any_cut_of_the_bytes_gives_the_same_text)
{
    const std::string text = "Zoë läuft — 😀 漢字, ﷽.";
    const std::string bytes = ": hi\r\n\r\n" + piece(text.substr(0, 3)) + "data: {\"choices\":[]}\r\n\r\n" +
                              piece(text.substr(3)) + "data: [DONE]\r\n\r\n";
    std::mt19937 random(5);
    for (int round = 0; round < 40; ++round) {
        answer.pieces.clear();
        ask([&](ScriptedCall& call) -> asio::awaitable<void> {
            co_await call.write(http_answer(""));
            for (std::size_t at = 0; at < bytes.size();) {
                const std::size_t length = 1 + random() % 9;
                co_await call.write(bytes.substr(at, length));
                at += length;
                co_await asio::post(io, asio::use_awaitable);
            }
        });
        ASSERT_EQ(answer.all(), text);
    }
}

TEST_F(ModelTest, a_character_cut_between_two_pieces_is_never_given_out_in_halves)
{
    ask(http_answer("data: {\"choices\":[{\"delta\":{\"content\":\"a\xF0\x9F\"}}]}\n\ndata: "
                    "{\"choices\":[{\"delta\":{\"content\":\"\x98\x80\"}}]}\n\n"));
    EXPECT_EQ(answer.pieces, (std::vector<std::string>{"a", "\xF0\x9F\x98\x80"}));
}

TEST_F(ModelTest, an_error_inside_the_stream_keeps_what_was_said)
{
    EXPECT_EQ(refusal(http_answer(piece("Well") + "data: {\"error\":{\"message\":\"the GPU is on fire\"}}\n\n")),
              "The model failed: the GPU is on fire");
    EXPECT_EQ(answer.all(), "Well");
}

TEST_F(ModelTest, a_whole_answer_instead_of_a_stream_is_passed_on)
{
    ask(http_answer(R"({"choices":[{"message":{"content":"All at once"}}]})", "application/json; charset=utf-8"));
    EXPECT_EQ(answer.all(), "All at once");
}

TEST_F(ModelTest, silence_has_an_end)
{
    ScriptedServer server(io, [](ScriptedCall& call) -> asio::awaitable<void> {
        co_await call.write(http_answer(piece("Well, ")));
        co_await call.until_closed();
    });
    ModelOptions options = options_for(server);
    options.limits.idle_timeout = 50ms;
    try {
        ask(std::move(options));
        FAIL() << "it did not fail";
    } catch (const AgentError& failure) {
        EXPECT_STREQ(failure.what(), "The model fell silent.");
    }
    EXPECT_EQ(answer.all(), "Well, ");
}

TEST_F(ModelTest, a_connection_that_breaks_is_said)
{
    const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 9999\r\n\r\n";
    EXPECT_EQ(refusal(head + piece("Well")), "The connection to the model was lost.");
    EXPECT_EQ(answer.all(), "Well");
}

TEST_F(ModelTest, nothing_said_is_a_failure)
{
    EXPECT_EQ(refusal(http_answer("data: [DONE]\n\n")), "The model gave no answer.");
    EXPECT_EQ(refusal(http_answer("")), "The model gave no answer.");
    EXPECT_EQ(refusal(http_answer("data: <html>\n\n")), "The model failed: it sent something that is not JSON");
}

TEST_F(ModelTest, refusals_are_readable_and_never_show_the_key)
{
    const std::string body = R"({"error":{"message":"Incorrect API key provided: sk-very-secret."}})";
    EXPECT_EQ(refusal(http_answer(body, "application/json", "401 Unauthorized")),
              "The model's server does not accept our key (401): Incorrect API key provided: ***.");
    EXPECT_EQ(refusal(http_answer("<html>", "text/html", "502 Bad Gateway")),
              "The model's server has a problem (502).");
    EXPECT_EQ(refusal(http_answer("{}", "application/json", "429 Too Many")),
              "The model is busy; try again in a moment (429).");
    EXPECT_EQ(refusal(http_answer("{}", "application/json", "404 Not Found")),
              "The model's server does not know this model or address (404).");
    EXPECT_EQ(refusal(http_answer(R"({"error":"bad"})", "application/json", "400 Bad Request")),
              "The model's server refused (400): bad");
}

TEST_F(ModelTest, an_answer_has_a_greatest_length)
{
    ScriptedServer server(io, [](ScriptedCall& call) {
        return call.write(http_answer(piece(std::string(600, 'x')) + piece(std::string(600, 'y'))));
    });
    ModelOptions options = options_for(server);
    options.answer_bytes_max = 1000;
    EXPECT_THROW(ask(std::move(options)), AgentError);
    EXPECT_EQ(answer.all(), std::string(600, 'x'));
}

TEST_F(ModelTest, nobody_there_is_said_without_an_address)
{
    ModelOptions options;
    options.base_url = "http://127.0.0.1:1/v1";
    EXPECT_EQ(refusal(std::move(options)), "The model's server cannot be reached.");
}

} // namespace trunkline::agents
