// SPDX-License-Identifier: MIT
#include <crm/client_conversations.hpp>

#include <crm/audit.hpp>

namespace trunkline::crm {

namespace {

asio::awaitable<std::optional<ConversationRead>> find_of_client(db::Executor& db, const Uuid& tenant,
                                                                const Uuid& client, const Uuid& conversation)
{
    return db.fetch_optional<ConversationRead>(
        "SELECT id, title, title_source, agent_type, preview, message_count, last_seq, created_at, last_message_at FROM conversations c"
        " WHERE c.tenant_id = $1 AND c.id = $3"
        " AND (EXISTS (SELECT 1 FROM evidence e WHERE e.tenant_id = $1 AND e.conversation_id = $3 AND e.client_id = $2)"
        " OR EXISTS (SELECT 1 FROM interactions i WHERE i.tenant_id = $1 AND i.conversation_id = $3 AND i.client_id = $2))",
        tenant, client, conversation);
}

asio::awaitable<std::vector<MessageRead>> newest_messages(db::Executor& db, Uuid tenant, Uuid conversation,
                                                          TranscriptFilter filter)
{
    db::SqlBuilder sql("SELECT id, conversation_id, seq, sender, content, agent_type, run_id, created_at FROM messages"
                       " WHERE conversation_id = $1 AND tenant_id = $2",
                       conversation, tenant);
    if (filter.before) sql.add("AND seq < $1", *filter.before);
    sql.add("ORDER BY seq DESC LIMIT $1", filter.limit.value());
    auto messages = co_await db.fetch<MessageRead>(std::move(sql).build());
    std::ranges::reverse(messages);
    co_return messages;
}

} // namespace

asio::awaitable<std::vector<ClientConversation>> list_conversations(db::Executor& db, const Uuid& tenant,
                                                                    const Uuid& client)
{
    return db.fetch<ClientConversation>(
        "SELECT id, title, last_message_at, message_count FROM conversations WHERE tenant_id = $1 AND id IN"
        " (SELECT conversation_id FROM evidence WHERE tenant_id = $1 AND client_id = $2"
        " UNION SELECT conversation_id FROM interactions WHERE tenant_id = $1 AND client_id = $2)"
        " ORDER BY active_at DESC, id DESC LIMIT 100",
        tenant, client);
}

asio::awaitable<Outcome<ConversationOfClient>> read_conversation(db::Executor& db, const Editor& editor,
                                                                 const Uuid& client, const Uuid& conversation,
                                                                 const TranscriptFilter& filter, Time now)
{
    auto found = co_await find_of_client(db, editor.tenant_id, client, conversation);
    if (!found) co_return not_found("conversation");
    // First the audit: what cannot be written down is not shown.
    const AuditEntry entry{"read", "conversation", conversation, {{"client_id", db::to_string(client)}}};
    co_await write_audit(db, editor, entry, now);
    ConversationOfClient read;
    read.conversation = std::move(*found);
    read.messages = co_await newest_messages(db, editor.tenant_id, conversation, filter);
    read.evidence = co_await list_evidence(db, editor.tenant_id, client, conversation);
    co_return read;
}

} // namespace trunkline::crm
