// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/executor.hpp>

namespace trunkline::db {

/// A view of an executor whose statements may be grouped with those of strangers under one Sync, and then are one
/// transaction at the server: several times as many statements a second, and an error somewhere in a group costs its
/// members a second trip. Use it within one expression:
///
///     auto item = co_await db::grouped(pool).fetch_one<Item>("SELECT id, name FROM items WHERE id = $1", id);
///     co_await db::grouped(pool).execute("INSERT INTO visits (id, page) VALUES ($1, $2)", db::new_uuid(), page);
///
/// Two kinds of statements can be grouped; any other is a UsageError that names its place:
///
/// - reads: a SELECT or VALUES that locks nothing. The server refuses it anything else: a function that writes fails
///   with 25006, grouped or not.
/// - a single-row `INSERT … VALUES` without ON CONFLICT, into a table without deferred constraints and without triggers
///   that NOTIFY or wait. That a table is so is what the caller says by calling it grouped.
///
/// Every caller gets exactly his own answer, and none before the whole group is committed. When anything in a group
/// fails, nothing of it remains, and every member is run again alone: so an error is always one's own. When the
/// connection is lost after a group was sent, the outcome is `unknown` for all of it, and nothing is run again.
/// Members of a group share `now()` and wait for the slowest of them; a member that passes its deadline, or is
/// cancelled, stops the group, and the others are run again.
///
/// Nothing is grouped where it would be wrong or of no use: inside a transaction, on a connection of one's own, behind
/// a transaction pooler, with `sharing=false`, where the server's own isolation is serializable, and on engines other
/// than PostgreSQL (SQLite's writer groups by itself). The statement then runs as any other.
class Grouped final : public Executor {
public:
    explicit Grouped(Executor& inner) : inner_(&inner) {}

private:
    asio::awaitable<std::vector<Result>> do_run(Query query) override;
    asio::awaitable<Transaction> do_begin(TransactionOptions options, std::optional<std::chrono::nanoseconds> limit,
                                          std::source_location place) override;
    void do_after_commit(std::function<void()> posted) override { inner_->do_after_commit(std::move(posted)); }
    Engine do_engine() const noexcept override { return inner_->do_engine(); }

    Executor* inner_;
};

inline Grouped grouped(Executor& executor) { return Grouped(executor); }

} // namespace trunkline::db
