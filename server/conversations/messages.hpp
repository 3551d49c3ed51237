// SPDX-License-Identifier: MIT
#pragma once

#include <conversations/conversations.hpp>

namespace trunkline::conversations {

struct NewMessage {
    Sender sender = Sender::user;
    Text<0, message_chars_max> content;
};
BOOST_DESCRIBE_STRUCT(NewMessage, (), (sender, content))

struct MessageFilter {
    Bounded<1, 200, 50> limit;
    std::optional<std::int64_t> before; ///< only messages with a smaller seq
    std::optional<std::int64_t> after;  ///< only messages with a greater seq, the oldest of them first
};
BOOST_DESCRIBE_STRUCT(MessageFilter, (), (limit, before, after))

struct MessagePage {
    std::vector<Message> items;      ///< in the order of seq
    std::optional<std::string> next; ///< `before` for the page of older ones
};

/// What a conversation looks like to an agent.
struct AgentMessage {
    std::string role; ///< user, assistant
    std::string content;
    Time timestamp;
};
BOOST_DESCRIBE_STRUCT(AgentMessage, (), (role, content, timestamp))

/// What has to happen after a message was saved, and is written with it.
struct Topics {
    bool mirror = false;     ///< a copy for the foreign MySQL table
    bool extraction = false; ///< the conversation is to be read for the CRM
    /// How long the conversation has to be quiet before it is read.
    std::chrono::seconds extraction_quiet{2};
};

/// A message that is about to be saved: made once, so that a repetition is the same message.
struct Draft {
    Uuid id = db::new_uuid();
    Sender sender = Sender::user;
    std::string content;
    std::optional<std::string> agent_type;
    std::optional<Uuid> run_id;
    Time created_at;
};

struct Saved {
    Message message;
    Conversation conversation; ///< as it is with the message
};

/// Adds to `batch` the statements that save `draft`: the conversation's next seq, the message, the rows of the outbox.
/// Returns the index of the result that `saved_from` reads.
std::size_t add_save(db::Batch& batch, const Owner& owner, const Uuid& conversation, const Draft& draft,
                     const Topics& topics);
/// What `add_save` did: nothing when the conversation is not the owner's (then nothing was written).
std::optional<Saved> saved_from(const std::vector<db::Result>& results, std::size_t index);

/// Saves a message in one unit, one trip. not_found when the conversation is not the owner's.
asio::awaitable<Outcome<Saved>> save_message(db::Executor& db, const Owner& owner, const Uuid& conversation,
                                             const Draft& draft, const Topics& topics);

/// The newest messages, or those around a seq. not_found for another's conversation.
asio::awaitable<Outcome<MessagePage>> list_messages(db::Executor& db, const Owner& owner, const Uuid& conversation,
                                                    const MessageFilter& filter);

asio::awaitable<Outcome<std::vector<AgentMessage>>> messages_for_agent(db::Executor& db, const Owner& owner,
                                                                       const Uuid& conversation, std::int64_t limit);

} // namespace trunkline::conversations
