// SPDX-License-Identifier: MIT
#pragma once

#include "postgres/clean_texts.hpp"
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
/// statement without parameters goes by the simple protocol; a unit does not. What a query says of itself
/// (StatementOptions) goes before the options, as far as the session bears it. Rows to copy in go by the simple protocol
/// always, since a pipeline has no COPY: alone, or with SAVEPOINT and RELEASE in the same text.
///
/// What a borrower leaves in the session is reset before the next one is served, in front of his first message: unless
/// nothing but statements ran since the last reset of which the server said that they leave nothing (CleanTexts). A
/// single statement outside of a transaction, with nothing to be sent in front of it, goes the short way of those that
/// share a connection.
///
/// A call that completed at the server although its deadline had passed, or although another error came first, is
/// answered with what the server said.
class PostgresConnection final : public DriverConnection {
public:
    PostgresConnection(asio::any_io_executor executor, std::shared_ptr<Wire> wire, Session session,
                       std::shared_ptr<CleanTexts> clean_texts, const Options& options);
    PostgresConnection(const PostgresConnection&) = delete;
    ~PostgresConnection() override;

    asio::awaitable<std::vector<Result>> run(Query query, Deadline deadline) override;
    asio::awaitable<Beside> run_beside(Query query, Deadline deadline) override;
    bool prefers_beside(const Query& query) const noexcept override;
    void break_off() noexcept override { pipeline_->close(); }
    asio::awaitable<std::uint64_t> open_cursor(Query query, Deadline deadline) override;
    asio::awaitable<Result> fetch(std::uint64_t cursor, SqlText statement, std::size_t rows,
                                  Deadline deadline) override;
    void drop_cursor(std::uint64_t cursor) noexcept override;
    asio::awaitable<void> begin(TransactionOptions options, Deadline deadline) override;
    asio::awaitable<void> commit(Deadline deadline) override;
    asio::awaitable<void> rollback(Deadline deadline) override;
    void mark_for_reset() override;
    void lend() override;
    bool left_state() const noexcept override { return left_state_; }
    asio::awaitable<void> close() override;

    Condition condition() const noexcept override;
    bool alive() noexcept override { return wire_->alive(); }
    std::string server() const override;
    Role role() const noexcept override;
    std::uint64_t queries() const noexcept override { return queries_; }
    std::uint64_t cancelled() const noexcept override { return wire_->stopped(); }

private:
    asio::awaitable<std::vector<Result>> run_query(Query query, Deadline deadline);
    asio::awaitable<std::vector<Result>> run_copy(Query query, Deadline deadline);
    asio::awaitable<Result> run_for_cursor(Statement sent, SqlText shown, Deadline deadline);
    asio::awaitable<void> run_control(std::string text, Deadline deadline);

    void check_ready(Deadline deadline, const Statement* first);
    Trip plan(const Query& query, std::size_t names_max, bool of_a_cursor = false);
    static std::string cursor_name(std::uint64_t cursor) { return "trunkline_cursor_" + std::to_string(cursor); }
    Trip plan_copy(const Query& query);
    void plan_front(Trip& trip);
    void plan_question(Trip& trip, const Statement& statement);
    void note_use(const Statement& statement);
    std::vector<std::string> plan_reset();
    void plan_execution(Trip& trip, std::size_t member, std::string text, std::size_t names_max);
    std::optional<std::string> plan_name(Trip& trip, std::size_t member, const std::string& text,
                                         std::size_t names_max);
    bool make_room(Trip& trip, std::size_t names_max);
    std::size_t names_max(const Query& query) const;
    asio::awaitable<void> make(Trip& trip, Deadline deadline);
    asio::awaitable<void> undo(Trip& trip);
    bool has_savepoint(const Trip& trip) const;
    void learn(Trip& trip);
    bool heals(const Trip& trip);
    [[noreturn]] void fail(const Trip& trip, const Query& query);
    [[noreturn]] void fail_broken(const Trip& trip, const Query& query);

    std::shared_ptr<Wire> wire_;
    std::shared_ptr<Session> session_;
    Options options_;
    std::shared_ptr<StatementCache> cache_;
    std::shared_ptr<Pipeline> pipeline_;
    std::vector<std::string> stale_; ///< forgotten, and still open at the server
    std::shared_ptr<CleanTexts> clean_texts_;
    bool is_lent_ = false;        ///< now and then: it pays to ask
    bool touched_ = false;        ///< something ran since the last reset that is not proved to leave nothing
    bool left_state_ = false;     ///< something ran that certainly left something
    bool prepared_ = false;       ///< a borrower did, with a name of his own
    bool changed_schema_ = false; ///< by something that may not be committed yet
    std::uint64_t revocations_ = 0;
    std::uint64_t last_cursor_ = 0;
    std::vector<std::uint64_t> dropped_cursors_; ///< still open at the server
    bool reset_due_ = false;
    std::uint64_t queries_ = 0;
};

} // namespace trunkline::db::postgres
