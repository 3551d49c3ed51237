// SPDX-License-Identifier: MIT
#include <crm/prospects.hpp>

#include <crm/audit.hpp>
#include <crm/client_rows.hpp>
#include <trunkline/db/transaction.hpp>

namespace trunkline::crm {

namespace {

Client client_from(const Prospect& prospect, const Editor& editor, Time now)
{
    Client made;
    made.id = db::new_uuid();
    made.full_name = prospect.full_name;
    made.email = prospect.email;
    made.phone = prospect.phone;
    made.whatsapp = prospect.whatsapp;
    made.nationality = prospect.nationality;
    made.first_contact_at = now;
    made.last_interaction_at = now;
    made.created_at = now;
    made.created_by = editor.name;
    return made;
}

asio::awaitable<Client> read_by_email(db::Executor& db, Uuid tenant, std::string email)
{
    auto sql = select_clients(tenant);
    sql.add("AND email = $1", email);
    auto asked = db.fetch<Client>(std::move(sql).build());
    co_return (co_await std::move(asked)).at(0);
}

asio::awaitable<Client> fill_row(db::Executor& db, Uuid tenant, Uuid client, const Learnt& learnt, Time now)
{
    db::SqlBuilder sql(
        "UPDATE clients SET"
        " full_name = CASE WHEN name_is_stand_in OR full_name = '' THEN coalesce($3, full_name) ELSE full_name END,"
        " name_is_stand_in = (name_is_stand_in AND $3 IS NULL),"
        " email = coalesce(email, $4), phone = coalesce(phone, $5), whatsapp = coalesce(whatsapp, $6),"
        " nationality = coalesce(nationality, $7), updated_at = $8"
        " WHERE tenant_id = $1 AND id = $2 RETURNING",
        tenant, client, learnt.full_name, learnt.email, learnt.phone, learnt.whatsapp, learnt.nationality, now);
    sql.add(client_columns);
    auto asked = db.fetch<Client>(std::move(sql).build());
    co_return (co_await std::move(asked)).at(0);
}

asio::awaitable<std::optional<Filled>> fill_once(db::Executor& db, const Editor& editor, Uuid client,
                                                 const Learnt& learnt, Time now)
{
    auto tx = co_await db.begin();
    const auto before = co_await lock_client(tx, editor.tenant_id, client);
    if (!before) co_return std::nullopt;
    Filled filled{co_await fill_row(tx, editor.tenant_id, client, learnt, now), {}};
    const AuditEntry entry{"updated", "client", client, changes_between(*before, filled.client)};
    if (entry.changes.empty()) co_return filled; // and the row is as it was
    for (const auto& change : entry.changes) filled.fields.emplace_back(change.key());
    co_await write_audit(tx, editor, entry, now);
    co_await tx.commit();
    co_return filled;
}

} // namespace

asio::awaitable<ProspectMade> insert_prospect(db::Executor& db, const Editor& editor, const Prospect& prospect,
                                              Time now)
{
    const Client made = client_from(prospect, editor, now);
    auto tx = co_await db.begin();
    if (!co_await insert_client_row(tx, editor.tenant_id, made, prospect.name_is_stand_in))
        co_return ProspectMade{co_await read_by_email(tx, editor.tenant_id, *prospect.email), false};
    const AuditEntry entry{"created", "client", made.id, changes_of_new(made)};
    co_await write_audit(tx, editor, entry, now);
    co_await tx.commit();
    co_return ProspectMade{made, true};
}

asio::awaitable<std::optional<Filled>> fill_empty(db::Executor& db, const Editor& editor, const Uuid& client,
                                                  const Learnt& learnt, Time now)
{
    try {
        co_return co_await fill_once(db, editor, client, learnt, now);
    } catch (const db::UniqueViolation&) {
        // The address is another client's. What else was learnt is not lost for that.
    }
    Learnt others = learnt;
    others.email.reset();
    co_return co_await fill_once(db, editor, client, others, now);
}

void touch_last_interaction(db::Batch& unit, const Uuid& tenant, const Uuid& client, Time at)
{
    unit.add("UPDATE clients SET last_interaction_at = $3, first_contact_at = coalesce(first_contact_at, $3)"
             " WHERE tenant_id = $1 AND id = $2 AND (last_interaction_at IS NULL OR last_interaction_at < $3)",
             tenant, client, at);
}

} // namespace trunkline::crm
