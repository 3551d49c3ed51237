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

asio::awaitable<void> add_evidence(db::Executor& db, const Uuid& tenant, const Uuid& client,
                                   std::vector<Evidence> found, Time now)
{
    if (found.empty()) co_return;
    db::Batch unit;
    for (const Evidence& one : found)
        unit.add(
            "INSERT INTO evidence (id, tenant_id, client_id, field, value, conversation_id, message_id, message_seq,"
            " start_at, end_at, quote, method, confidence, recorded_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
            " ON CONFLICT (tenant_id, client_id, field, message_id, start_at) DO NOTHING",
            db::new_uuid(), tenant, client, one.field, one.value, one.conversation_id, one.message_id, one.message_seq,
            one.start, one.end, one.quote, one.method, one.confidence, now);
    co_await db.run(std::move(unit));
}

asio::awaitable<bool> has_evidence_at(db::Executor& db, const Uuid& tenant, const Uuid& client, std::string field,
                                      const Uuid& message, std::int64_t start)
{
    co_return co_await db.fetch_value<std::int64_t>(
        "SELECT count(*) FROM evidence WHERE tenant_id = $1 AND client_id = $2 AND field = $3 AND message_id = $4"
        " AND start_at = $5",
        tenant, client, field, message, start) > 0;
}

} // namespace trunkline::crm
