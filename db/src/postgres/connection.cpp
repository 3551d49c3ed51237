// SPDX-License-Identifier: MIT
#include "postgres/connection.hpp"

#include "postgres/encoding.hpp"
#include "postgres/refusal.hpp"

#include <cstdio>
#include <random>

namespace trunkline::db::postgres {

using namespace std::chrono_literals;

namespace {

constexpr auto undo_limit = 2s; // for the ROLLBACK after a unit that failed

/// What the server said to a question of ours.
std::optional<bool> read_answer(const Step& step)
{
    if (step.failed() || PQntuples(step.reply.get()) != 1) return std::nullopt;
    return std::string_view(PQgetvalue(step.reply.get(), 0, 0)) == "t";
}

/// Somebody in between may, against what was said of him, lend our servers to others of our kind: then two of them must
/// never give one name to two texts.
std::string name_prefix(const Session& session)
{
    if (!session.between) return "trunkline_";
    std::random_device random;
    char prefix[64];
    std::snprintf(prefix, sizeof prefix, "trunkline_%08x%08x_", random(), random());
    return prefix;
}

/// What a server says when a name is not ours: another server, or somebody else's doing.
bool is_about_names(std::string_view state) { return state == "26000" || state == "42P05"; }

} // namespace

PostgresConnection::PostgresConnection(asio::any_io_executor executor, std::shared_ptr<Wire> wire, Session session,
                                       std::shared_ptr<CleanTexts> clean_texts, const Options& options)
    : wire_(std::move(wire)),
      session_(std::make_shared<Session>(std::move(session))),
      options_(options),
      cache_(std::make_shared<StatementCache>(options.statement_cache_size, name_prefix(*session_))),
      pipeline_(Pipeline::make(std::move(executor), {wire_, cache_, session_})),
      clean_texts_(std::move(clean_texts)),
      revocations_(clean_texts_->revocations())
{}

PostgresConnection::~PostgresConnection() = default;

Condition PostgresConnection::condition() const noexcept
{
    if (wire_->broken()) return Condition::broken;
    switch (wire_->transaction()) {
    case PQTRANS_IDLE: return Condition::idle;
    case PQTRANS_INTRANS: return Condition::in_transaction;
    case PQTRANS_INERROR: return Condition::in_failed_transaction;
    case PQTRANS_ACTIVE:
    case PQTRANS_UNKNOWN: break;
    }
    return Condition::broken;
}

std::string PostgresConnection::server() const
{
    PGconn* const connection = wire_->native();
    const auto said = [](const char* text) { return std::string(text ? text : ""); };
    const std::string host = said(PQhost(connection)), address = said(PQhostaddr(connection));
    const std::string name = host + ":" + said(PQport(connection));
    return address.empty() || address == host ? name : name + " (" + address + ")";
}

/// PostgreSQL 14 and later say both unasked, and say it again when it changes; a pooler repeats what it once heard.
Role PostgresConnection::role() const noexcept
{
    const char* const standby = PQparameterStatus(wire_->native(), "in_hot_standby");
    const char* const read_only = PQparameterStatus(wire_->native(), "default_transaction_read_only");
    if (session_->pooler || !standby || !read_only) return Role::unknown;
    if (std::string_view(standby) == "on") return Role::standby;
    return std::string_view(read_only) == "on" ? Role::read_only : Role::primary;
}

// -- The calls ---------------------------------------------------------------

asio::awaitable<std::vector<Result>> PostgresConnection::run(Query query, Deadline deadline)
{
    auto work = query.rows() ? run_copy(std::move(query), deadline) : run_query(std::move(query), deadline);
    return on_its_own_terms(std::move(work));
}

asio::awaitable<Beside> PostgresConnection::run_beside(Query query, Deadline deadline)
{
    if (!pipeline_->busy()) check_ready(deadline, &query.statements().front());
    ++queries_;
    if (std::exchange(reset_due_, false))
        for (auto& text : plan_reset()) pipeline_->put_in_front(std::move(text), true);
    note_use(query.statements().front());
    for (auto& name : std::exchange(stale_, {})) pipeline_->put_in_front("DEALLOCATE " + name, false);
    return Pipeline::run(pipeline_, std::move(query), deadline);
}

bool PostgresConnection::prefers_beside(const Query& query) const noexcept
{
    if (query.is_unit() || query.statements().empty() || options_.raw_sql || reset_due_ || !stale_.empty())
        return false;
    if (query.options() && query.options()->raw_sql && query.statements().front().parameters().empty()) return false;
    if (wire_->broken() || wire_->transaction() != PQTRANS_IDLE || pipeline_->busy()) return false;
    const std::string_view text = query.statements().front().text().on(Engine::postgresql);
    const auto* known = clean_texts_->find(text);
    if (!known || !known->plain) return false;
    return !is_lent_ || !clean_texts_->wants_to_ask(*known, std::chrono::steady_clock::now());
}

void PostgresConnection::mark_for_reset()
{
    if (session_->pooler) return;
    if (touched_ || revocations_ != clean_texts_->revocations()) reset_due_ = true;
}

void PostgresConnection::lend()
{
    is_lent_ = !session_->pooler;
    mark_for_reset();
}

asio::awaitable<void> PostgresConnection::begin(TransactionOptions options, Deadline deadline)
{
    auto work = run_control(begin_text(options, session_->default_isolation), deadline);
    return on_its_own_terms(std::move(work));
}

asio::awaitable<void> PostgresConnection::commit(Deadline deadline)
{
    auto work = run_control("COMMIT", deadline);
    return on_its_own_terms(std::move(work));
}

asio::awaitable<void> PostgresConnection::rollback(Deadline deadline)
{
    auto work = run_control("ROLLBACK", deadline);
    return on_its_own_terms(std::move(work));
}

asio::awaitable<void> PostgresConnection::close()
{
    pipeline_->close();
    auto work = wire_->close();
    return on_its_own_terms(std::move(work));
}

asio::awaitable<std::vector<Result>> PostgresConnection::run_query(Query query, Deadline deadline)
{
    std::vector<Result> results;
    if (query.statements().empty()) co_return results;
    check_ready(deadline, &query.statements().front());
    queries_ += query.statements().size();
    Trip trip = plan(query, names_max(query));
    co_await make(trip, deadline);
    if (heals(trip)) {
        trip = plan(query, 0);
        co_await make(trip, deadline);
    }
    if (wire_->broken() || trip.failure()) fail(trip, query);
    for (const Step& step : trip.main)
        if (step.member && step.kind != Step::Kind::prepare)
            results.push_back(read_result(step.reply.get(), query.statements()[*step.member], wire_->column_lists()));
    if (trip.why == Interruption::cancelled) throw_cancelled();
    co_return results;
}

asio::awaitable<std::vector<Result>> PostgresConnection::run_copy(Query query, Deadline deadline)
{
    check_ready(deadline, &query.statements().front());
    check_rows(*query.rows(), query.statements().front());
    ++queries_;
    Trip trip = plan_copy(query);
    co_await make(trip, deadline);
    if (wire_->broken() || trip.failure()) fail(trip, query);
    if (trip.why == Interruption::cancelled) throw_cancelled();
    std::vector<Result> results;
    results.emplace_back(std::vector<std::string>(), std::vector<Value>(), trip.copied);
    co_return results;
}

// -- Cursors -------------------------------------------------------------------

asio::awaitable<std::uint64_t> PostgresConnection::open_cursor(Query query, Deadline deadline)
{
    const Statement& asked = query.statements().front();
    const std::uint64_t cursor = ++last_cursor_;
    std::string text = "DECLARE " + cursor_name(cursor) + " NO SCROLL CURSOR FOR ";
    text += text_of(asked);
    Statement declaration(SqlText(std::make_shared<const std::string>(text), asked.text().place()), asked.parameters());
    auto work = run_for_cursor(std::move(declaration), asked.text(), deadline);
    co_await on_its_own_terms(std::move(work));
    co_return cursor;
}

asio::awaitable<Result> PostgresConnection::fetch(std::uint64_t cursor, SqlText statement, std::size_t rows,
                                                  Deadline deadline)
{
    const std::string text = "FETCH " + std::to_string(rows) + " FROM " + cursor_name(cursor);
    Statement fetching(SqlText(std::make_shared<const std::string>(text), statement.place()), {});
    auto work = run_for_cursor(std::move(fetching), statement, deadline);
    return on_its_own_terms(std::move(work));
}

void PostgresConnection::drop_cursor(std::uint64_t cursor) noexcept { dropped_cursors_.push_back(cursor); }

/// Never by name: each cursor has a text of its own, and the columns that a FETCH answers are its cursor's.
asio::awaitable<Result> PostgresConnection::run_for_cursor(Statement sent, SqlText shown, Deadline deadline)
{
    const Query asked{Statement(std::move(shown), {})};
    const Query query(std::move(sent));
    check_ready(deadline, &asked.statements().front());
    ++queries_;
    Trip trip = plan(query, 0, true);
    co_await make(trip, deadline);
    if (wire_->broken() || trip.failure()) fail(trip, asked);
    if (trip.why == Interruption::cancelled) throw_cancelled();
    co_return read_result(trip.main.back().reply.get(), asked.statements().front(), wire_->column_lists());
}

asio::awaitable<void> PostgresConnection::run_control(std::string text, Deadline deadline)
{
    check_ready(deadline, nullptr);
    Trip trip;
    plan_front(trip);
    trip.main.push_back(text_step(text));
    co_await make(trip, deadline);
    const SqlText control(std::make_shared<const std::string>(text), std::source_location());
    const Query query(Statement(control, {}));
    if (wire_->broken() || trip.failure()) fail(trip, query);
    // What is committed is, and what was to be done after it has to be.
    if (trip.why == Interruption::cancelled && text != "COMMIT") throw_cancelled();
    if (text == "COMMIT" && std::string_view(PQcmdStatus(trip.main[0].reply.get())) == "ROLLBACK") {
        ErrorInfo info;
        info.message = "the transaction had failed before and was rolled back";
        info.sqlstate = "25P02";
        info.outcome = Outcome::rejected;
        throw_error(std::move(info));
    }
}

/// Refuses what would not reach the server, or would reach it too late.
void PostgresConnection::check_ready(Deadline deadline, const Statement* first)
{
    ErrorInfo info;
    if (first) describe_statement(info, *first);
    if (!wire_->alive()) {
        info.message = "the connection to the database was closed";
        info.sqlstate = wire_->farewell().empty() ? "08006" : wire_->farewell();
        throw ConnectionLost(std::move(info));
    }
    if (std::chrono::steady_clock::now() < deadline) return;
    info.message = "the deadline had passed before the statement was sent";
    info.sqlstate = "57014";
    throw CommandTimeout(std::move(info));
}

// -- The trip ----------------------------------------------------------------

asio::awaitable<void> PostgresConnection::make(Trip& trip, Deadline deadline)
{
    // The simple protocol has no place for something in front: that is a trip of its own then.
    Exchange front, main;
    for (Block* block : {&trip.reset, &trip.evictions, &trip.asking})
        if (!block->empty()) (trip.simple ? front : main).blocks.push_back(block);
    for (Exchange* exchange : {&front, &main}) exchange->own_blocks = exchange->blocks.size();
    main.blocks.push_back(&trip.main);
    main.simple = trip.simple;
    std::optional<CopyText> rows;
    if (trip.rows) main.rows = &rows.emplace(*trip.rows);
    if (!front.blocks.empty()) {
        trip.why = co_await wire_->exchange(front, deadline);
        learn(trip);
        if (wire_->broken() || trip.why != Interruption::none) co_return;
    }
    trip.why = co_await wire_->exchange(main, deadline);
    trip.copied = main.copied;
    learn(trip);
    const bool may_remain = trip.unit || trip.rows;
    if (!wire_->broken() && may_remain && trip.failure()) co_await undo(trip);
}

/// Draws the conclusions that outlive the call.
void PostgresConnection::learn(Trip& trip)
{
    for (const Step& step : trip.main)
        if (step.kind == Step::Kind::prepare && step.failed()) cache_->forget(step.name);
    if (const Step* failed = trip.failure(); failed && trip.named && failed->reply) {
        const std::string state = state_of(failed->reply.get());
        // Once a name proved to be another's, or to be left on another server, there are no more.
        if (is_about_names(state)) cache_->forget_all();
        if (state == "42P05" || (state == "26000" && session_->between)) cache_->give_up();
    }
    if (trip.question) clean_texts_->answered(*std::exchange(trip.question, std::nullopt), read_answer(trip.asking[0]));
    if (touched_) {
        left_state_ = left_state_ || trip.left_state();
        prepared_ = prepared_ || trip.prepared();
        changed_schema_ = changed_schema_ || trip.changed_schema();
    }
    if (changed_schema_ && wire_->transaction() != PQTRANS_INTRANS) {
        clean_texts_->distrust();
        changed_schema_ = false;
    }
    if (trip.reset.empty()) return;
    // A session that is not proved clean is nobody's: what ran on it is not believed.
    if (trip.reset_failed()) wire_->give_up();
    else reset_due_ = false;
}

/// Leaves a unit that failed as if it had never begun. What the server says afterwards is the truth.
asio::awaitable<void> PostgresConnection::undo(Trip& trip)
{
    const bool gave_up = co_await was_cancelled();
    if (gave_up) trip.why = Interruption::cancelled;
    co_await ignore_cancellation();
    Block undoing;
    if (trip.began_idle) {
        if (wire_->transaction() == PQTRANS_IDLE) co_return;
        undoing.push_back(text_step("ROLLBACK"));
    } else {
        if (!has_savepoint(trip)) co_return;
        undoing.push_back(text_step("ROLLBACK TO trunkline_unit"));
        undoing.push_back(text_step("RELEASE trunkline_unit"));
    }
    Exchange exchange;
    exchange.blocks.push_back(&undoing);
    co_await wire_->exchange(exchange, std::chrono::steady_clock::now() + undo_limit);
    const auto wanted = trip.began_idle ? PQTRANS_IDLE : PQTRANS_INTRANS;
    if (wire_->transaction() != wanted) wire_->give_up();
}

/// Whether a unit that failed in a transaction got as far as its savepoint.
bool PostgresConnection::has_savepoint(const Trip& trip) const
{
    return trip.rows ? !trip.began_failed : !trip.main.front().failed();
}

/// True when the call failed only because of its name: the server does not know it (26000: somebody deallocated it, or
/// a pooler changed the server), knows another of that name (42P05: a pooler), or its columns changed (0A000). Outside
/// a transaction nothing of the call remains, so it can be made again without a name.
bool PostgresConnection::heals(const Trip& trip)
{
    const Step* failed = trip.failure();
    if (wire_->broken() || !failed || !trip.named || !trip.began_idle || trip.why != Interruption::none) return false;
    if (wire_->transaction() != PQTRANS_IDLE) return false;
    const std::string state = state_of(failed->reply.get());
    if (state == "0A000" && failed->kind == Step::Kind::prepared) {
        cache_->forget(failed->name);
        stale_.push_back(failed->name);
        return true;
    }
    return is_about_names(state);
}

// -- Failing -----------------------------------------------------------------

void PostgresConnection::fail(const Trip& trip, const Query& query)
{
    if (trip.why == Interruption::cancelled) throw_cancelled();
    if (wire_->broken()) fail_broken(trip, query);
    const Step& failed = *trip.failure();
    ErrorInfo info;
    if (failed.reply) info = describe_refusal(failed.reply.get());
    else info.sqlstate = "57014"; // stopped before it was sent
    describe_statement(info, query.statements()[failed.member.value_or(0)]);
    if (trip.unit) info.index = failed.member;
    if (trip.rows) info.index = row_named_by(failed.reply.get(), *trip.rows);
    if (trip.why == Interruption::deadline && info.sqlstate == "57014")
        info.message = "the statement ran past its deadline and was stopped";
    throw_error(std::move(info));
}

void PostgresConnection::fail_broken(const Trip& trip, const Query& query)
{
    const Step* failed = trip.failure();
    ErrorInfo info;
    if (failed && failed->reply) info = describe_refusal(failed->reply.get());
    describe_statement(info, query.statements().front());
    info.outcome = Outcome::unknown;
    if (trip.why == Interruption::deadline) {
        info.message = "the statement ran past its deadline and the server did not say what became of it";
        info.sqlstate = "57014";
        throw CommandTimeout(std::move(info));
    }
    if (failed && !trip.rows && is_copy(failed->reply.get())) {
        info.message = "COPY is not possible in a statement";
        info.sqlstate = "0A000";
        info.outcome = Outcome::rejected;
        throw_error(std::move(info));
    }
    if (trip.reset_failed()) info.message = "the session could not be cleaned of what its last user left";
    if (info.message.empty()) info.message = "the connection to the database was lost";
    if (info.sqlstate.empty()) info.sqlstate = wire_->farewell().empty() ? "08006" : wire_->farewell();
    throw ConnectionLost(std::move(info));
}

} // namespace trunkline::db::postgres
