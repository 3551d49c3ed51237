// SPDX-License-Identifier: MIT
#include "connection.hpp"

#include "verb.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace trunkline::db::sqlite {

namespace {

template <class Handler>
void start(const Desk::Self& desk, const CallPtr& call, Handler handler)
{
    // Ending a transaction is never given up half-way: it takes no longer than one flush of the disk.
    auto slot = asio::get_associated_cancellation_slot(handler);
    if (slot.is_connected() && call->kind != Call::Kind::rollback)
        slot.assign([desk, weak = std::weak_ptr(call)](asio::cancellation_type) {
            if (const auto call = weak.lock()) desk->cancel(call);
        });
    call->caller = db::detail::sleeper_for(std::move(handler));
    desk->submit(call);
}

/// Completes when the call is over, also when the caller is cancelled. Owns what it needs: the session may be
/// destroyed meanwhile.
asio::awaitable<std::vector<Result>> await_answer(Desk::Self desk, CallPtr call)
{
    // Plain references only: g++ 12 destroys what a closure inside a co_await owns twice.
    auto initiate = [&desk, &call](auto handler) { start(desk, call, std::move(handler)); };
    co_await asio::async_initiate<const asio::use_awaitable_t<>&, void()>(initiate, asio::use_awaitable);
    // Taken out, so that this thread is the last to hold the exception.
    if (auto failure = std::exchange(call->failure, nullptr)) std::rethrow_exception(std::move(failure));
    co_return std::move(call->results);
}

asio::awaitable<void> await_end(Desk::Self desk, CallPtr call)
{
    co_await await_answer(std::move(desk), std::move(call));
}

std::string named(const Statement& statement)
{
    const auto place = statement.text().place();
    return " (" + std::string(place.file_name()) + ":" + std::to_string(place.line()) + ")";
}

void refuse_unfit(const Statement& statement, Verb verb, bool savepoints_allowed)
{
    if (verb == Verb::transaction)
        throw UsageError(
            "a transaction is begun with begin() and ended with commit() or rollback(), not with SQL text" +
            named(statement));
    if (verb == Verb::changes_a_handle)
        throw UsageError(
            "ATTACH, DETACH and PRAGMAs that change how a handle works are refused: the handles are shared" +
            named(statement));
    if (verb == Verb::savepoint && !savepoints_allowed)
        throw UsageError("a savepoint needs a transaction: use begin()" + named(statement));
}

/// Looks at the texts, refuses what must not run, and decides which thread sees the call first.
CallPtr make_call(const std::shared_ptr<Seat>& seat, Query query, Deadline deadline)
{
    auto call = std::make_shared<Call>(Call::Kind::statements, seat, deadline);
    const bool savepoints_allowed = seat->condition != Condition::idle && !query.is_unit();
    std::size_t asking = 0;
    for (const auto& statement : query.statements()) {
        const Verb verb = verb_of(statement.text().on(Engine::sqlite));
        refuse_unfit(statement, verb, savepoints_allowed);
        if (verb == Verb::asks || verb == Verb::asks_alone) ++asking;
        if (!query.is_unit() && (verb == Verb::asks_alone || verb == Verb::stands_alone))
            call->kind = Call::Kind::stands_alone;
    }
    call->asks = asking == query.statements().size();
    call->query.emplace(std::move(query));
    return call;
}

void refuse_broken(const Seat& seat)
{
    if (seat.condition == Condition::broken)
        throw ConnectionLost({.message = "the connection is closed", .sqlstate = "08003"});
}

asio::awaitable<std::vector<Result>> run_call(Desk::Self desk, std::shared_ptr<Seat> seat, Query query,
                                              Deadline deadline)
{
    refuse_broken(*seat);
    auto call = make_call(seat, std::move(query), deadline);
    co_return co_await await_answer(std::move(desk), std::move(call));
}

asio::awaitable<Beside> run_call_beside(Desk::Self desk, std::shared_ptr<Seat> seat, Query query, Deadline deadline)
{
    refuse_broken(*seat);
    auto call = make_call(seat, std::move(query), deadline);
    auto initiate = [&desk, &call](auto handler) { start(desk, call, std::move(handler)); };
    co_await asio::async_initiate<const asio::use_awaitable_t<>&, void()>(initiate, asio::use_awaitable);
    if (auto failure = std::exchange(call->failure, nullptr)) std::rethrow_exception(std::move(failure));
    Beside answer;
    answer.result = std::move(call->results.front());
    co_return answer;
}

void refuse_without_transaction(const Seat& seat)
{
    refuse_broken(seat);
    if (seat.condition == Condition::idle) throw UsageError("a cursor needs a transaction");
}

asio::awaitable<std::uint64_t> open_cursor_call(Desk::Self desk, std::shared_ptr<Seat> seat, Query query,
                                                std::uint64_t cursor, Deadline deadline)
{
    refuse_without_transaction(*seat);
    const Statement& statement = query.statements().front();
    refuse_unfit(statement, verb_of(statement.text().on(Engine::sqlite)), false);
    auto call = std::make_shared<Call>(Call::Kind::open_cursor, seat, deadline);
    call->query.emplace(std::move(query));
    call->cursor = cursor;
    co_await await_answer(std::move(desk), std::move(call));
    co_return cursor;
}

asio::awaitable<Result> fetch_call(Desk::Self desk, std::shared_ptr<Seat> seat, std::uint64_t cursor, std::size_t rows,
                                   Deadline deadline)
{
    refuse_without_transaction(*seat);
    auto call = std::make_shared<Call>(Call::Kind::fetch, seat, deadline);
    call->cursor = cursor;
    call->rows = rows;
    std::vector<Result> results = co_await await_answer(std::move(desk), std::move(call));
    co_return std::move(results.at(0));
}

asio::awaitable<void> begin_call(Desk::Self desk, std::shared_ptr<Seat> seat, bool read_only, Deadline deadline)
{
    refuse_broken(*seat);
    if (seat->condition != Condition::idle) throw UsageError("the connection is in a transaction already");
    const auto kind = read_only ? Call::Kind::begin_snapshot : Call::Kind::begin;
    auto call = std::make_shared<Call>(kind, seat, deadline);
    co_await await_end(std::move(desk), std::move(call));
}

asio::awaitable<void> commit_call(Desk::Self desk, std::shared_ptr<Seat> seat, Deadline deadline)
{
    refuse_broken(*seat);
    if (seat->condition == Condition::idle) throw UsageError("there is no transaction to commit");
    auto call = std::make_shared<Call>(Call::Kind::commit, seat, deadline);
    co_await await_end(std::move(desk), std::move(call));
}

/// Has no deadline: a transaction that cannot be rolled back would keep everybody waiting.
asio::awaitable<void> rollback_call(Desk::Self desk, std::shared_ptr<Seat> seat)
{
    refuse_broken(*seat);
    if (seat->condition == Condition::idle) co_return;
    auto call = std::make_shared<Call>(Call::Kind::rollback, seat, Deadline::max());
    co_await await_end(std::move(desk), std::move(call));
}

asio::awaitable<void> close_call(Desk::Self desk, std::shared_ptr<Seat> seat)
{
    desk->abandon(seat);
    co_return;
}

} // namespace

