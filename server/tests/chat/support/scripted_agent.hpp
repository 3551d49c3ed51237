// SPDX-License-Identifier: MIT
#pragma once

#include <agents/agent.hpp>
#include <base/clock.hpp>

#include <boost/asio/steady_timer.hpp>

#include <deque>
#include <random>

namespace trunkline::chat::testing {

/// An agent that says what the test tells it to, when the test tells it to: the same to everybody who asks.
class ScriptedAgent final : public agents::Agent {
public:
    explicit ScriptedAgent(asio::any_io_executor executor)
        : changed_(std::move(executor), asio::steady_timer::time_point::max())
    {}

    void say(std::string piece) { act({std::move(piece), {}}); }
    void finish() { act({{}, "finish"}); }
    void fail(std::string reason) { act({std::move(reason), "fail"}); }
    void break_down() { act({{}, "break"}); }

    asio::awaitable<void> answer(const agents::Question& question, agents::AnswerWriter& writer) override;

    std::vector<agents::Question> asked;
    int answering = 0;
    int ended = 0; ///< however it ended

private:
    struct Step {
        std::string text;
        std::string end;
    };
    void act(Step step)
    {
        steps_.push_back(std::move(step));
        changed_.cancel();
    }

    std::deque<Step> steps_;
    asio::steady_timer changed_;
};

/// Answers at once with a text, in pieces of a few bytes.
class QuickAgent final : public agents::Agent {
public:
    QuickAgent(std::string text, std::size_t piece_bytes) : text_(std::move(text)), piece_bytes_(piece_bytes) {}
    asio::awaitable<void> answer(const agents::Question&, agents::AnswerWriter& writer) override
    {
        for (std::size_t at = 0; at < text_.size(); at += piece_bytes_) {
            co_await writer.text(text_.substr(at, piece_bytes_));
            said_ += piece_bytes_;
        }
    }
    /// Bytes that were taken from it.
    std::size_t said() const noexcept { return said_; }

private:
    std::string text_;
    std::size_t said_ = 0;
    std::size_t piece_bytes_;
};

/// Says some words, each after a random pause.
class UnevenAgent final : public agents::Agent {
public:
    UnevenAgent(Clock& clock, std::uint32_t seed) : clock_(clock), random_(seed) {}
    asio::awaitable<void> answer(const agents::Question&, agents::AnswerWriter& writer) override
    {
        const auto words = 1 + random_() % 8;
        for (std::uint32_t i = 0; i < words; ++i) {
            co_await clock_.sleep_for(std::chrono::milliseconds(random_() % 70));
            co_await writer.text("word" + std::to_string(random_() % 1'000) + " ");
        }
        if (random_() % 4 == 0) throw agents::AgentError("The model fell silent.");
    }

private:
    Clock& clock_;
    std::mt19937 random_;
};

} // namespace trunkline::chat::testing
