// SPDX-License-Identifier: MIT
#include <http/idempotency.hpp>

namespace trunkline::http {

namespace {

constexpr std::chrono::hours kept_for{24};

struct StoredAnswer {
    std::string route, body_hash;
    int status = 0;
    std::optional<std::string> answer;
};
BOOST_DESCRIBE_STRUCT(StoredAnswer, (), (route, body_hash, status, answer))

} // namespace

namespace detail {

IdempotencyKey idempotency_key(const Call& call, Time now)
{
    return {call.actor().tenant_id,  db::to_string(call.actor().user_id),
            *call.idempotency_key(), call.request_line(),
            call.body_hash(),        now};
}

Refusal still_running()
{
    return conflict("The first request with this Idempotency-Key is still running. Repeat it in a moment.");
}

asio::awaitable<std::optional<Refusal>> find_answer(db::Executor& db, const IdempotencyKey& key, Call& call)
{
    const auto stored = co_await db.fetch_optional<StoredAnswer>(
        "SELECT route, body_hash, status, answer FROM idempotency WHERE tenant_id = $1 AND actor = $2 AND key = $3 AND expires_at > $4",
        key.tenant_id, key.actor, key.key, key.now);
    if (!stored) co_return std::nullopt;
    if (stored->route != key.route || stored->body_hash != key.body_hash)
        co_return conflict("This Idempotency-Key was used for another request. Use a fresh one for each new thing.");
    if (!stored->answer) co_return still_running();
    call.answer_again({stored->status, *stored->answer});
    co_return conflict("This request was answered before.");
}

asio::awaitable<bool> claim_key(db::Executor& db, const IdempotencyKey& key)
{
    co_await db.execute("DELETE FROM idempotency WHERE tenant_id = $1 AND actor = $2 AND key = $3 AND expires_at <= $4",
                        key.tenant_id, key.actor, key.key, key.now);
    const auto written = co_await db.execute(
        "INSERT INTO idempotency (tenant_id, actor, key, route, body_hash, status, answer, expires_at) "
        "VALUES ($1, $2, $3, $4, $5, 0, NULL, $6) ON CONFLICT DO NOTHING",
        key.tenant_id, key.actor, key.key, key.route, key.body_hash, Time(key.now + kept_for));
    co_return written == 1;
}

asio::awaitable<void> store_answer(db::Executor& db, const IdempotencyKey& key, const Response& answer)
{
    co_await db.execute(
        "UPDATE idempotency SET status = $4, answer = $5 WHERE tenant_id = $1 AND actor = $2 AND key = $3",
        key.tenant_id, key.actor, key.key, answer.status, answer.body);
}

} // namespace detail

asio::awaitable<std::uint64_t> forget_expired(db::Executor& db, Time now)
{
    return db.execute("DELETE FROM idempotency WHERE expires_at <= $1", now);
}

} // namespace trunkline::http
