// SPDX-License-Identifier: MIT
#include <conversations/messages.hpp>

#include <conversations/titles.hpp>
#include <outbox/mirror_payload.hpp>

namespace trunkline::conversations {

namespace {

void add_mirror_row(db::Batch& batch, const Owner& owner, const Uuid& conversation, const Draft& draft)
{
    const std::string user = db::to_string(owner.user_id);
    const outbox::MirrorPayload payload{.message_id = draft.id,
                                        .direction = draft.sender == Sender::user ? "in" : "out",
                                        .user_id = user,
                                        .username = owner.name.empty() ? user : owner.name,
                                        .message = draft.content,
                                        .created_at = draft.created_at};
    batch.add("INSERT INTO outbox (id, tenant_id, topic, order_key, seq, payload, attempts, next_at, created_at)"
              " SELECT $1, tenant_id, 'mirror', id, last_seq, $2, 0, $3, $3 FROM conversations"
              " WHERE id = $4 AND tenant_id = $5 AND user_id = $6",
              db::new_uuid(), serialize(to_json(payload)), draft.created_at, conversation, owner.tenant_id,
              owner.user_id);
}

void add_extraction_row(db::Batch& batch, const Owner& owner, const Uuid& conversation, const Draft& draft,
                        std::chrono::seconds quiet)
{
    // One open row for each conversation: a new message only moves it to a later time.
    batch.add(
        "INSERT INTO outbox (id, tenant_id, topic, order_key, seq, payload, attempts, next_at, created_at)"
        " SELECT $1, tenant_id, 'extraction', id, 0, '{}', 0, $2, $3 FROM conversations"
        " WHERE id = $4 AND tenant_id = $5 AND user_id = $6"
        " ON CONFLICT (tenant_id, topic, order_key, seq) DO UPDATE"
        " SET next_at = excluded.next_at, created_at = excluded.created_at, attempts = 0, done_at = NULL, dead_at = NULL",
        db::new_uuid(), draft.created_at + quiet, draft.created_at, conversation, owner.tenant_id, owner.user_id);
}

} // namespace

std::size_t add_save(db::Batch& batch, const Owner& owner, const Uuid& conversation, const Draft& draft,
                     const Topics& topics)
{
    const std::size_t first = batch.size();
    const bool by_user = draft.sender == Sender::user;
    const std::string title = by_user ? title_from(draft.content) : "";
    const std::optional<std::string> preview = by_user ? std::optional(preview_of(draft.content)) : std::nullopt;
    const std::optional<std::string> new_title = title.empty() ? std::nullopt : std::optional(title);
    batch.add(
        "UPDATE conversations SET last_seq = last_seq + 1, message_count = message_count + 1, is_fresh = $1,"
        " preview = coalesce($2, preview), last_message_at = $3, active_at = $3,"
        " title = CASE WHEN title_source = 'default' THEN coalesce($4, title) ELSE title END,"
        " title_source = CASE WHEN title_source = 'default' AND $4 IS NOT NULL THEN 'auto' ELSE title_source END"
        " WHERE id = $5 AND tenant_id = $6 AND user_id = $7"
        " RETURNING id, title, title_source, agent_type, preview, message_count, last_seq, created_at, last_message_at",
        false, preview, draft.created_at, new_title, conversation, owner.tenant_id, owner.user_id);
    batch.add(
        "INSERT INTO messages (id, tenant_id, conversation_id, seq, sender, content, agent_type, run_id, created_at)"
        " SELECT $1, tenant_id, id, last_seq, $2, $3, $4, $5, $6 FROM conversations"
        " WHERE id = $7 AND tenant_id = $8 AND user_id = $9"
        " RETURNING id, conversation_id, seq, sender, content, agent_type, run_id, created_at",
        draft.id, draft.sender, draft.content, draft.agent_type, draft.run_id, draft.created_at, conversation,
        owner.tenant_id, owner.user_id);
    if (topics.mirror) add_mirror_row(batch, owner, conversation, draft);
    if (topics.extraction) add_extraction_row(batch, owner, conversation, draft, topics.extraction_quiet);
    return first;
}

std::optional<Saved> saved_from(const std::vector<db::Result>& results, std::size_t index)
{
    if (results.at(index).empty()) return std::nullopt;
    return Saved{results.at(index + 1).as<Message>(0), results.at(index).as<Conversation>(0)};
}

asio::awaitable<Outcome<Saved>> save_message(db::Executor& db, const Owner& owner, const Uuid& conversation,
                                             const Draft& draft, const Topics& topics)
{
    db::Batch batch;
    const std::size_t index = add_save(batch, owner, conversation, draft, topics);
    auto running = db.run(std::move(batch));
    const auto results = co_await std::move(running);
    auto saved = saved_from(results, index);
    if (!saved) co_return not_found("conversation");
    co_return std::move(*saved);
}

asio::awaitable<Outcome<MessagePage>> list_messages(db::Executor& db, const Owner& owner, const Uuid& conversation,
                                                    const MessageFilter& filter)
{
    if (filter.before && filter.after) co_return invalid("/before", "cannot be combined with `after`");
    const bool forward = filter.after.has_value();
    db::SqlBuilder sql(
        "SELECT m.id, m.conversation_id, m.seq, m.sender, m.content, m.agent_type, m.run_id, m.created_at"
        " FROM messages m JOIN conversations c ON c.id = m.conversation_id"
        " WHERE c.id = $1 AND c.tenant_id = $2 AND c.user_id = $3",
        conversation, owner.tenant_id, owner.user_id);
    if (filter.before) sql.add("AND m.seq < $1", *filter.before);
    if (filter.after) sql.add("AND m.seq > $1", *filter.after);
    if (forward) sql.add("ORDER BY m.seq LIMIT $1", filter.limit.value() + 1);
    else sql.add("ORDER BY m.seq DESC LIMIT $1", filter.limit.value() + 1);

    const Owner asking = owner;
    const Uuid asked_for = conversation;
    const auto limit = static_cast<std::size_t>(filter.limit.value());
    auto asked = db.fetch<Message>(std::move(sql).build());
    MessagePage page{co_await std::move(asked), std::nullopt};
    if (page.items.empty() && !co_await find(db, asking, asked_for)) co_return not_found("conversation");
    const bool more = page.items.size() > limit;
    if (more) page.items.pop_back();
    if (!forward) std::ranges::reverse(page.items);
    if (more && !forward) page.next = std::to_string(page.items.front().seq);
    if (more && forward) page.next = std::to_string(page.items.back().seq);
    co_return page;
}

asio::awaitable<Outcome<std::vector<AgentMessage>>> messages_for_agent(db::Executor& db, const Owner& owner,
                                                                       const Uuid& conversation, std::int64_t limit)
{
    MessageFilter newest;
    newest.limit = Bounded<1, 200, 50>(limit);
    const auto page = co_await list_messages(db, owner, conversation, newest);
    if (!page) co_return page.refusal();
    std::vector<AgentMessage> seen;
    for (const Message& message : page->items)
        seen.push_back(
            {message.sender == Sender::user ? "user" : "assistant", plain_text(message.content), message.created_at});
    co_return seen;
}

} // namespace trunkline::conversations
