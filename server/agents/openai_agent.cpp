// SPDX-License-Identifier: MIT
#include <agents/openai_agent.hpp>

#include <agents/chat_chunks.hpp>
#include <agents/sse_parser.hpp>
#include <agents/utf8_joiner.hpp>
#include <base/log.hpp>
#include <base/utf8.hpp>

namespace trunkline::agents {

namespace {

constexpr std::size_t error_body_bytes_max = 16 * 1024;
constexpr std::string_view please_continue =
    "Go on with your last answer exactly where it stopped. Do not repeat anything.";

std::string completions_url(std::string base)
{
    while (base.ends_with('/')) base.pop_back();
    return base + "/chat/completions";
}

json::array messages_of(const Question& question, const std::string& instructions)
{
    json::array messages;
    if (!instructions.empty()) messages.push_back({{"role", "system"}, {"content", instructions}});
    for (const Turn& turn : question.turns)
        messages.push_back({{"role", turn.role == Speaker::user ? "user" : "assistant"}, {"content", turn.content}});
    if (question.continues) messages.push_back({{"role", "user"}, {"content", please_continue}});
    return messages;
}

/// What a person is told of a failure on the way.
std::string sentence_for(const http::ClientError& failure)
{
    using Kind = http::ClientError::Kind;
    switch (failure.kind()) {
    case Kind::unreachable: return "The model's server cannot be reached.";
    case Kind::timed_out: return "The model fell silent.";
    case Kind::too_large: return "The model's answer was too long.";
    case Kind::refused: return "The model's address is not usable.";
    case Kind::broken: break;
    }
    return "The connection to the model was lost.";
}

/// The text with every occurrence of `secret` blotted out: a server may repeat the key that it refuses.
std::string without(std::string text, const std::string& secret)
{
    for (std::size_t at = 0; !secret.empty() && (at = text.find(secret, at)) != std::string::npos;)
        text.replace(at, secret.size(), "***");
    return text;
}

/// Passes text on in whole characters and counts it.
class Passing {
public:
    Passing(AnswerWriter& writer, std::size_t bytes_max) : writer_(writer), bytes_max_(bytes_max) {}

    asio::awaitable<void> text(std::string bytes)
    {
        passed_ += bytes.size();
        if (passed_ > bytes_max_) throw AgentError("The model's answer was too long.");
        std::string whole = joiner_.push(bytes);
        if (!whole.empty()) co_await writer_.text(std::move(whole));
    }
    asio::awaitable<void> end()
    {
        std::string rest = joiner_.finish();
        if (!rest.empty()) co_await writer_.text(std::move(rest));
        if (passed_ == 0) throw AgentError("The model gave no answer.");
    }

private:
    AnswerWriter& writer_;
    Utf8Joiner joiner_;
    std::size_t bytes_max_;
    std::size_t passed_ = 0;
};

} // namespace

http::ClientRequest OpenAiAgent::request_for(const Question& question) const
{
    http::ClientRequest request;
    request.method = "POST";
    request.url = completions_url(options_.base_url);
    request.headers = {{"Content-Type", "application/json"}, {"Accept", "text/event-stream, application/json"}};
    if (!options_.key.empty()) request.headers.emplace_back("Authorization", "Bearer " + options_.key);
    request.body = serialize(json::object{{"model", options_.model},
                                          {"messages", messages_of(question, options_.instructions)},
                                          {"stream", true},
                                          {"stream_options", json::object{{"include_usage", true}}}});
    request.limits = options_.limits;
    return request;
}

asio::awaitable<void> OpenAiAgent::answer(const Question& question, AnswerWriter& writer)
{
    try {
        auto response = co_await client_.send(request_for(question));
        co_await pass_on(std::move(response), writer);
    } catch (const http::ClientError& failure) {
        log_warning("agents", without(std::string("model: ") + failure.what(), options_.key));
        throw AgentError(sentence_for(failure));
    } catch (const SseTooLarge&) {
        throw AgentError("The model's answer cannot be read.");
    }
}

asio::awaitable<void> OpenAiAgent::pass_on(http::ClientResponse response, AnswerWriter& writer)
{
    if (response.status() != 200) {
        const std::string why = co_await refusal(response);
        throw AgentError(why);
    }
    if (ascii_lower(response.header("content-type")).starts_with("application/json"))
        co_await pass_whole(response, writer);
    else co_await pass_stream(response, writer);
}

asio::awaitable<void> OpenAiAgent::pass_stream(http::ClientResponse& response, AnswerWriter& writer)
{
    Passing passing(writer, options_.answer_bytes_max);
    SseParser parser;
    for (bool done = false; !done;) {
        const std::string bytes = co_await response.read_some();
        auto events = parser.push(bytes);
        done = bytes.empty();
        if (done)
            if (auto last = parser.finish()) events.push_back(std::move(*last));
        for (const SseEvent& event : events) {
            ChatChunk chunk = read_chunk(without(event.data, options_.key));
            if (chunk.error) throw AgentError("The model failed: " + *chunk.error);
            if (!chunk.text.empty()) co_await passing.text(std::move(chunk.text));
            done = done || chunk.done;
            if (chunk.done) break;
        }
    }
    co_await passing.end();
}

asio::awaitable<void> OpenAiAgent::pass_whole(http::ClientResponse& response, AnswerWriter& writer)
{
    const std::string body = co_await response.read_rest(options_.limits.body_bytes_max);
    ChatChunk chunk = read_completion(without(body, options_.key));
    if (chunk.error) throw AgentError("The model failed: " + *chunk.error);
    Passing passing(writer, options_.answer_bytes_max);
    if (!chunk.text.empty()) co_await passing.text(std::move(chunk.text));
    co_await passing.end();
}

asio::awaitable<std::string> OpenAiAgent::refusal(http::ClientResponse& response)
{
    const int status = response.status();
    const std::string body = co_await response.read_rest(error_body_bytes_max);
    const std::string said = read_error(without(body, options_.key));
    std::string sentence = "The model's server refused";
    if (status == 401 || status == 403) sentence = "The model's server does not accept our key";
    else if (status == 404) sentence = "The model's server does not know this model or address";
    else if (status == 429) sentence = "The model is busy; try again in a moment";
    else if (status >= 500) sentence = "The model's server has a problem";
    sentence += " (" + std::to_string(status) + ")";
    co_return said.empty() ? sentence + "." : sentence + ": " + said;
}

} // namespace trunkline::agents
