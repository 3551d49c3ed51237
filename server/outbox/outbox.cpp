// SPDX-License-Identifier: MIT
#include <outbox/outbox.hpp>

namespace trunkline::outbox {

asio::awaitable<std::vector<Claimed>> claim(db::Executor& db, std::string topic, Time now, std::chrono::seconds lease,
                                            std::int64_t rows_max)
{
    // The inner SELECT is the same on both engines; PostgreSQL also steps over rows that another process is claiming.
    return db.fetch<Claimed>(
        db::by_engine{
            .postgresql =
                "UPDATE outbox SET lease_token = $1, lease_until = $2, attempts = attempts + 1 WHERE id IN ("
                "SELECT o.id FROM outbox o WHERE o.topic = $3 AND o.done_at IS NULL AND o.dead_at IS NULL"
                " AND o.next_at <= $4 AND (o.lease_until IS NULL OR o.lease_until <= $4)"
                " AND NOT EXISTS (SELECT 1 FROM outbox p WHERE p.topic = o.topic AND p.order_key = o.order_key"
                " AND p.seq < o.seq AND p.done_at IS NULL AND p.dead_at IS NULL)"
                " ORDER BY o.next_at LIMIT $5 FOR UPDATE SKIP LOCKED)"
                " RETURNING id, tenant_id, topic, order_key, seq, payload, attempts, next_at, created_at, lease_token",
            .sqlite =
                "UPDATE outbox SET lease_token = $1, lease_until = $2, attempts = attempts + 1 WHERE id IN ("
                "SELECT o.id FROM outbox o WHERE o.topic = $3 AND o.done_at IS NULL AND o.dead_at IS NULL"
                " AND o.next_at <= $4 AND (o.lease_until IS NULL OR o.lease_until <= $4)"
                " AND NOT EXISTS (SELECT 1 FROM outbox p WHERE p.topic = o.topic AND p.order_key = o.order_key"
                " AND p.seq < o.seq AND p.done_at IS NULL AND p.dead_at IS NULL)"
                " ORDER BY o.next_at LIMIT $5)"
                " RETURNING id, tenant_id, topic, order_key, seq, payload, attempts, next_at, created_at, lease_token"},
        db::new_uuid(), now + lease, topic, now, rows_max);
}

asio::awaitable<bool> finish(db::Executor& db, const Claimed& row, Time now)
{
    const auto done =
        co_await db.execute("UPDATE outbox SET done_at = $1, lease_token = NULL, lease_until = NULL, last_error = NULL"
                            " WHERE id = $2 AND lease_token = $3 AND next_at = $4",
                            now, row.id, row.lease_token, row.next_at);
    if (done == 1) co_return true;
    co_await db.execute("UPDATE outbox SET lease_token = NULL, lease_until = NULL WHERE id = $1 AND lease_token = $2",
                        row.id, row.lease_token);
    co_return false;
}

void add_finish(db::Batch& batch, const Claimed& row, Time now)
{
    batch.add("UPDATE outbox SET done_at = $1, lease_token = NULL, lease_until = NULL, last_error = NULL"
              " WHERE id = $2 AND lease_token = $3",
              now, row.id, row.lease_token);
}

asio::awaitable<void> retry(db::Executor& db, const Claimed& row, Time next_at, std::string error)
{
    co_await db.execute("UPDATE outbox SET next_at = $1, last_error = $2, lease_token = NULL, lease_until = NULL"
                        " WHERE id = $3 AND lease_token = $4",
                        next_at, error, row.id, row.lease_token);
}

asio::awaitable<void> bury(db::Executor& db, const Claimed& row, Time now, std::string error)
{
    co_await db.execute("UPDATE outbox SET dead_at = $1, last_error = $2, lease_token = NULL, lease_until = NULL"
                        " WHERE id = $3 AND lease_token = $4",
                        now, error, row.id, row.lease_token);
}

asio::awaitable<bool> revive(db::Executor& db, const Uuid& tenant, std::string topic, const Uuid& id, Time now)
{
    const auto revived = co_await db.execute("UPDATE outbox SET dead_at = NULL, attempts = 0, next_at = $1"
                                             " WHERE id = $2 AND tenant_id = $3 AND topic = $4 AND dead_at IS NOT NULL",
                                             now, id, tenant, topic);
    co_return revived == 1;
}

asio::awaitable<void> void_all_leases(db::Executor& db)
{
    co_await db.execute("UPDATE outbox SET lease_token = NULL, lease_until = NULL WHERE lease_token IS NOT NULL");
}

namespace {

struct Open {
    std::int64_t count = 0;
    std::optional<Time> oldest, next;
};
BOOST_DESCRIBE_STRUCT(Open, (), (count, oldest, next))

} // namespace

asio::awaitable<Backlog> backlog(db::Executor& db, const Uuid& tenant, std::string topic)
{
    const Uuid tenant_id = tenant;
    const auto open = co_await db.fetch_one<Open>(
        "SELECT count(*) AS count, min(created_at) AS oldest, min(next_at) AS next FROM outbox"
        " WHERE topic = $1 AND tenant_id = $2 AND done_at IS NULL AND dead_at IS NULL",
        topic, tenant_id);
    const auto delivered = co_await db.fetch_value<std::int64_t>(
        "SELECT count(*) FROM outbox WHERE topic = $1 AND tenant_id = $2 AND done_at IS NOT NULL", topic, tenant_id);
    const auto dead = co_await db.fetch_value<std::int64_t>(
        "SELECT count(*) FROM outbox WHERE topic = $1 AND tenant_id = $2 AND dead_at IS NOT NULL", topic, tenant_id);
    const auto errors = co_await db.fetch<std::string>(
        "SELECT last_error FROM outbox WHERE topic = $1 AND tenant_id = $2 AND last_error IS NOT NULL"
        " AND done_at IS NULL AND dead_at IS NULL ORDER BY next_at LIMIT 1",
        topic, tenant_id);
    Backlog found{open.count, delivered, dead, open.oldest, open.next, {}};
    if (!errors.empty()) found.last_error = errors.front();
    co_return found;
}

asio::awaitable<std::vector<DeadLetter>> dead_letters(db::Executor& db, const Uuid& tenant, std::string topic,
                                                      std::int64_t rows_max)
{
    return db.fetch<DeadLetter>(
        "SELECT id, order_key, seq, coalesce(last_error, '') AS last_error, attempts, dead_at FROM outbox"
        " WHERE topic = $1 AND tenant_id = $2 AND dead_at IS NOT NULL ORDER BY dead_at DESC LIMIT $3",
        topic, tenant, rows_max);
}

asio::awaitable<std::uint64_t> forget_delivered(db::Executor& db, Time now)
{
    return db.execute("DELETE FROM outbox WHERE done_at < $1", now - delivered_kept_for);
}

} // namespace trunkline::outbox