asio::awaitable<std::vector<Result>> Connection::run(Query query, Deadline deadline)
{
    return run_call(desk_, seat_, std::move(query), deadline);
}

asio::awaitable<Beside> Connection::run_beside(Query query, Deadline deadline)
{
    return run_call_beside(desk_, seat_, std::move(query), deadline);
}

void Connection::break_off() noexcept
{
    seat_->broken_off = true;
    desk_->abandon(seat_);
}

asio::awaitable<std::uint64_t> Connection::open_cursor(Query query, Deadline deadline)
{
    return open_cursor_call(desk_, seat_, std::move(query), ++last_cursor_, deadline);
}

asio::awaitable<Result> Connection::fetch(std::uint64_t cursor, SqlText, std::size_t rows, Deadline deadline)
{
    return fetch_call(desk_, seat_, cursor, rows, deadline);
}

asio::awaitable<void> Connection::begin(TransactionOptions options, Deadline deadline)
{
    return begin_call(desk_, seat_, options.read_only, deadline);
}

asio::awaitable<void> Connection::commit(Deadline deadline) { return commit_call(desk_, seat_, deadline); }

asio::awaitable<void> Connection::rollback(Deadline) { return rollback_call(desk_, seat_); }

asio::awaitable<void> Connection::close() { return close_call(desk_, seat_); }

} // namespace trunkline::db::sqlite
