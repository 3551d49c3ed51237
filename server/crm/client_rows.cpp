// SPDX-License-Identifier: MIT
#include <crm/client_rows.hpp>

namespace trunkline::crm {

db::SqlBuilder select_clients(const Uuid& tenant)
{
    db::SqlBuilder sql("SELECT");
    sql.add(client_columns);
    sql.add("FROM clients WHERE tenant_id = $1", tenant);
    return sql;
}

asio::awaitable<bool> insert_client_row(db::Executor& db, const Uuid& tenant, const Client& client,
                                        bool name_is_stand_in)
{
    // The unique index decides between two at once: the second waits for the first, and then does nothing.
    auto inserted = db.execute(
        "INSERT INTO clients (id, tenant_id, full_name, name_is_stand_in, email, phone, whatsapp, nationality,"
        " company, status, client_type, assigned_to, notes, tags, first_contact_at, last_interaction_at,"
        " created_at, updated_at, created_by)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $17, $18)"
        " ON CONFLICT (tenant_id, email) WHERE email IS NOT NULL DO NOTHING",
        client.id, tenant, client.full_name, name_is_stand_in, client.email, client.phone, client.whatsapp,
        client.nationality, client.company, client.status, client.client_type, client.assigned_to, client.notes,
        client.tags, client.first_contact_at, client.last_interaction_at, client.created_at, client.created_by);
    co_return co_await std::move(inserted) == 1;
}

} // namespace trunkline::crm
