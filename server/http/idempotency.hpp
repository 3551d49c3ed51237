// SPDX-License-Identifier: MIT
#pragma once

#include <http/route.hpp>

#include <base/clock.hpp>
#include <trunkline/db/pool.hpp>

namespace trunkline::http {

/// Does `effect` once for each Idempotency-Key of a user, however often the request is repeated:
///
///     auto save = [&](db::Executor& db) { return messages_.save(db, call.actor(), conversation, *body); };
///     co_return co_await once<Created<Message>>(pool_, clock_, call, save);
///
/// Without a key, or without a user, `effect` runs on the pool. With a key its answer is stored in the transaction of
/// the effect, and for 24 hours a repeat gets that answer byte for byte (the server sends it instead of what the route
/// returns). The same key with another address or body is a conflict, and so is one whose first request still runs.
/// A refusal stores nothing and undoes what `effect` wrote.
///
/// `effect` is called as asio::awaitable<Outcome<T>>(db::Executor&), and lives as long as this call.
template <class T, class Effect>
asio::awaitable<Outcome<T>> once(db::Pool& pool, Clock& clock, Call& call, Effect effect);

/// Deletes the answers whose time is over; says how many.
asio::awaitable<std::uint64_t> forget_expired(db::Executor& db, Time now);

// -- Implementation ----------------------------------------------------------

namespace detail {

/// The row of one key.
struct IdempotencyKey {
    Uuid tenant_id;
    std::string actor, key, route, body_hash;
    Time now;
};
IdempotencyKey idempotency_key(const Call& call, Time now);

/// Nothing when the key is new. Otherwise what the route returns: the stored answer is in the call by then, or it is a
/// conflict.
asio::awaitable<std::optional<Refusal>> find_answer(db::Executor& db, const IdempotencyKey& key, Call& call);
/// Writes the key's row; false when somebody else has.
asio::awaitable<bool> claim_key(db::Executor& db, const IdempotencyKey& key);
asio::awaitable<void> store_answer(db::Executor& db, const IdempotencyKey& key, const Response& answer);
Refusal still_running();

} // namespace detail

template <class T, class Effect>
asio::awaitable<Outcome<T>> once(db::Pool& pool, Clock& clock, Call& call, Effect effect)
{
    if (!call.idempotency_key() || !call.maybe_actor()) co_return co_await effect(pool);
    const detail::IdempotencyKey key = detail::idempotency_key(call, clock.now());
    if (auto known = co_await detail::find_answer(pool, key, call)) co_return std::move(*known);

    auto tx = co_await pool.begin();
    if (co_await detail::claim_key(tx, key)) {
        Outcome<T> outcome = co_await effect(tx);
        if (outcome) {
            co_await detail::store_answer(tx, key, detail::AnswerCodec<T>::write(*outcome));
            co_await tx.commit();
        } else {
            co_await tx.rollback();
        }
        co_return outcome;
    }
    // Somebody was faster with the same key.
    co_await tx.rollback();
    if (auto known = co_await detail::find_answer(pool, key, call)) co_return std::move(*known);
    co_return detail::still_running();
}

} // namespace trunkline::http
