// SPDX-License-Identifier: MIT
#include <crm/interactions.hpp>

#include <crm/audit.hpp>
#include <crm/cases.hpp>
#include <crm/clients.hpp>
#include <crm/id_pages.hpp>
#include <crm/prospects.hpp>
#include <trunkline/db/transaction.hpp>

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

asio::awaitable<void> insert_row(db::Executor& db, Uuid tenant, const Interaction& made)
{
    co_await db.execute(
        "INSERT INTO interactions (id, tenant_id, client_id, case_id, interaction_type, channel, subject, summary,"
        " full_content, direction, team_member, entities, interaction_at, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, $10, $11, $12, $13)",
        made.id, tenant, made.client_id, made.case_id, made.interaction_type, made.channel, made.subject, made.summary,
        made.direction, made.team_member, Json("{}"), made.interaction_at, made.created_at);
}

} // namespace

asio::awaitable<Outcome<Interaction>> create_interaction(db::Executor& db, const Editor& editor,
                                                         const NewInteraction& input, Time now)
{
    auto tx = co_await db.begin();
    if (auto missing = co_await refuse_missing(tx, editor.tenant_id, input.client_id, input.case_id))
        co_return std::move(*missing);
    const Interaction made = interaction_from(input, editor, now);
    co_await insert_row(tx, editor.tenant_id, made);
    co_await touch_last_interaction(tx, editor.tenant_id, made.client_id, made.interaction_at);
    const AuditEntry entry{"created", "interaction", made.id, changes_of_new(made)};
    co_await write_audit(tx, editor, entry, now);
    co_await tx.commit();
    co_return made;
}

asio::awaitable<std::optional<Interaction>> find_interaction(db::Executor& db, const Uuid& tenant, const Uuid& id)
{
    auto sql = select_interactions(tenant);
    sql.add("AND id = $1", id);
    auto found = co_await db.fetch<Interaction>(std::move(sql).build());
    co_return first_of(std::move(found));
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
