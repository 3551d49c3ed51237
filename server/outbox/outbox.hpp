// SPDX-License-Identifier: MIT
#pragma once

#include <base/clock.hpp>
#include <trunkline/db/executor.hpp>

#include <boost/describe/class.hpp>

namespace trunkline::outbox {

using db::Uuid;

/// A row that this worker has claimed: nobody else works on it until the lease runs out.
struct Claimed {
    Uuid id;
    Uuid tenant_id;
    std::string topic;
    Uuid order_key;
    std::int64_t seq = 0;
    std::string payload;
    std::int64_t attempts = 0; ///< this one included
    Time next_at;
    Time created_at;
    Uuid lease_token;
};
BOOST_DESCRIBE_STRUCT(Claimed, (),
                      (id, tenant_id, topic, order_key, seq, payload, attempts, next_at, created_at, lease_token))

/// A row that was given up.
struct DeadLetter {
    Uuid id;
    Uuid order_key;
    std::int64_t seq = 0;
    std::string last_error;
    std::int64_t attempts = 0;
    Time dead_at;
};
BOOST_DESCRIBE_STRUCT(DeadLetter, (), (id, order_key, seq, last_error, attempts, dead_at))

/// How a topic stands.
struct Backlog {
    std::int64_t open = 0;
    std::int64_t delivered = 0; ///< of the last 30 days
    std::int64_t dead = 0;
    std::optional<Time> oldest_open_at;
    std::optional<Time> next_attempt_at;
    std::optional<std::string> last_error;
};

inline constexpr std::chrono::hours delivered_kept_for{30 * 24};

/// Claims up to `rows_max` rows of a topic that are due: of each order_key only the first that is still open, so that
/// order is kept. A row whose lease ran out is claimed again.
asio::awaitable<std::vector<Claimed>> claim(db::Executor& db, std::string topic, Time now, std::chrono::seconds lease,
                                            std::int64_t rows_max);

/// The work is done. False when the lease was lost, or the row was moved to a later time meanwhile (there is more to
/// do: see extraction's row): then the row stays open and free.
asio::awaitable<bool> finish(db::Executor& db, const Claimed& row, Time now);

/// Adds `finish` to a unit, for many rows at once: a row whose lease was lost stays as it is.
void add_finish(db::Batch& batch, const Claimed& row, Time now);

/// The work failed and is due again at `next_at`.
asio::awaitable<void> retry(db::Executor& db, const Claimed& row, Time next_at, std::string error);

/// The work cannot succeed: the row becomes a dead letter and no longer holds up those behind it.
asio::awaitable<void> bury(db::Executor& db, const Claimed& row, Time now, std::string error);

/// Puts a dead letter back in its place, due now. False when it is none of this tenant's and topic's.
asio::awaitable<bool> revive(db::Executor& db, const Uuid& tenant, std::string topic, const Uuid& id, Time now);

/// On SQLite, where one process owns the file: whatever was leased when the last process died is free again.
asio::awaitable<void> void_all_leases(db::Executor& db);

asio::awaitable<Backlog> backlog(db::Executor& db, const Uuid& tenant, std::string topic);
asio::awaitable<std::vector<DeadLetter>> dead_letters(db::Executor& db, const Uuid& tenant, std::string topic,
                                                      std::int64_t rows_max);

/// Forgets rows delivered more than 30 days ago.
asio::awaitable<std::uint64_t> forget_delivered(db::Executor& db, Time now);

} // namespace trunkline::outbox
