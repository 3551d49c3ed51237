// SPDX-License-Identifier: MIT
#include <trunkline/db/transaction.hpp>

#include "open_cursor.hpp"

namespace trunkline::db {

namespace {

/// When a call has to be over that is awaited now.
Deadline from_now(std::optional<std::chrono::nanoseconds> limit)
{
    return limit ? detail::after(std::chrono::steady_clock::now(), *limit) : Deadline::max();
}

/// The session of a transaction or connection that was not moved away.
std::shared_ptr<detail::Session> present(const std::shared_ptr<detail::Session>& session)
{
    if (!session) throw UsageError("it was moved away: use what it was moved into");
    return session;
}

} // namespace

// -- Transaction -----------------------------------------------------------------

Transaction::Transaction(std::shared_ptr<detail::Session> session, std::size_t level)
    : session_(std::move(session)), level_(level)
{}

Transaction& Transaction::operator=(Transaction&& other) noexcept
{
    if (this == &other) return *this;
    abandon();
    session_ = std::move(other.session_);
    level_ = other.level_;
    return *this;
}

Transaction::~Transaction() { abandon(); }

void Transaction::abandon() noexcept
{
    if (session_) detail::Session::let_go(session_, level_);
}

asio::awaitable<void> Transaction::commit() { return detail::Session::commit(present(session_), level_); }

asio::awaitable<void> Transaction::rollback() { return detail::Session::rollback(present(session_), level_); }

asio::awaitable<std::vector<Result>> Transaction::do_run(Query query)
{
    return detail::Session::run(present(session_), level_, std::move(query));
}

asio::awaitable<Transaction> Transaction::do_begin(TransactionOptions options,
                                                   std::optional<std::chrono::nanoseconds> limit, std::source_location)
{
    const auto session = present(session_);
    const Deadline not_after = from_now(limit);
    co_return co_await detail::Session::begin(session, level_, options, not_after);
}

asio::awaitable<std::shared_ptr<detail::OpenCursor>> Transaction::open_cursor(Query query, CursorOptions options)
{
    return detail::OpenCursor::open(present(session_), level_, std::nullopt, std::move(query), options);
}

void Transaction::do_after_commit(std::function<void()> posted)
{
    detail::Session::after_commit(present(session_), level_, std::move(posted));
}

Engine Transaction::do_engine() const noexcept { return session_ ? session_->engine() : Engine::sqlite; }

// -- Connection ------------------------------------------------------------------

Connection::Connection(std::shared_ptr<detail::Session> session) : session_(std::move(session)) {}

Connection& Connection::operator=(Connection&& other) noexcept = default;

Connection::~Connection() = default;

asio::awaitable<std::vector<Result>> Connection::do_run(Query query)
{
    return detail::Session::run(present(session_), 0, std::move(query));
}

asio::awaitable<Transaction> Connection::do_begin(TransactionOptions options,
                                                  std::optional<std::chrono::nanoseconds> limit, std::source_location)
{
    const auto session = present(session_);
    const Deadline not_after = from_now(limit);
    co_return co_await detail::Session::begin(session, 0, options, not_after);
}

/// WITH HOLD would spare the transaction, but the server would put the whole result aside first.
asio::awaitable<std::shared_ptr<detail::OpenCursor>> Connection::open_cursor(Query query, CursorOptions options)
{
    const auto session = present(session_);
    Transaction own = co_await begin({.read_only = true}, query.place());
    const auto level = own.level_;
    std::optional<Transaction> kept(std::move(own));
    co_return co_await detail::OpenCursor::open(session, level, std::move(kept), std::move(query), options);
}

void Connection::do_after_commit(std::function<void()> posted) { posted(); }

Engine Connection::do_engine() const noexcept { return session_ ? session_->engine() : Engine::sqlite; }

} // namespace trunkline::db
