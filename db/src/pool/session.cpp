// SPDX-License-Identifier: MIT
#include "session.hpp"

#include "grouping.hpp"
#include "home.hpp"
#include "report.hpp"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/recycling_allocator.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>

namespace trunkline::db::detail {

using Clock = std::chrono::steady_clock;

namespace {

constexpr auto transaction_over = "the transaction is over: it was committed or rolled back before";
constexpr Session::Level outermost = 1; // of a session that was made for one transaction
constexpr auto another_call = "another call is running on this connection: await it first";

ErrorInfo asked_by(const Query& query, Engine engine)
{
    ErrorInfo info;
    info.place = query.place();
    if (!query.statements().empty()) info.statement = std::string(query.statements().front().text().on(engine));
    return info;
}

/// Here nothing is grouped; what could not be is refused all the same.
void prepare_if_grouped(Query& query, Engine engine)
{
    if (!query.grouped() || query.is_unit()) return;
    prepare_grouped(query, kind_of(query.statements().front().text().on(engine)));
}

asio::awaitable<Session::Results> without_rows(asio::awaitable<void> work)
{
    co_await std::move(work);
    co_return Session::Results();
}

} // namespace

Session::Session(Lease lease, Kind kind)
    : slots_(lease.slots()),
      task_(lease.holding().task),
      hold_(lease.hold()),
      lease_(std::move(lease)),
      kind_(kind),
      engine_(slots_->options().engine)
{}

Session::~Session()
{
    if (!lease_) return;
    auto end = [lease = std::move(*lease_), kind = kind_] {
        const SlotPtr& slot = lease.slot();
        if (kind == Kind::borrowed && !slot->cut && slot->usable()) slot->connection->mark_for_reset();
    };
    if (!away_) {
        end();
        return;
    }
    leave_task();
    asio::dispatch(slots_->home(), std::move(end));
}

/// In memory that the last lease left, if there is some.
Session::Self Session::make(Lease lease, Kind kind)
{
    return std::allocate_shared<Session>(asio::recycling_allocator<Session>(), std::move(lease), kind);
}

Connection Session::connection(Lease lease)
{
    lease.slot()->connection->lend();
    return Connection(make(std::move(lease), Kind::borrowed));
}

// -- Calls ---------------------------------------------------------------------

asio::awaitable<Session::Results> Session::run(Self self, Level level, Query query, std::optional<Deadline> not_after)
{
    if (self->called_from_away(co_await asio::this_coro::executor)) {
        auto work = run(self, level, std::move(query), not_after);
        co_return co_await at_home(self->slots_, std::move(work));
    }
    const Deadline own = query.limit() ? after(Clock::now(), *query.limit()) : Deadline::max();
    const Deadline deadline = self->command_deadline(not_after.value_or(own));
    prepare_if_grouped(query, self->engine_);
    self->expect_innermost(level);
    self->expect_usable(&query);
    if (self->abandoned_ != 0) co_await clean(self, deadline);
    if (const auto statements = self->statement_options()) query.prefer(*statements);
    if (!query.statements().empty()) self->lease_->holding().statement = query.statements().front().text();
    self->told_to_read_ = query.reads_only();
    if (self->driver().prefers_beside(query)) co_return co_await run_beside(self, std::move(query), deadline);
    auto work = self->driver().run(std::move(query), deadline);
    co_return co_await call(self, std::move(work));
}

asio::awaitable<Session::Results> Session::run_read_only(Self self, Query query, Deadline not_after)
{
    TransactionOptions options;
    options.read_only = true;
    const Transaction transaction = co_await begin(self, 0, options, not_after);
    const Level level = self->last_level_;
    Results results = co_await run(self, level, std::move(query), not_after);
    co_await commit(self, level);
    co_return results;
}

asio::awaitable<Transaction> Session::begin(Self self, Level level, TransactionOptions options, Deadline not_after)
{
    if (self->called_from_away(co_await asio::this_coro::executor)) {
        auto work = begin(self, level, options, not_after);
        co_return co_await at_home(self->slots_, std::move(work));
    }
    const Deadline deadline = self->command_deadline(not_after);
    self->expect_innermost(level);
    self->expect_usable(nullptr);
    co_await clean(self, deadline);
    if (self->open_.empty()) {
        if (!options.isolation) options.isolation = self->slots_->options().isolation;
        auto work = without_rows(self->driver().begin(options, deadline));
        self->abandoned_ = 1; // it may have begun on the server even if the call fails
        co_await call(self, std::move(work));
        self->abandoned_ = 0;
    } else {
        co_await control(self, "SAVEPOINT tl_", self->open_.size() + 1, deadline);
    }
    const bool read_only = self->open_.empty() ? options.read_only : self->open_.front().read_only;
    const auto statements = options.statements ? options.statements : self->statement_options();
    self->open_.push_back(Open{++self->last_level_, read_only, {}, {}, statements});
    co_return Transaction(self, self->last_level_);
}

asio::awaitable<void> Session::commit(Self self, Level level)
{
    if (self->called_from_away(co_await asio::this_coro::executor)) {
        auto work = commit(self, level);
        co_return co_await at_home(self->slots_, std::move(work));
    }
    const Deadline deadline = self->command_deadline(Deadline::max());
    self->expect_innermost(level);
    self->expect_usable(nullptr);
    co_await clean(self, deadline);
    std::exception_ptr failure;
    try {
        if (self->open_.size() == 1) {
            auto work = without_rows(self->driver().commit(deadline));
            co_await call(self, std::move(work));
        } else {
            co_await control(self, "RELEASE SAVEPOINT tl_", self->open_.size(), deadline);
        }
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure) {
        self->abandon(level);
        std::rethrow_exception(failure);
    }
    self->committed();
}

asio::awaitable<void> Session::rollback(Self self, Level level)
{
    if (self->called_from_away(co_await asio::this_coro::executor)) {
        auto work = rollback(self, level);
        co_return co_await at_home(self->slots_, std::move(work));
    }
    if (!self->is_open(level)) throw UsageError(transaction_over);
    const SlotPtr slot = self->lease_->slot();
    if (slot->busy()) throw UsageError(another_call);
    self->forget(level);
    try {
        if (!slot->cut && slot->usable()) co_await clean(self, self->command_deadline(Deadline::max()));
    } catch (...) {
        slot->distrusted = true; // closing it rolls back as well
    }
    self->end_of_transaction();
}

/// What was said of the statements of the innermost transaction.
std::optional<StatementOptions> Session::statement_options() const noexcept
{
    return open_.empty() ? std::nullopt : open_.back().statements;
}

void Session::abandon(Level level) noexcept
{
    if (!is_open(level)) return;
    forget(level);
    end_of_transaction();
}

void Session::note_after_commit(Level level, std::function<void()> posted)
{
    if (!is_open(level)) throw UsageError("the transaction is over: nothing will be committed any more");
    open_[depth_of(level) - 1].after_commit.push_back(std::move(posted));
}

// -- From elsewhere ------------------------------------------------------------

bool Session::called_from_away(const asio::any_io_executor& caller) noexcept
{
    if (slots_->is_home(caller)) return false;
    away_ = true;
    return true;
}

/// At once, so that the task may wait for something else in its next line.
void Session::leave_task() const noexcept
{
    if (task_) task_->release(hold_);
}

void Session::let_go(const Self& self, Level level) noexcept
{
    if (!self->away_) return self->abandon(level);
    if (self->kind_ == Kind::passing && level == outermost) self->leave_task();
    asio::dispatch(self->slots_->home(), [self, level] { self->abandon(level); });
}

void Session::after_commit(const Self& self, Level level, std::function<void()> posted)
{
    if (!self->away_) return self->note_after_commit(level, std::move(posted));
    asio::dispatch(self->slots_->home(), [self, level, posted = std::move(posted)]() mutable {
        if (self->is_open(level)) self->note_after_commit(level, std::move(posted));
    });
}

// -- Steps ---------------------------------------------------------------------

/// Rolls back what was destroyed uncommitted.
asio::awaitable<void> Session::clean(Self self, Deadline deadline)
{
    const std::size_t depth = self->abandoned_;
    if (depth == 0) co_return;
    if (depth == 1) {
        if (self->driver().condition() != Condition::idle) {
            auto work = without_rows(self->driver().rollback(deadline));
            co_await call(self, std::move(work));
        }
    } else {
        co_await control(self, "ROLLBACK TO SAVEPOINT tl_", depth, deadline);
        co_await control(self, "RELEASE SAVEPOINT tl_", depth, deadline);
    }
    self->abandoned_ = 0;
    self->expect_usable(nullptr); // the pool may have taken it meanwhile
}

/// The transaction and those inside it are over, and `clean` has to undo them.
void Session::forget(Level level) noexcept
{
    const std::size_t depth = depth_of(level);
    while (open_.size() >= depth) open_.pop_back();
    abandoned_ = abandoned_ == 0 ? depth : std::min(abandoned_, depth);
}

asio::awaitable<Session::Results> Session::control(Self self, std::string sql, std::size_t depth, Deadline deadline)
{
    self->expect_usable(nullptr); // the pool may have taken it during the step before
    const auto text = std::make_shared<const std::string>(std::move(sql) + std::to_string(depth));
    const SqlText statement(text, self->lease_->holding().place);
    Query query{Statement(statement, std::vector<Value>())};
    if (const auto statements = self->statement_options()) query.prefer(*statements);
    auto work = self->driver().run(std::move(query), deadline);
    co_return co_await call(self, std::move(work));
}

/// Runs `work` on the connection so that its caller and the pool can stop it.
asio::awaitable<Session::Results> Session::call(Self self, asio::awaitable<Results> work)
{
    const SlotPtr slot = self->lease_->slot();
    Slot::Holding& holding = self->lease_->holding();
    const Stop stop = std::make_shared<asio::cancellation_signal>();
    holding.turned = Clock::now();
    slot->running = stop; // stays when this coroutine is destroyed in the middle: see Slots::give_back
    auto kept = keep(self, std::move(work));
    std::exception_ptr failure;
    Results results;
    try {
        results = co_await stoppable(stop, std::move(kept));
    } catch (...) {
        failure = std::current_exception();
    }
    const bool cut = slot->cut;
    const auto now = Clock::now();
    self->slots_->note_call(now - holding.turned);
    holding.turned = now;
    if (failure) self->slots_->heard(slot, failure, self->may_write());
    self->slots_->finished(slot);
    if (failure) self->rethrow(cut, failure);
    co_return results;
}

/// The same for a single statement, which the driver's own way of stopping and breaking off serves.
asio::awaitable<Session::Results> Session::run_beside(Self self, Query query, Deadline deadline)
{
    const SlotPtr slot = self->lease_->slot();
    Slot::Holding& holding = self->lease_->holding();
    holding.turned = Clock::now();
    slot->beside = true; // stays when this coroutine is destroyed in the middle: see Slots::give_back
    std::exception_ptr failure;
    Results results;
    try {
        Beside answer = co_await self->driver().run_beside(std::move(query), deadline);
        results.push_back(std::move(answer.result));
    } catch (...) {
        failure = std::current_exception();
    }
    slot->beside = false;
    const auto now = Clock::now();
    self->slots_->note_call(now - holding.turned);
    holding.turned = now;
    if (failure) self->slots_->heard(slot, failure, self->may_write());
    if (failure) self->rethrow(slot->cut, failure);
    co_return results;
}

/// The connection has to outlive what runs on it.
asio::awaitable<Session::Results> Session::keep(Self, asio::awaitable<Results> work)
{
    co_return co_await std::move(work);
}

void Session::rethrow(bool cut, std::exception_ptr failure) const
{
    if (!cut) std::rethrow_exception(failure);
    try {
        std::rethrow_exception(failure);
    } catch (const boost::system::system_error& error) {
        if (error.code() != asio::error::operation_aborted) throw;
    } catch (const ConnectionLost&) { // it was broken off
    }
    ErrorInfo info;
    if (const auto& statement = lease_->holding().statement) {
        info.statement = std::string(statement->on(engine_));
        info.place = statement->place();
    }
    info.outcome = Outcome::unknown;
    throw_pool_closed(std::move(info));
}

void Session::committed()
{
    Open done = std::move(open_.back());
    open_.pop_back();
    if (!open_.empty()) {
        const SlotPtr& slot = lease_->slot();
        if (!slot->cut && slot->connection)
            for (const auto cursor : done.cursors) driver().drop_cursor(cursor); // who has it may not read on
        auto& parents = open_.back().after_commit;
        for (auto& posted : done.after_commit) parents.push_back(std::move(posted));
        return;
    }
    end_of_transaction();
    for (const auto& posted : done.after_commit) posted();
}

void Session::end_of_transaction() noexcept
{
    if (kind_ == Kind::passing && open_.empty() && !lease_->slot()->busy()) lease_.reset();
}

Deadline Session::command_deadline(Deadline not_after) const
{
    if (!lease_) return not_after;
    return std::min(not_after, after(Clock::now(), slots_->options().command_timeout));
}

// -- Rules ---------------------------------------------------------------------

void Session::expect_innermost(Level level) const
{
    if (level != 0 && !is_open(level)) throw UsageError(transaction_over);
    const Level innermost = open_.empty() ? 0 : open_.back().level;
    if (level == innermost) return;
    if (level == 0) throw UsageError("a transaction is open on this connection: run the statement on the transaction");
    throw UsageError("a savepoint of this transaction is open: run the statement on the savepoint, or end it first");
}

void Session::expect_usable(const Query* asked) const
{
    const SlotPtr& slot = lease_->slot();
    if (slot->busy() && !slot->cut) throw UsageError(another_call);
    if (slot->usable() && !slot->cut) return;
    ErrorInfo info = asked ? asked_by(*asked, engine_) : ErrorInfo();
    if (slot->cut) throw_pool_closed(std::move(info));
    throw_connection_lost(std::move(info));
}

bool Session::is_open(Level level) const noexcept
{
    return std::ranges::find(open_, level, &Open::level) != open_.end();
}

std::size_t Session::depth_of(Level level) const noexcept
{
    return static_cast<std::size_t>(std::ranges::find(open_, level, &Open::level) - open_.begin()) + 1;
}

} // namespace trunkline::db::detail
