// SPDX-License-Identifier: MIT
#include "open_cursor.hpp"

namespace trunkline::db::detail {

using Clock = std::chrono::steady_clock;

OpenCursor::OpenCursor(std::shared_ptr<Session> session, Session::Level level, std::optional<Transaction> own,
                       SqlText text, CursorOptions options)
    : session_(std::move(session)),
      level_(level),
      own_(std::move(own)),
      text_(std::move(text)),
      options_(options),
      life_end_(after(Clock::now(), options.life_limit))
{}

asio::awaitable<OpenCursor::Self> OpenCursor::open(std::shared_ptr<Session> session, Session::Level level,
                                                   std::optional<Transaction> own, Query query, CursorOptions options)
{
    if (options.batch_size == 0) throw UsageError("a cursor needs a batch_size of 1 at least");
    const SqlText text = query.statements().front().text();
    const Self self(new OpenCursor(session, level, std::move(own), text, options));
    self->number_ = co_await Session::open_cursor(session, level, std::move(query), self->life_end_);
    co_return self;
}

asio::awaitable<std::optional<Result>> OpenCursor::next(Self self)
{
    if (self->state_ == State::read_to_its_end) co_return std::nullopt;
    self->expect_open();
    std::exception_ptr failure;
    Result batch;
    try {
        batch = co_await fetch(self);
        if (batch.size() < self->options_.batch_size) {
            self->state_ = State::read_to_its_end;
            co_await end(self);
        }
    } catch (const UsageError&) {
        throw; // somebody else's turn: the cursor is as it was
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure) {
        self->fail();
        std::rethrow_exception(failure);
    }
    if (batch.empty()) co_return std::nullopt;
    co_return std::move(batch);
}

asio::awaitable<Result> OpenCursor::fetch(Self self)
{
    if (Clock::now() >= self->life_end_) self->refuse_old();
    try {
        co_return co_await Session::fetch(self->session_, self->level_, self->number_, self->text_,
                                          self->options_.batch_size, self->life_end_);
    } catch (const CommandTimeout&) {
        if (Clock::now() < self->life_end_) throw;
    }
    self->refuse_old();
}

asio::awaitable<void> OpenCursor::close(Self self)
{
    if (self->state_ == State::open) self->state_ = State::closed;
    return end(std::move(self));
}

/// Its own transaction has changed nothing; under SERIALIZABLE what was read is true only once it is committed.
asio::awaitable<void> OpenCursor::end(Self self)
{
    std::optional<Transaction> own = std::move(self->own_);
    self->own_.reset();
    if (!own) {
        self->drop();
        co_return;
    }
    if (self->state_ == State::read_to_its_end) co_await own->commit();
    else co_await own->rollback();
}

void OpenCursor::fail() noexcept
{
    drop();
    state_ = State::failed;
}

void OpenCursor::drop() noexcept
{
    own_.reset(); // with its transaction the cursor ends
    if (number_ != 0) Session::drop_cursor(session_, level_, std::exchange(number_, 0));
}

void OpenCursor::expect_open() const
{
    if (state_ == State::closed) throw UsageError("the cursor was closed before");
    if (state_ == State::failed) throw UsageError("the cursor failed before: open another one");
    if (session_->is_over(level_))
        throw UsageError("the cursor is over: the transaction that it was opened in was committed or rolled back");
}

void OpenCursor::refuse_old() const
{
    ErrorInfo info;
    info.message = "the cursor was open for longer than its life limit of " +
                   std::to_string(options_.life_limit.count()) + " ms: read faster, or choose another life_limit";
    info.sqlstate = "57014";
    info.outcome = Outcome::rejected;
    info.statement = text_.on(session_->engine());
    info.place = text_.place();
    throw CommandTimeout(std::move(info));
}

namespace {

std::shared_ptr<OpenCursor> present(std::shared_ptr<OpenCursor> cursor)
{
    if (!cursor) throw UsageError("the cursor was moved away: use what it was moved into");
    return cursor;
}

} // namespace

asio::awaitable<std::optional<Result>> next_batch(std::shared_ptr<OpenCursor> cursor)
{
    return OpenCursor::next(present(std::move(cursor)));
}

asio::awaitable<void> close_cursor(std::shared_ptr<OpenCursor> cursor)
{
    return OpenCursor::close(present(std::move(cursor)));
}

void fail_cursor(OpenCursor& cursor) noexcept { cursor.fail(); }

} // namespace trunkline::db::detail
