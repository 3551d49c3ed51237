// SPDX-License-Identifier: MIT
#pragma once

#include "desk.hpp"

namespace trunkline::db::sqlite {

/// A session: it owns no handle, only a place to be answered at and perhaps a transaction.
///
/// Texts that would begin or end a transaction, or change one of the handles for everybody, are refused with a
/// UsageError. Savepoints are taken as plain SQL inside a transaction.
///
/// Threads: the desk's. It may be destroyed while a call runs: the call is stopped, what is
/// open is rolled back.
class Connection final : public DriverConnection {
public:
    explicit Connection(Desk::Self desk) : desk_(std::move(desk)) {}
    ~Connection() override { desk_->abandon(seat_); }

    asio::awaitable<std::vector<Result>> run(Query query, Deadline deadline) override;
    asio::awaitable<Beside> run_beside(Query query, Deadline deadline) override;
    void break_off() noexcept override;
    asio::awaitable<std::uint64_t> open_cursor(Query query, Deadline deadline) override;
    asio::awaitable<Result> fetch(std::uint64_t cursor, SqlText statement, std::size_t rows,
                                  Deadline deadline) override;
    void drop_cursor(std::uint64_t cursor) noexcept override { desk_->database().drop_cursor(*seat_, cursor); }
    asio::awaitable<void> begin(TransactionOptions options, Deadline deadline) override;
    asio::awaitable<void> commit(Deadline deadline) override;
    asio::awaitable<void> rollback(Deadline deadline) override;
    /// Nothing to do: handles are shared, so no session state can be set through a session.
    void mark_for_reset() override {}
    asio::awaitable<void> close() override;

    Condition condition() const noexcept override { return seat_->condition; }
    std::uint64_t queries() const noexcept override { return seat_->queries; }
    std::uint64_t cancelled() const noexcept override { return seat_->cancelled; }

private:
    Desk::Self desk_;
    std::shared_ptr<Seat> seat_ = std::make_shared<Seat>();
    std::uint64_t last_cursor_ = 0;
};

} // namespace trunkline::db::sqlite
