// SPDX-License-Identifier: MIT
#pragma once

#include <base/json.hpp>
#include <http/call.hpp>

#include <stdexcept>

namespace trunkline::agents {

namespace asio = boost::asio;

enum class Speaker { user, assistant };
BOOST_DESCRIBE_ENUM(Speaker, user, assistant)

/// One message of a conversation, as an agent reads it.
struct Turn {
    Speaker role = Speaker::user;
    std::string content;
};

/// What an agent is asked, and who asks.
struct Question {
    std::vector<Turn> turns; ///< oldest first
    Uuid tenant_id;
    Uuid user_id;
    http::Role role = http::Role::customer;
    std::string user_name;
    /// The last turn is the beginning of an answer that was cut: go on where it ends.
    bool continues = false;
};

/// Takes an answer in pieces, as they are made.
class AnswerWriter {
public:
    virtual ~AnswerWriter() = default;
    /// Adds a piece of any size. Waits when too much is not on disk yet.
    virtual asio::awaitable<void> text(std::string piece) = 0;
};

/// An agent cannot answer. `what()` is one sentence for the person who asked: never a key, an address or a trace.
struct AgentError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Somebody who answers. One agent serves any number of conversations at once, and keeps nothing between answers.
/// Holds no database connection while it thinks or writes. Cancelling `answer` ends it.
class Agent {
public:
    virtual ~Agent() = default;
    /// `question` and `writer` outlive the call. Throws AgentError.
    virtual asio::awaitable<void> answer(const Question& question, AnswerWriter& writer) = 0;
};

} // namespace trunkline::agents
