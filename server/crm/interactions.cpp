// SPDX-License-Identifier: MIT
#include <crm/interactions.hpp>

#include <crm/audit.hpp>
#include <crm/cases.hpp>
#include <crm/clients.hpp>
#include <crm/id_pages.hpp>
#include <crm/prospects.hpp>
#include <crm/row_reads.hpp>
#include <trunkline/db/transaction.hpp>

#include <boost/json/parse.hpp>

namespace trunkline::crm {

namespace {

db::SqlBuilder select_interactions(const Uuid& tenant)
{
    return db::SqlBuilder(
        "SELECT id, client_id, case_id, conversation_id, interaction_type, channel, subject, summary, direction,"
        " team_member, interaction_at, created_at FROM interactions WHERE tenant_id = $1",
        tenant);
}

Channel channel_of(InteractionType type)
{
    switch (type) {
    case InteractionType::chat: return Channel::web_chat;
    case InteractionType::email: return Channel::email;
    case InteractionType::whatsapp: return Channel::whatsapp;
    case InteractionType::call: return Channel::phone;
    case InteractionType::meeting:
    case InteractionType::note: break;
    }
    return Channel::in_person;
}

Interaction interaction_from(const NewInteraction& input, const Editor& editor, Time now)
{
    Interaction made;
    made.id = db::new_uuid();
    made.client_id = input.client_id;
    made.case_id = input.case_id;
    made.interaction_type = input.interaction_type;
    made.channel = input.channel.value_or(channel_of(input.interaction_type));
    made.subject = input.subject.text();
    made.summary = input.summary.value();
    made.direction = input.direction.value_or(Direction::inbound);
    made.team_member = input.team_member.text().value_or(editor.name);
    made.interaction_at = input.interaction_at.value_or(now);
    made.created_at = now;
    return made;
}

/// Why there cannot be such an interaction.
asio::awaitable<std::optional<Refusal>> refuse_missing(db::Executor& db, Uuid tenant, Uuid client,
                                                       std::optional<Uuid> about)
{
    if (!co_await find_client(db, tenant, client)) co_return not_found("client");
    if (!about) co_return std::nullopt;
    const auto found = co_await find_case(db, tenant, *about);
    if (!found || found->client_id != client) co_return not_found("case");
    co_return std::nullopt;
}

void add_row(db::Batch& unit, const Uuid& tenant, const Interaction& made, const std::string& full_content,
             const json::object& entities)
{
    unit.add("INSERT INTO interactions (id, tenant_id, client_id, case_id, conversation_id, interaction_type, channel,"
             " subject, summary, full_content, direction, team_member, entities, interaction_at, created_at)"
             " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
             made.id, tenant, made.client_id, made.case_id, made.conversation_id, made.interaction_type, made.channel,
             made.subject, made.summary, full_content, made.direction, made.team_member, Json(serialize(entities)),
             made.interaction_at, made.created_at);
}

Interaction interaction_from(const ConversationNote& note, const Editor& editor, Time now)
{
    Interaction made;
    made.id = db::new_uuid();
    made.client_id = note.client_id;
    made.case_id = note.case_id;
    made.conversation_id = note.conversation_id;
    made.interaction_type = note.interaction_type;
    made.channel = note.channel;
    made.subject = note.subject;
    made.summary = note.summary;
    made.team_member = editor.name;
    made.interaction_at = now;
    made.created_at = now;
    return made;
}

/// An interaction with what is too long for a list.
struct WholeInteraction : Interaction {
    std::string full_content;
    Json entities;
};
BOOST_DESCRIBE_STRUCT(WholeInteraction, (Interaction), (full_content, entities))

asio::awaitable<std::optional<WholeInteraction>> kept_before(db::Executor& db, Uuid tenant, Uuid conversation,
                                                             Uuid client)
{
    return db.fetch_optional<WholeInteraction>(
        "SELECT id, client_id, case_id, conversation_id, interaction_type, channel, subject, summary, direction,"
        " team_member, interaction_at, created_at, full_content, entities FROM interactions"
        " WHERE tenant_id = $1 AND conversation_id = $2 AND client_id = $3",
        tenant, conversation, client);
}

bool says_the_same(const ConversationNote& note, const WholeInteraction& before)
{
    return (!note.case_id || note.case_id == before.case_id) && note.summary == before.summary &&
           note.full_content == before.full_content && json::parse(before.entities.text()) == note.entities;
}

/// Writes what the note says anew, and how that differs from before.
void add_change(db::Batch& unit, const Editor& editor, const Interaction& before, const ConversationNote& note,
                Time now)
{
    Interaction after = before;
    if (note.case_id) after.case_id = note.case_id;
    after.summary = note.summary;
    after.interaction_at = now;
    unit.add("UPDATE interactions SET case_id = $3, summary = $4, full_content = $5, entities = $6,"
             " interaction_at = $7 WHERE tenant_id = $1 AND id = $2",
             editor.tenant_id, after.id, after.case_id, after.summary, note.full_content,
             Json(serialize(note.entities)), now);
    add_audit(unit, editor, {"updated", "interaction", after.id, changes_between(before, after)}, now);
}

} // namespace

asio::awaitable<Outcome<Interaction>> create_interaction(db::Executor& db, const Editor& editor,
                                                         const NewInteraction& input, Time now)
{
    auto tx = co_await db.begin();
    if (auto missing = co_await refuse_missing(tx, editor.tenant_id, input.client_id, input.case_id))
        co_return std::move(*missing);
    const Interaction made = interaction_from(input, editor, now);
    db::Batch unit;
    add_row(unit, editor.tenant_id, made, made.summary, {});
    touch_last_interaction(unit, editor.tenant_id, made.client_id, made.interaction_at);
    add_audit(unit, editor, {"created", "interaction", made.id, changes_of_new(made)}, now);
    co_await tx.run(std::move(unit));
    co_await tx.commit();
    co_return made;
}

asio::awaitable<Uuid> keep_conversation(db::Executor& db, const Editor& editor, const ConversationNote& note, Time now)
{
    const auto before = co_await kept_before(db, editor.tenant_id, note.conversation_id, note.client_id);
    db::Batch unit;
    const Interaction made = interaction_from(note, editor, now);
    if (!before) {
        add_row(unit, editor.tenant_id, made, note.full_content, note.entities);
        add_audit(unit, editor, {"created", "interaction", made.id, changes_of_new(made)}, now);
    } else if (!says_the_same(note, *before)) {
        add_change(unit, editor, *before, note, now);
    }
    touch_last_interaction(unit, editor.tenant_id, note.client_id, now);
    co_await db.run(std::move(unit));
    co_return before ? before->id : made.id;
}

asio::awaitable<std::optional<Interaction>> find_conversation_interaction(db::Executor& db, const Uuid& tenant,
                                                                          const Uuid& conversation,
                                                                          std::optional<Uuid> client)
{
    auto sql = select_interactions(tenant);
    sql.add("AND conversation_id = $1", conversation);
    if (client) sql.add("AND client_id = $1", *client);
    sql.add("ORDER BY interaction_at DESC, id DESC LIMIT 1");
    return fetch_only<Interaction>(db, std::move(sql));
}

asio::awaitable<std::optional<Interaction>> find_interaction(db::Executor& db, const Uuid& tenant, const Uuid& id)
{
    auto sql = select_interactions(tenant);
    sql.add("AND id = $1", id);
    return fetch_only<Interaction>(db, std::move(sql));
}

asio::awaitable<http::Page<Interaction>> list_interactions(db::Executor& db, const Uuid& tenant,
                                                           const InteractionFilter& filter)
{
    auto sql = select_interactions(tenant);
    if (filter.client_id) sql.add("AND client_id = $1", *filter.client_id);
    if (filter.case_id) sql.add("AND case_id = $1", *filter.case_id);
    if (filter.interaction_type) sql.add("AND interaction_type = $1", *filter.interaction_type);
    if (filter.after) sql.add("AND id < $1", *filter.after);
    const std::int64_t limit = filter.limit.value();
    sql.add("ORDER BY id DESC LIMIT $1", limit + 1);
    auto asked = db.fetch<Interaction>(std::move(sql).build());
    co_return page_by_id(co_await std::move(asked), limit);
}

} // namespace trunkline::crm
