// SPDX-License-Identifier: MIT
#include <conversations/conversations.hpp>

#include <conversations/titles.hpp>
#include <trunkline/db/transaction.hpp>

#include <charconv>

namespace trunkline::conversations {

namespace {

/// A place in the list of conversations: "<microseconds>_<id>".
struct Cursor {
    Time active_at;
    Uuid id;
};

std::string to_text(const Cursor& cursor)
{
    return std::to_string(cursor.active_at.time_since_epoch().count()) + "_" + db::to_string(cursor.id);
}

std::optional<Cursor> parse_cursor(std::string_view text)
{
    std::int64_t micros = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), micros);
    if (failure != std::errc{} || end == text.data() + text.size() || *end != '_') return std::nullopt;
    const auto id = Uuid::parse(text.substr(static_cast<std::size_t>(end - text.data()) + 1));
    if (!id) return std::nullopt;
    return Cursor{Time(std::chrono::microseconds(micros)), *id};
}

struct Listed : Conversation {
    Time active_at;
};
BOOST_DESCRIBE_STRUCT(Listed, (Conversation), (active_at))

} // namespace

asio::awaitable<Conversation> create(db::Executor& db, const Owner& owner, const NewConversation& input, Time now)
{
    Conversation made;
    made.id = db::new_uuid();
    made.agent_type = input.agent_type ? input.agent_type->value() : std::string(agent_type_default);
    made.title = input.title ? input.title->value() : default_title(made.agent_type);
    made.title_source = input.title ? "user" : "default";
    made.created_at = now;
    auto inserted = db.execute(
        "INSERT INTO conversations (id, tenant_id, user_id, channel, agent_type, title, title_source, is_fresh,"
        " preview, last_seq, message_count, created_at, active_at)"
        " VALUES ($1, $2, $3, 'web_chat', $4, $5, $6, $7, '', 0, 0, $8, $8)",
        made.id, owner.tenant_id, owner.user_id, made.agent_type, made.title, made.title_source, false, now);
    co_await std::move(inserted);
    co_return made;
}

asio::awaitable<std::optional<Conversation>> find(db::Executor& db, const Owner& owner, const Uuid& id)
{
    return db.fetch_optional<Conversation>(
        "SELECT id, title, title_source, agent_type, preview, message_count, last_seq, created_at, last_message_at"
        " FROM conversations WHERE id = $1 AND tenant_id = $2 AND user_id = $3",
        id, owner.tenant_id, owner.user_id);
}

asio::awaitable<Outcome<ConversationPage>> list(db::Executor& db, const Owner& owner, const ConversationFilter& filter)
{
    db::SqlBuilder sql(
        "SELECT id, title, title_source, agent_type, preview, message_count, last_seq, created_at, last_message_at, active_at"
        " FROM conversations WHERE tenant_id = $1 AND user_id = $2",
        owner.tenant_id, owner.user_id);
    if (filter.agent_type) sql.add("AND agent_type = $1", filter.agent_type->value());
    if (!filter.include_empty.value_or(false)) sql.add("AND message_count > 0");
    if (filter.after) {
        const auto cursor = parse_cursor(*filter.after);
        if (!cursor) co_return invalid("/after", "must be the `next` of the page before");
        sql.add("AND (active_at < $1 OR (active_at = $1 AND id < $2))", cursor->active_at, cursor->id);
    }
    const auto limit = static_cast<std::size_t>(filter.limit.value());
    sql.add("ORDER BY active_at DESC, id DESC LIMIT $1", filter.limit.value() + 1);
    auto asked = db.fetch<Listed>(std::move(sql).build());
    auto rows = co_await std::move(asked);

    ConversationPage page;
    if (rows.size() > limit) {
        rows.resize(limit);
        page.next = to_text({rows.back().active_at, rows.back().id});
    }
    page.items.assign(rows.begin(), rows.end());
    co_return page;
}

