// SPDX-License-Identifier: MIT
#pragma once

#include <base/clock.hpp>
#include <base/json.hpp>
#include <crm/editor.hpp>
#include <crm/evidence.hpp>

#include <boost/describe/enum.hpp>

namespace trunkline::crm {

// What staff may read of a client's conversations. A conversation is a client's when it told something about him
// (evidence) or an interaction of his is about it. Nothing here writes into a conversation.
// The API promises staff the conversation and the messages that its owner sees. They are described here once more,
// because rooms of one floor do not know each other; a test one floor above holds the two together.

/// A conversation in the list of a client's.
struct ClientConversation {
    Uuid id;
    std::optional<std::string> title;
    std::optional<Time> last_message_at;
    std::int64_t message_count = 0;
};
BOOST_DESCRIBE_STRUCT(ClientConversation, (), (id, title, last_message_at, message_count))

enum class Speaker { user, bot };
BOOST_DESCRIBE_ENUM(Speaker, user, bot)

/// A conversation as its owner sees it.
struct ConversationRead {
    Uuid id;
    std::optional<std::string> title;
    std::string title_source;
    std::string agent_type;
    std::string preview;
    std::int64_t message_count = 0;
    std::int64_t last_seq = 0;
    Time created_at;
    std::optional<Time> last_message_at;
};
BOOST_DESCRIBE_STRUCT(ConversationRead, (),
                      (id, title, title_source, agent_type, preview, message_count, last_seq, created_at,
                       last_message_at))

struct MessageRead {
    Uuid id;
    Uuid conversation_id;
    std::int64_t seq = 0;
    Speaker sender = Speaker::user;
    std::string content;
    std::optional<std::string> agent_type;
    std::optional<Uuid> run_id;
    Time created_at;
};
BOOST_DESCRIBE_STRUCT(MessageRead, (), (id, conversation_id, seq, sender, content, agent_type, run_id, created_at))

struct ConversationOfClient {
    ConversationRead conversation;
    std::vector<MessageRead> messages; ///< in the order of seq
    std::vector<Evidence> evidence;    ///< what it told about this client
};
BOOST_DESCRIBE_STRUCT(ConversationOfClient, (), (conversation, messages, evidence))

struct TranscriptFilter {
    Bounded<1, 1'000, 1'000> limit;     ///< the newest messages
    std::optional<std::int64_t> before; ///< only messages with a smaller seq
};
BOOST_DESCRIBE_STRUCT(TranscriptFilter, (), (limit, before))

/// Newest activity first, at most 100.
asio::awaitable<std::vector<ClientConversation>> list_conversations(db::Executor& db, const Uuid& tenant,
                                                                    const Uuid& client);

/// One of them, to read; that it was read goes into the audit. not_found for any conversation that is not the client's.
asio::awaitable<Outcome<ConversationOfClient>> read_conversation(db::Executor& db, const Editor& editor,
                                                                 const Uuid& client, const Uuid& conversation,
                                                                 const TranscriptFilter& filter, Time now);

} // namespace trunkline::crm
