// SPDX-License-Identifier: MIT
// What a call sends.
#include "postgres/connection.hpp"

#include "postgres/encoding.hpp"

namespace trunkline::db::postgres {

/// How many names the call may have on this connection: none where they are not safe.
std::size_t PostgresConnection::names_max(const Query& query) const
{
    if (session_->unnamed) return 0;
    return query.options() ? query.options()->names_max() : cache_->capacity();
}

Trip PostgresConnection::plan(const Query& query, std::size_t names_max, bool of_a_cursor)
{
    Trip trip;
    cache_->next_trip();
    trip.unit = query.is_unit();
    const auto& statements = query.statements();
    std::vector<std::string> texts;
    for (const Statement& statement : statements) {
        texts.emplace_back(text_of(statement));
        trip.parameters.push_back(encode(statement));
    }
    const bool raw_sql = query.options() ? query.options()->raw_sql : options_.raw_sql;
    trip.simple = raw_sql && !trip.unit && !query.grouped() && statements[0].parameters().empty();
    plan_front(trip);
    touched_ = touched_ || of_a_cursor; // each of its texts is its own, and not worth knowing
    for (const Statement& statement : statements) {
        if (of_a_cursor) break;
        plan_question(trip, statement);
        note_use(statement);
    }
    if (trip.unit) {
        TransactionOptions own;
        own.isolation = options_.isolation;
        trip.main.push_back(
            text_step(trip.began_idle ? begin_text(own, session_->default_isolation) : "SAVEPOINT trunkline_unit"));
    }
    const bool told_to_read = query.reads_only() && trip.began_idle;
    if (told_to_read) trip.main.push_back(text_step(read_only_text));
    const bool echoes = session_->echoes && (told_to_read || statements.size() > 1);
    for (std::size_t member = 0; member < statements.size(); ++member) {
        if (echoes) trip.main.push_back(echo_step(wire_->next_echo()));
        plan_execution(trip, member, std::move(texts[member]), trip.simple ? 0 : names_max);
    }
    if (trip.unit) trip.main.push_back(text_step(trip.began_idle ? "COMMIT" : "RELEASE trunkline_unit"));
    return trip;
}

Trip PostgresConnection::plan_copy(const Query& query)
{
    Trip trip;
    trip.simple = true;
    trip.rows = query.rows();
    plan_front(trip);
    touched_ = true; // triggers and defaults can leave something
    std::string text(text_of(query.statements().front()));
    if (!trip.began_idle) text = "SAVEPOINT trunkline_unit; " + text + "; RELEASE trunkline_unit";
    trip.main.push_back(text_step(std::move(text)));
    trip.main.back().member = 0;
    trip.began_failed = wire_->transaction() == PQTRANS_INERROR;
    return trip;
}

/// By name when there is a name for it or room for one; otherwise unnamed.
void PostgresConnection::plan_execution(Trip& trip, std::size_t member, std::string text, std::size_t names_max)
{
    Step execution;
    execution.member = member;
    execution.parameters = &trip.parameters[member];
    if (const auto name = plan_name(trip, member, text, names_max)) {
        execution.kind = Step::Kind::prepared;
        execution.name = *name;
        trip.named = true;
    }
    execution.text = std::move(text);
    trip.main.push_back(std::move(execution));
}

std::optional<std::string> PostgresConnection::plan_name(Trip& trip, std::size_t member, const std::string& text,
                                                         std::size_t names_max)
{
    if (names_max == 0) return std::nullopt;
    const StatementKey key = key_of(text, trip.parameters[member]);
    if (auto known = cache_->find(key)) return known;
    if (!make_room(trip, names_max)) return std::nullopt;
    Step preparation;
    preparation.kind = Step::Kind::prepare;
    preparation.member = member;
    preparation.parameters = &trip.parameters[member];
    preparation.name = cache_->add(key);
    preparation.text = text;
    trip.main.push_back(std::move(preparation));
    return trip.main.back().name;
}

/// Old statements are closed in front of the call and only when nothing is open, under a Sync of their own: closing
/// one that is gone already is an error, which must not touch the caller's work. Who bears with fewer names than there
/// are takes nobody's away.
bool PostgresConnection::make_room(Trip& trip, std::size_t names_max)
{
    if (cache_->size() < std::min(names_max, cache_->capacity())) return true;
    if (!trip.began_idle || names_max < cache_->capacity()) return false;
    const auto evicted = cache_->evict();
    if (!evicted) return false;
    trip.evictions.push_back(text_step("DEALLOCATE " + *evicted));
    return true;
}

void PostgresConnection::plan_front(Trip& trip)
{
    trip.began_idle = wire_->transaction() == PQTRANS_IDLE;
    // The end of its transaction closes a cursor, and in one that failed nothing else can.
    const auto dropped = std::exchange(dropped_cursors_, {});
    if (wire_->transaction() == PQTRANS_INTRANS)
        for (const auto cursor : dropped) trip.evictions.push_back(text_step("CLOSE " + cursor_name(cursor)));
    if (!trip.began_idle) return;
    // What was to go in front of a statement that was refused before it was sent is still due.
    if (pipeline_->drop_front()) reset_due_ = prepared_ = true;
    if (reset_due_)
        for (auto& text : plan_reset()) trip.reset.push_back(text_step(std::move(text)));
    for (const auto& name : stale_) trip.evictions.push_back(text_step("DEALLOCATE " + name));
    stale_.clear();
}

/// Takes down what the statement may leave behind.
void PostgresConnection::note_use(const Statement& statement)
{
    const auto& known = clean_texts_->use(statement.text().on(Engine::postgresql));
    if (known.names_state) left_state_ = true;
    if (touched_) return;
    touched_ = !known.clean || !clean_texts_->believes(known, std::chrono::steady_clock::now());
}

/// Asks about the statement, or about all of them, when the answer may spare somebody a reset. What is asked now counts
/// as true until the answer is there, and that is before anybody else has the connection.
void PostgresConnection::plan_question(Trip& trip, const Statement& statement)
{
    if (!is_lent_ || !trip.began_idle || trip.question) return;
    trip.question = clean_texts_->question(statement.text().on(Engine::postgresql), std::chrono::steady_clock::now());
    if (!trip.question) return;
    trip.asking.push_back(text_step(question_text()));
    trip.asking[0].parameters = &trip.parameters.emplace_back(trip.question->parameters);
}

/// From here on the session counts as it was after log-in: if the reset fails, the connection goes.
std::vector<std::string> PostgresConnection::plan_reset()
{
    std::vector<std::string> texts = reset_texts(*session_);
    if (std::exchange(prepared_, false)) {
        texts.emplace_back("DEALLOCATE ALL"); // ours go with the borrower's
        cache_->forget_all();
    }
    touched_ = left_state_ = false;
    revocations_ = clean_texts_->revocations();
    return texts;
}

} // namespace trunkline::db::postgres
