// SPDX-License-Identifier: MIT
#pragma once

#include "session.hpp"

#include <trunkline/db/cursor.hpp>

namespace trunkline::db::detail {

/// A cursor that was opened in a transaction of a session, perhaps one of its own.
///
/// Once it is over, for whatever reason, the driver is told to drop it, and its own transaction is gone.
class OpenCursor {
public:
    using Self = std::shared_ptr<OpenCursor>;

    /// `own` is the transaction that was begun for it; otherwise it is opened in that of `level`.
    static asio::awaitable<Self> open(std::shared_ptr<Session> session, Session::Level level,
                                      std::optional<Transaction> own, Query query, CursorOptions options);
    OpenCursor(const OpenCursor&) = delete;
    OpenCursor& operator=(const OpenCursor&) = delete;
    ~OpenCursor() { drop(); }

    static asio::awaitable<std::optional<Result>> next(Self self);
    static asio::awaitable<void> close(Self self);
    void fail() noexcept;

private:
    OpenCursor(std::shared_ptr<Session> session, Session::Level level, std::optional<Transaction> own, SqlText text,
               CursorOptions options);

    static asio::awaitable<Result> fetch(Self self);
    static asio::awaitable<void> end(Self self);
    void drop() noexcept;
    void expect_open() const;
    [[noreturn]] void refuse_old() const;

    enum class State { open, read_to_its_end, closed, failed };

    std::shared_ptr<Session> session_;
    Session::Level level_;
    std::optional<Transaction> own_;
    SqlText text_;
    CursorOptions options_;
    Deadline life_end_;
    std::uint64_t number_ = 0; // none yet
    State state_ = State::open;
};

} // namespace trunkline::db::detail
