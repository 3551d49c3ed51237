// SPDX-License-Identifier: MIT
#pragma once

#include <base/clock.hpp>
#include <conversations/conversation.hpp>
#include <trunkline/db/executor.hpp>

namespace trunkline::conversations {

struct NewConversation {
    std::optional<Text<1, title_chars_max>> title;
    std::optional<Text<1, 50>> agent_type;
};
BOOST_DESCRIBE_STRUCT(NewConversation, (), (title, agent_type))

struct NewTitle {
    Text<1, title_chars_max> title;
};
BOOST_DESCRIBE_STRUCT(NewTitle, (), (title))

struct ConversationFilter {
    std::optional<Text<1, 50>> agent_type;
    Bounded<1, 200, 50> limit;
    std::optional<std::string> after;          ///< `next` of the page before
    std::optional<bool> include_empty;         ///< false: only conversations with a message
    std::optional<bool> include_message_count; ///< accepted for older clients; the count is always there
};
BOOST_DESCRIBE_STRUCT(ConversationFilter, (), (agent_type, limit, after, include_empty, include_message_count))

struct ConversationPage {
    std::vector<Conversation> items;
    std::optional<std::string> next;
};

inline constexpr std::string_view agent_type_default = "assistant";

asio::awaitable<Conversation> create(db::Executor& db, const Owner& owner, const NewConversation& input, Time now);

/// Nothing when there is none, or it is another's: the two cannot be told apart.
asio::awaitable<std::optional<Conversation>> find(db::Executor& db, const Owner& owner, const Uuid& id);

/// Newest activity first. invalid when `after` is none of ours.
asio::awaitable<Outcome<ConversationPage>> list(db::Executor& db, const Owner& owner, const ConversationFilter& filter);

/// The user's empty conversation with that agent, made when there is none: the same one for every tab that asks at
/// once.
asio::awaitable<Conversation> create_or_get_fresh(db::Executor& db, const Owner& owner, std::string agent_type,
                                                  Time now);

asio::awaitable<Outcome<Conversation>> rename(db::Executor& db, const Owner& owner, const Uuid& id, std::string title);

/// Makes the title again from the first message of the user. A title that a person gave stays, and without a message
/// nothing changes: both are a success.
asio::awaitable<Outcome<Conversation>> generate_title(db::Executor& db, const Owner& owner, const Uuid& id);

/// Deletes it and its messages. False when there is none of this owner.
asio::awaitable<bool> remove(db::Executor& db, const Owner& owner, const Uuid& id);

/// Deletes the messages and keeps the conversation; seq goes on where it was.
asio::awaitable<bool> clear(db::Executor& db, const Owner& owner, const Uuid& id);

/// Deletes the owner's empty conversations made before `before`; one that gains a message meanwhile stays.
asio::awaitable<std::uint64_t> remove_empty(db::Executor& db, const Owner& owner, Time before);

} // namespace trunkline::conversations
