// SPDX-License-Identifier: MIT
#include <crm/audit.hpp>

namespace trunkline::crm {

asio::awaitable<void> write_audit(db::Executor& db, const Editor& editor, const AuditEntry& entry, Time now)
{
    db::Batch unit;
    add_audit(unit, editor, entry, now);
    co_await db.run(std::move(unit));
}

void add_audit(db::Batch& unit, const Editor& editor, const AuditEntry& entry, Time now)
{
    unit.add("INSERT INTO audit (id, tenant_id, actor, action, entity, entity_id, changes, at)"
             " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
             db::new_uuid(), editor.tenant_id, editor.actor, entry.action, entry.entity, entry.entity_id,
             Json(serialize(entry.changes)), now);
}

} // namespace trunkline::crm
