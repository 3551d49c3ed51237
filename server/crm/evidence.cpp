// SPDX-License-Identifier: MIT
#include <crm/evidence.hpp>

namespace trunkline::crm {

asio::awaitable<std::vector<Evidence>> list_evidence(db::Executor& db, const Uuid& tenant, const Uuid& client,
                                                     std::optional<Uuid> conversation)
{
    db::SqlBuilder sql(
        "SELECT id, field, value, conversation_id, message_id, message_seq, start_at AS \"start\", end_at AS \"end\", quote,"
        " method, confidence, recorded_at FROM evidence WHERE tenant_id = $1 AND client_id = $2",
        tenant, client);
    if (conversation) sql.add("AND conversation_id = $1", *conversation);
    sql.add("ORDER BY id LIMIT 1000");
    return db.fetch<Evidence>(std::move(sql).build());
}

} // namespace trunkline::crm
