// SPDX-License-Identifier: MIT
#include "scripted_agent.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <stdexcept>

namespace trunkline::chat::testing {

asio::awaitable<void> ScriptedAgent::answer(const agents::Question& question, agents::AnswerWriter& writer)
{
    struct Count {
        explicit Count(ScriptedAgent& agent) : agent(agent) { ++agent.answering; }
        ~Count() { --agent.answering, ++agent.ended; }
        ScriptedAgent& agent;
    } count(*this);
    asked.push_back(question);
    for (std::size_t next = 0;; ++next) {
        while (next == steps_.size()) {
            boost::system::error_code woken;
            co_await changed_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
            const auto cancellation = co_await asio::this_coro::cancellation_state;
            if (cancellation.cancelled() != asio::cancellation_type::none) throw boost::system::system_error(woken);
        }
        const Step step = steps_[next];
        if (step.end == "finish") co_return;
        if (step.end == "fail") throw agents::AgentError(step.text);
        if (step.end == "break") throw std::runtime_error("something technical: secret");
        co_await writer.text(step.text);
    }
}

} // namespace trunkline::chat::testing
