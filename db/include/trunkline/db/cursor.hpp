// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/result.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>

namespace trunkline::db {

namespace asio = boost::asio;

struct CursorOptions {
    /// Rows of a batch: what is in memory at a time.
    std::size_t batch_size = 1000;
    /// How long it may be read, from when it was opened. A cursor keeps its transaction open, and so the connection, a
    /// snapshot that the server must not clean up behind, and on SQLite perhaps the one writer (which rolls it back
    /// after a second without a call). Whoever takes longer gets a CommandTimeout from `next()`.
    std::chrono::milliseconds life_limit{60'000};
};

namespace detail {
class OpenCursor; // src/pool/open_cursor.hpp
asio::awaitable<std::optional<Result>> next_batch(std::shared_ptr<OpenCursor> cursor);
asio::awaitable<void> close_cursor(std::shared_ptr<OpenCursor> cursor);
/// What it answered could not be read: it has failed.
void fail_cursor(OpenCursor& cursor) noexcept;
template <class T>
asio::awaitable<std::optional<std::vector<T>>> next_batch_as(std::shared_ptr<OpenCursor> cursor);
} // namespace detail

/// A large result, read in batches, so that only one of them is in memory.
///
///     auto cursor = co_await tx.cursor<Item>("SELECT id, name FROM items ORDER BY id");
///     while (auto batch = co_await cursor.next())
///         for (const Item& item : *batch) …
///
/// A Transaction opens it in itself; between two batches other statements may run there. A Connection opens a read-only
/// transaction for it, which ends with the last row, with `close()` or with the cursor, and until then takes no other
/// statement. There is none on a Pool: it needs a connection of its own, so `acquire()` one or `begin()`.
///
/// Each `next()` takes at most the pool's `command_timeout`. After a failure, after the last row, and after the end of
/// its transaction the cursor is over. Leaving it half read is fine: it is closed in front of the next statement,
/// without a trip of its own.
///
/// Threads: as of the Connection or Transaction it came from.
/// Lifetime: it may outlive both. Without its Transaction it is over; a Connection is given back after its cursors.
template <class T>
class [[nodiscard]] Cursor {
public:
    Cursor(Cursor&& other) noexcept = default;
    Cursor& operator=(Cursor&& other) noexcept = default;

    /// The next rows, `batch_size` of them or what is left; nothing when there are no more. A T is read as in `fetch`.
    /// Throws an Error of the statement, CommandTimeout, ConnectionLost, DecodeError; UsageError once the transaction
    /// is over, or after a failure.
    asio::awaitable<std::optional<std::vector<T>>> next() { return detail::next_batch_as<T>(open_); }

    /// Ends it now, and the transaction that was opened for it.
    asio::awaitable<void> close() { return detail::close_cursor(open_); }

private:
    friend class Connection;
    friend class Transaction;
    explicit Cursor(std::shared_ptr<detail::OpenCursor> open) : open_(std::move(open)) {}

    std::shared_ptr<detail::OpenCursor> open_;
};

// -- Implementation ----------------------------------------------------------

template <class T>
asio::awaitable<std::optional<std::vector<T>>> detail::next_batch_as(std::shared_ptr<OpenCursor> cursor)
{
    std::optional<Result> batch = co_await next_batch(cursor);
    if (!batch) co_return std::nullopt;
    std::vector<T> rows;
    rows.reserve(batch->size());
    try {
        for (std::size_t row = 0; row < batch->size(); ++row) rows.push_back(batch->take<T>(row));
    } catch (...) {
        fail_cursor(*cursor);
        throw;
    }
    co_return rows;
}

} // namespace trunkline::db
