// SPDX-License-Identifier: MIT
#include <crm/audit.hpp>

namespace trunkline::crm {

asio::awaitable<void> write_audit(db::Executor& db, const Editor& editor, const AuditEntry& entry, Time now)
{
    const Json changes(serialize(entry.changes));
    auto written = db.execute("INSERT INTO audit (id, tenant_id, actor, action, entity, entity_id, changes, at)"
                              " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                              db::new_uuid(), editor.tenant_id, editor.actor, entry.action, entry.entity,
                              entry.entity_id, changes, now);
    co_await std::move(written);
}

} // namespace trunkline::crm
