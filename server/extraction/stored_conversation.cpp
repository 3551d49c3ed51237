// SPDX-License-Identifier: MIT
#include <extraction/stored_conversation.hpp>

#include <conversations/conversation.hpp>
#include <extraction/reading.hpp>
#include <http/call.hpp>

#include <algorithm>

namespace trunkline::extraction {

namespace {

struct Head {
    std::int64_t last_seq = 0;
    std::optional<std::string> email;
    std::optional<http::Role> role;
};
BOOST_DESCRIBE_STRUCT(Head, (), (last_seq, email, role))

struct Line {
    db::Uuid id;
    std::int64_t seq = 0;
    conversations::Sender sender = conversations::Sender::user;
    std::string content;
};
BOOST_DESCRIBE_STRUCT(Line, (), (id, seq, sender, content))

TranscriptMessage message_of(Line& line)
{
    const Sender sender = line.sender == conversations::Sender::user ? Sender::customer : Sender::agent;
    return {line.id, line.seq, sender, std::move(line.content)};
}

} // namespace

asio::awaitable<std::optional<StoredConversation>> stored_conversation(db::Executor& db, const db::Uuid& conversation)
{
    const db::Uuid id = conversation;
    const auto head = co_await db.fetch_optional<Head>("SELECT c.last_seq, u.email, u.role FROM conversations c"
                                                       " LEFT JOIN users u ON u.id = c.user_id WHERE c.id = $1",
                                                       id);
    if (!head) co_return std::nullopt;
    auto lines = co_await db.fetch<Line>("SELECT id, seq, sender, content FROM messages WHERE conversation_id = $1"
                                         " ORDER BY seq DESC LIMIT $2",
                                         id, static_cast<std::int64_t>(transcript_message_limit));
    const bool customer = head->role == http::Role::customer;
    StoredConversation stored{.last_seq = head->last_seq,
                              .customer = customer ? head->email : std::nullopt,
                              .team_member = head->email && !customer ? *head->email : "system",
                              .messages = {}};
    std::ranges::reverse(lines);
    for (Line& line : lines) stored.messages.push_back(message_of(line));
    co_return stored;
}

asio::awaitable<bool> lock_conversation(db::Executor& db, const db::Uuid& conversation)
{
    // On SQLite a transaction that writes is alone already.
    const auto found =
        co_await db.fetch<db::Uuid>(db::by_engine{.postgresql = "SELECT id FROM conversations WHERE id = $1 FOR UPDATE",
                                                  .sqlite = "SELECT id FROM conversations WHERE id = $1"},
                                    conversation);
    co_return !found.empty();
}

asio::awaitable<bool> is_to_be_read(db::Executor& db, const db::Uuid& tenant, const db::Uuid& conversation)
{
    co_return co_await db.fetch_value<std::int64_t>(
        "SELECT count(*) FROM outbox WHERE tenant_id = $1 AND topic = 'extraction'"
        " AND order_key = $2 AND done_at IS NULL AND dead_at IS NULL",
        tenant, conversation) > 0;
}

} // namespace trunkline::extraction
