// SPDX-License-Identifier: MIT
#pragma once

#include "postgres/pipeline.hpp"
#include "postgres/session.hpp"
#include "postgres/statement_cache.hpp"
#include "postgres/trip.hpp"
#include "postgres/wire.hpp"

#include <trunkline/db/options.hpp>

namespace trunkline::db::postgres {

/// One session with a server, or one place behind a pooler.
///
/// Every call is one trip: a reset that was due and the closing of old statements go in front, each with a Sync of its
/// own. A unit is BEGIN … COMMIT under one Sync, or SAVEPOINT … RELEASE within a transaction. With `raw_sql` a single
/// statement without parameters goes by the simple protocol; a unit does not.
///
/// A call that completed at the server although its deadline had passed, or although another error came first, is
/// answered with what the server said.
class PostgresConnection final : public DriverConnection {
public:
    PostgresConnection(asio::any_io_executor executor, std::shared_ptr<Wire> wire, Session session,
                       const Options& options);
    PostgresConnection(const PostgresConnection&) = delete;
    ~PostgresConnection() override;

    asio::awaitable<std::vector<Result>> run(Query query, Deadline deadline) override;
    asio::awaitable<Beside> run_beside(Query query, Deadline deadline) override;
    void break_off() noexcept override { pipeline_->close(); }
    asio::awaitable<void> begin(TransactionOptions options, Deadline deadline) override;
    asio::awaitable<void> commit(Deadline deadline) override;
    asio::awaitable<void> rollback(Deadline deadline) override;
    void mark_for_reset() override { reset_due_ = !session_->pooler; }
    asio::awaitable<void> close() override;

    Condition condition() const noexcept override;
    bool alive() noexcept override { return wire_->alive(); }
    std::uint64_t queries() const noexcept override { return queries_; }
    std::uint64_t cancelled() const noexcept override { return wire_->stopped(); }

private:
    asio::awaitable<std::vector<Result>> run_query(Query query, Deadline deadline);
    asio::awaitable<void> run_control(std::string text, Deadline deadline);

    void check_ready(Deadline deadline, const Statement* first);
    Trip plan(const Query& query, bool named);
    void plan_front(Trip& trip);
    void plan_execution(Trip& trip, std::size_t member, std::string text, bool named);
    std::optional<std::string> plan_name(Trip& trip, std::size_t member, const std::string& text);
    bool make_room(Trip& trip);
    asio::awaitable<void> make(Trip& trip, Deadline deadline);
    asio::awaitable<void> undo(Trip& trip);
    void learn(const Trip& trip);
    bool heals(const Trip& trip);
    [[noreturn]] void fail(const Trip& trip, const Query& query);
    [[noreturn]] void fail_broken(const Trip& trip, const Query& query);

    std::shared_ptr<Wire> wire_;
    std::shared_ptr<Session> session_;
    Options options_;
    std::shared_ptr<StatementCache> cache_;
    std::shared_ptr<Pipeline> pipeline_;
    std::vector<std::string> stale_; ///< forgotten, and still open at the server
    bool reset_due_ = false;
    std::uint64_t queries_ = 0;
};

} // namespace trunkline::db::postgres
