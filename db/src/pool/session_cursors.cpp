// SPDX-License-Identifier: MIT
// The cursors of a session: each belongs to one of its transactions and ends with it.
#include "session.hpp"

#include "home.hpp"

#include <boost/asio/dispatch.hpp>

#include <algorithm>

namespace trunkline::db::detail {

namespace {

asio::awaitable<Session::Results> opened(asio::awaitable<std::uint64_t> work, std::shared_ptr<std::uint64_t> cursor)
{
    *cursor = co_await std::move(work);
    co_return Session::Results();
}

asio::awaitable<Session::Results> alone(asio::awaitable<Result> work)
{
    Session::Results results;
    results.push_back(co_await std::move(work));
    co_return results;
}

} // namespace

asio::awaitable<std::uint64_t> Session::open_cursor(Self self, Level level, Query query, Deadline not_after)
{
    if (self->called_from_away(co_await asio::this_coro::executor)) {
        auto work = open_cursor(self, level, std::move(query), not_after);
        co_return co_await at_home(self->slots_, std::move(work));
    }
    const Deadline deadline = self->command_deadline(not_after);
    self->expect_innermost(level);
    self->expect_usable(&query);
    co_await clean(self, deadline);
    self->lease_->holding().statement = query.statements().front().text();
    const auto cursor = std::make_shared<std::uint64_t>();
    auto work = opened(self->driver().open_cursor(std::move(query), deadline), cursor);
    co_await call(self, std::move(work));
    if (!self->has_ended(level)) self->open_[self->depth_of(level) - 1].cursors.push_back(*cursor);
    co_return *cursor;
}

asio::awaitable<Result> Session::fetch(Self self, Level level, std::uint64_t cursor, SqlText statement,
                                       std::size_t rows, Deadline not_after)
{
    if (self->called_from_away(co_await asio::this_coro::executor)) {
        auto work = fetch(self, level, cursor, std::move(statement), rows, not_after);
        co_return co_await at_home(self->slots_, std::move(work));
    }
    const Deadline deadline = self->command_deadline(not_after);
    const Query asked{Statement(statement, {})};
    self->expect_innermost(level);
    self->expect_usable(&asked);
    co_await clean(self, deadline);
    self->lease_->holding().statement = statement;
    auto work = alone(self->driver().fetch(cursor, std::move(statement), rows, deadline));
    Results results = co_await call(self, std::move(work));
    co_return std::move(results.at(0));
}

void Session::drop_cursor(const Self& self, Level level, std::uint64_t cursor) noexcept
{
    if (!self->away_) return self->close_cursor(level, cursor);
    asio::dispatch(self->slots_->home(), [self, level, cursor] { self->close_cursor(level, cursor); });
}

void Session::close_cursor(Level level, std::uint64_t cursor) noexcept
{
    if (has_ended(level) || lease_->slot()->cut || !lease_->slot()->connection) return;
    std::erase(open_[depth_of(level) - 1].cursors, cursor);
    driver().drop_cursor(cursor);
}

} // namespace trunkline::db::detail