asio::awaitable<Conversation> create_or_get_fresh(db::Executor& db, const Owner& owner, std::string agent_type,
                                                  Time now)
{
    const Owner asking = owner;
    for (;;) {
        // The unique index decides: of two tabs one inserts, both read the same row.
        db::Batch batch;
        batch.add("INSERT INTO conversations (id, tenant_id, user_id, channel, agent_type, title, title_source,"
                  " is_fresh, preview, last_seq, message_count, created_at, active_at)"
                  " VALUES ($1, $2, $3, 'web_chat', $4, NULL, 'default', $5, '', 0, 0, $6, $6)"
                  " ON CONFLICT (tenant_id, user_id, agent_type) WHERE is_fresh DO NOTHING",
                  db::new_uuid(), asking.tenant_id, asking.user_id, agent_type, true, now);
        batch.add(
            "SELECT id, title, title_source, agent_type, preview, message_count, last_seq, created_at, last_message_at"
            " FROM conversations WHERE tenant_id = $1 AND user_id = $2 AND agent_type = $3 AND is_fresh",
            asking.tenant_id, asking.user_id, agent_type);
        const auto results = co_await db.run(std::move(batch));
        // PostgreSQL lets another's message in between the two: the fresh one is in use then, and a new one is made.
        if (!results.at(1).empty()) co_return results.at(1).as<Conversation>(0);
    }
}

asio::awaitable<Outcome<Conversation>> rename(db::Executor& db, const Owner& owner, const Uuid& id, std::string title)
{
    auto renamed = db.fetch_optional<Conversation>(
        "UPDATE conversations SET title = $1, title_source = 'user', is_fresh = $2"
        " WHERE id = $3 AND tenant_id = $4 AND user_id = $5"
        " RETURNING id, title, title_source, agent_type, preview, message_count, last_seq, created_at, last_message_at",
        title, false, id, owner.tenant_id, owner.user_id);
    const auto found = co_await std::move(renamed);
    if (!found) co_return not_found("conversation");
    co_return *found;
}

asio::awaitable<Outcome<Conversation>> generate_title(db::Executor& db, const Owner& owner, const Uuid& id)
{
    const Uuid conversation_id = id;
    const Owner asking = owner;
    auto found = co_await find(db, asking, conversation_id);
    if (!found) co_return not_found("conversation");
    if (found->title_source == "user") co_return *found;
    const auto first = co_await db.fetch_optional<std::string>(
        "SELECT content FROM messages WHERE conversation_id = $1 AND sender = 'user' ORDER BY seq LIMIT 1",
        conversation_id);
    const std::string title = first ? title_from(*first) : "";
    if (title.empty()) co_return *found;
    const auto changed = co_await db.execute("UPDATE conversations SET title = $1, title_source = 'auto', is_fresh = $2"
                                             " WHERE id = $3 AND title_source <> 'user'",
                                             title, false, conversation_id);
    if (changed == 1) {
        found->title = title;
        found->title_source = "auto";
    }
    co_return *found;
}

asio::awaitable<bool> remove(db::Executor& db, const Owner& owner, const Uuid& id)
{
    auto removed = db.execute("DELETE FROM conversations WHERE id = $1 AND tenant_id = $2 AND user_id = $3", id,
                              owner.tenant_id, owner.user_id);
    co_return co_await std::move(removed) == 1;
}

asio::awaitable<bool> clear(db::Executor& db, const Owner& owner, const Uuid& id)
{
    db::Batch batch;
    batch.add("UPDATE conversations SET message_count = 0, preview = '', last_message_at = NULL"
              " WHERE id = $1 AND tenant_id = $2 AND user_id = $3",
              id, owner.tenant_id, owner.user_id);
    batch.add("DELETE FROM messages WHERE conversation_id IN"
              " (SELECT id FROM conversations WHERE id = $1 AND tenant_id = $2 AND user_id = $3)",
              id, owner.tenant_id, owner.user_id);
    auto cleared = db.run(std::move(batch));
    const auto results = co_await std::move(cleared);
    co_return results.at(0).affected() == 1;
}

asio::awaitable<std::uint64_t> remove_empty(db::Executor& db, const Owner& owner, Time before)
{
    return db.execute(
        "DELETE FROM conversations WHERE tenant_id = $1 AND user_id = $2 AND message_count = 0 AND created_at < $3",
        owner.tenant_id, owner.user_id, before);
}

} // namespace trunkline::conversations
