// SPDX-License-Identifier: MIT
#include <conversations/contacts.hpp>

#include <base/utf8.hpp>
#include <conversations/conversations.hpp>
#include <conversations/titles.hpp>

namespace trunkline::conversations {

namespace {

struct Known {
    Uuid conversation_id, message_id;
};
BOOST_DESCRIBE_STRUCT(Known, (), (conversation_id, message_id))

} // namespace

asio::awaitable<Begun> begin_with_contact(db::Executor& db, const FirstContact& contact)
{
    const FirstContact given = contact;
    const Uuid message = db::new_uuid();
    db::Batch batch;
    batch.add(
        "INSERT INTO conversations (id, tenant_id, user_id, channel, agent_type, external_key, title, title_source, is_fresh,"
        " preview, last_seq, message_count, created_at, last_message_at, active_at)"
        " VALUES ($1, $2, NULL, $3, $4, $5, $6, 'auto', $7, $8, 1, 1, $9, $9, $9)"
        " ON CONFLICT (tenant_id, channel, external_key) WHERE user_id IS NULL DO NOTHING",
        db::new_uuid(), given.tenant_id, given.channel, agent_type_default, given.external_key,
        std::string(first_characters(given.title, title_chars_max)), false, preview_of(given.content), given.at);
    batch.add("INSERT INTO messages (id, tenant_id, conversation_id, seq, sender, content, created_at)"
              " SELECT $1, tenant_id, id, 1, 'user', $2, $3 FROM conversations"
              " WHERE tenant_id = $4 AND channel = $5 AND external_key = $6 AND user_id IS NULL"
              " ON CONFLICT (conversation_id, seq) DO NOTHING",
              message, given.content, given.at, given.tenant_id, given.channel, given.external_key);
    co_await db.run(std::move(batch));
    const auto known = co_await db.fetch_one<Known>(
        "SELECT c.id AS conversation_id, m.id AS message_id FROM conversations c JOIN messages m ON m.conversation_id = c.id AND m.seq = 1"
        " WHERE c.tenant_id = $1 AND c.channel = $2 AND c.external_key = $3 AND c.user_id IS NULL",
        given.tenant_id, given.channel, given.external_key);
    co_return Begun{known.conversation_id, known.message_id, known.message_id != message};
}

} // namespace trunkline::conversations
