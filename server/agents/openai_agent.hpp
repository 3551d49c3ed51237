// SPDX-License-Identifier: MIT
#pragma once

#include <agents/agent.hpp>
#include <http/client.hpp>

namespace trunkline::agents {

/// Where a model is, and how it is asked.
struct ModelOptions {
    std::string base_url; ///< "https://models.example.test/v1"
    std::string model;
    std::string key; ///< sent as a bearer token; empty sends none. Never logged, never shown
    std::string instructions = "You are a friendly assistant of a small company. Answer briefly and honestly; "
                               "say so when you do not know something.";
    http::ClientLimits limits;
    std::size_t answer_bytes_max = 256 * 1024;
};

/// Asks any service that speaks OpenAI's chat completions, and passes on what it streams. Patient with servers that
/// forget `[DONE]`, cut characters, or answer whole; their refusals become one readable sentence.
class OpenAiAgent final : public Agent {
public:
    OpenAiAgent(http::Client& client, ModelOptions options) : client_(client), options_(std::move(options)) {}

    asio::awaitable<void> answer(const Question& question, AnswerWriter& writer) override;

private:
    http::ClientRequest request_for(const Question& question) const;
    asio::awaitable<void> pass_on(http::ClientResponse response, AnswerWriter& writer);
    asio::awaitable<void> pass_stream(http::ClientResponse& response, AnswerWriter& writer);
    asio::awaitable<void> pass_whole(http::ClientResponse& response, AnswerWriter& writer);
    asio::awaitable<std::string> refusal(http::ClientResponse& response);

    http::Client& client_;
    ModelOptions options_;
};

} // namespace trunkline::agents
