// SPDX-License-Identifier: MIT
// One statement, prepared or as text.
#include "mysql/connection.hpp"

#include "mysql/placeholders.hpp"
#include "mysql/verb.hpp"

#include <errmsg.h>

namespace trunkline::db::mysql {

namespace {

constexpr unsigned unknown_statement = 1243, needs_preparing_again = 1615; // and it did nothing
constexpr unsigned cannot_be_prepared = 1295;

std::exception_ptr unreadable(const Column& column, std::string_view why)
{
    ErrorInfo info;
    info.message = "column '" + column.name + "': ";
    info.message += why;
    info.sqlstate = "22003";
    info.outcome = Outcome::applied;
    return std::make_exception_ptr(DecodeError(std::move(info)));
}

} // namespace

/// Refuses what must not be sent.
bool MysqlConnection::refuses(Attempt& attempt, const Statement& statement)
{
    const std::string_view text = statement.text().on(Engine::mysql);
    if (text.empty())
        attempt.refused =
            refusal_of(statement, "0A000", "this statement has no text for MySQL: give its by_engine one, .mysql");
    else if ((begun_ || in_unit_) && ends_transaction(text))
        attempt.refused =
            refusal_of(statement, "25001",
                       "in MySQL this statement would end the transaction that it stands in: run it outside "
                       "of one");
    else if (size_of(statement) > session_.packet_max)
        attempt.refused = refusal_of(statement, "54000",
                                     "this statement with its parameters is larger than the server takes "
                                     "(max_allowed_packet is " +
                                         std::to_string(session_.packet_max) + " bytes)");
    return attempt.refused.has_value();
}

asio::awaitable<void> MysqlConnection::run_one(Attempt& attempt, const Statement& statement)
{
    if (refuses(attempt, statement)) co_return;
    const bool expected = begun_ || in_unit_;
    const bool bare = statement.parameters().empty();
    const bool as_text = bare && raw_sql_ && !attempt.unit;
    if (!as_text) co_await run_prepared(attempt, statement);
    const bool unprepared = !line_->broken() && bare && attempt.failure.number == cannot_be_prepared;
    if (unprepared) attempt.failure = Failure{};
    if (as_text || unprepared) co_await run_as_text(attempt, statement);
    attempt.ended_transaction = expected && !attempt.failed() && !line_->broken() && !line_->in_transaction();
    attempt.cut_short = line_->told_to_stop() && !attempt.failed() && !attempt.results.empty() &&
                        !attempt.results.back().columns().empty();
}

asio::awaitable<void> MysqlConnection::run_prepared(Attempt& attempt, const Statement& statement)
{
    const std::string_view text = statement.text().on(Engine::mysql);
    for (int attempts = 0; attempts < 2; ++attempts) {
        Prepared* const prepared = co_await prepare(attempt, statement);
        if (!prepared || !stands(attempt)) co_return;
        co_await execute(attempt, *prepared, statement);
        if (line_->broken()) co_return;
        const unsigned number = attempt.failure.number;
        const bool did_nothing = number == unknown_statement || number == needs_preparing_again;
        // Its columns are others now than when it was prepared; what only reads may be run again.
        const bool columns_changed = number == CR_NEW_STMT_METADATA;
        if (!did_nothing && !columns_changed) break;
        co_await forget(text);
        if (attempts > 0 || line_->broken() || (columns_changed && !only_reads(text))) break;
        attempt.failure = Failure{};
    }
    co_await drop_surplus();
}

/// The statement as the server knows it; nullptr when it does not take it. It is kept when the call bears with that.
asio::awaitable<Prepared*> MysqlConnection::prepare(Attempt& attempt, const Statement& statement)
{
    const std::string_view text = statement.text().on(Engine::mysql);
    Prepared* const known = names_max_ > 0 ? cache_.find(text) : nullptr;
    if (known) co_return known;
    std::optional<Prepared> made = co_await make_prepared(attempt, statement);
    if (!made) co_return nullptr;
    if (keeps_another()) co_return &cache_.add(std::string(text), std::move(*made));
    if (passing_) co_await line_->close(std::move(passing_->handle));
    passing_ = std::move(made);
    co_return &*passing_;
}

/// A call that bears with fewer than fit takes nobody's place away.
bool MysqlConnection::keeps_another() const noexcept
{
    if (names_max_ == 0 || cache_.capacity() == 0) return false;
    return cache_.size() < names_max_ || names_max_ >= cache_.capacity();
}

asio::awaitable<std::optional<Prepared>> MysqlConnection::make_prepared(Attempt& attempt, const Statement& statement)
{
    std::optional<Prepared> made;
    Rewritten rewritten = rewrite(statement.text().on(Engine::mysql), statement.parameters().size());
    if (!rewritten.problem.empty()) {
        attempt.refused = refusal_of(statement, "42601", std::move(rewritten.problem));
        co_return made;
    }
    StatementHandle handle(mysql_stmt_init(line_->native()));
    if (!handle) throw std::bad_alloc();
    const my_bool measure = 1;
    mysql_stmt_attr_set(handle.get(), STMT_ATTR_UPDATE_MAX_LENGTH, &measure);
    co_await line_->prepare(handle.get(), rewritten.text);
    note(attempt);
    const bool taken = !line_->broken() && !line_->failure();
    if (taken && mysql_stmt_param_count(handle.get()) == rewritten.order.size()) {
        made = Prepared{std::move(handle), std::move(rewritten.order)};
        co_return made;
    }
    if (taken)
        attempt.refused =
            refusal_of(statement, "42601", "MySQL sees other placeholders in this statement than are written");
    co_await line_->close(std::move(handle));
    co_return made;
}

/// False when they do not fit. REQUIRES: `parameters` outlives the execution.
bool MysqlConnection::bind(Attempt& attempt, MYSQL_STMT* handle, std::optional<Parameters>& parameters,
                           const std::vector<std::uint8_t>& order, const Statement& statement)
{
    try {
        parameters.emplace(statement.parameters(), order);
    } catch (const UnfitParameter& unfit) {
        attempt.refused = refusal_of(statement, unfit.state, unfit.what());
        return false;
    }
    if (parameters->size() > 0) mysql_stmt_bind_param(handle, parameters->binds());
    return true;
}

asio::awaitable<void> MysqlConnection::execute(Attempt& attempt, Prepared& prepared, const Statement& statement)
{
    MYSQL_STMT* const handle = prepared.handle.get();
    std::optional<Parameters> parameters;
    if (!bind(attempt, handle, parameters, prepared.order, statement)) co_return;
    co_await line_->execute(handle);
    note(attempt);
    const bool has_rows = !line_->broken() && mysql_stmt_field_count(handle) > 0;
    if (line_->broken()) co_return;
    if (attempt.failure) {
        if (has_rows) co_await line_->free_result(handle);
        co_return;
    }
    Result result = co_await read_rows(attempt, handle);
    // A procedure answers more than once: the first answer counts, its errors all do.
    while (!line_->broken() && !attempt.failure && mysql_stmt_more_results(handle)) {
        co_await line_->next_result(handle);
        note(attempt);
        if (!line_->broken() && !line_->failure()) co_await line_->free_result(handle);
    }
    if (!attempt.failure) attempt.results.push_back(std::move(result));
}

// -- Rows --------------------------------------------------------------------

/// Of what was executed just now.
std::vector<Column> MysqlConnection::columns_of(const MYSQL_STMT* handle) const
{
    const unsigned width = handle->field_count;
    const bool described = line_->native()->fields && line_->native()->field_count == width;
    const MYSQL_FIELD* const fields = described ? line_->native()->fields : handle->fields;
    std::vector<Column> columns;
    for (unsigned i = 0; i < width; ++i) columns.push_back(column_of(fields[i], &handle->fields[i]));
    return columns;
}

/// Of the longest cells that are here.
std::vector<unsigned long> MysqlConnection::lengths_of(const MYSQL_STMT* handle)
{
    std::vector<unsigned long> lengths;
    for (unsigned i = 0; i < handle->field_count; ++i) lengths.push_back(handle->fields[i].max_length);
    return lengths;
}

void MysqlConnection::read_row(Attempt& attempt, const Landing& landing, const std::vector<Column>& columns,
                               std::vector<Value>& cells)
{
    for (std::size_t i = 0; i < columns.size() && !attempt.unreadable; ++i) {
        try {
            cells.push_back(landing.cell(i));
        } catch (const std::invalid_argument& unfit) {
            attempt.unreadable = unreadable(columns[i], unfit.what());
        }
    }
}

Result MysqlConnection::result_of(const Attempt& attempt, const std::vector<Column>& columns, std::vector<Value> cells)
{
    if (attempt.unreadable) cells.clear();
    std::vector<std::string> names;
    for (const Column& column : columns) names.push_back(column.name);
    const std::uint64_t count = cells.size() / columns.size();
    return {std::move(names), std::move(cells), count};
}

/// Reads what `execute` answered to its end.
asio::awaitable<Result> MysqlConnection::read_rows(Attempt& attempt, MYSQL_STMT* handle)
{
    const unsigned width = mysql_stmt_field_count(handle);
    if (width == 0) {
        Result counted({}, {}, mysql_stmt_affected_rows(handle));
        co_return counted;
    }
    const std::vector<Column> columns = columns_of(handle);
    co_await line_->store(handle);
    note(attempt);
    if (line_->broken() || line_->failure()) {
        Result none;
        co_return none;
    }
    Landing landing(columns, lengths_of(handle));
    mysql_stmt_bind_result(handle, landing.binds());
    std::vector<Value> cells;
    cells.reserve(mysql_stmt_num_rows(handle) * width);
    while (!attempt.unreadable && mysql_stmt_fetch(handle) == 0) read_row(attempt, landing, columns, cells);
    co_await line_->free_result(handle);
    co_return result_of(attempt, columns, std::move(cells));
}

asio::awaitable<void> MysqlConnection::run_as_text(Attempt& attempt, const Statement& statement)
{
    co_await line_->query(statement.text().on(Engine::mysql));
    note(attempt);
    if (line_->broken() || attempt.failure) co_return;
    const std::uint64_t affected = mysql_affected_rows(line_->native());
    TextRows rows = co_await line_->store();
    note(attempt);
    if (!line_->broken() && !attempt.failure) {
        std::vector<std::string> names;
        std::vector<Value> cells;
        std::vector<Column> columns;
        const unsigned width = rows ? mysql_num_fields(rows.get()) : 0;
        for (unsigned i = 0; i < width; ++i) {
            columns.push_back(column_of(mysql_fetch_fields(rows.get())[i]));
            names.push_back(columns[i].name);
        }
        while (const MYSQL_ROW row = rows ? mysql_fetch_row(rows.get()) : nullptr) {
            const unsigned long* lengths = mysql_fetch_lengths(rows.get());
            for (unsigned i = 0; i < width && !attempt.unreadable; ++i) {
                try {
                    cells.push_back(row[i] ? read_text(columns[i], {row[i], lengths[i]}) : null_of(columns[i]));
                } catch (const std::invalid_argument& unfit) {
                    attempt.unreadable = unreadable(columns[i], unfit.what());
                }
            }
        }
        if (attempt.unreadable) cells.clear();
        const std::uint64_t count = width ? cells.size() / width : affected;
        attempt.results.emplace_back(std::move(names), std::move(cells), count);
    }
    while (!line_->broken() && !attempt.failure && mysql_more_results(line_->native())) {
        co_await line_->next_result();
        note(attempt);
        if (!attempt.failure) rows = co_await line_->store();
        note(attempt);
    }
}

asio::awaitable<void> MysqlConnection::forget(std::string_view text)
{
    StatementHandle handle = cache_.take(text);
    if (handle) co_await line_->close(std::move(handle));
    co_await drop_surplus();
}

/// Closes what is not kept, and what does not fit.
asio::awaitable<void> MysqlConnection::drop_surplus()
{
    if (passing_) co_await line_->close(std::move(passing_->handle));
    passing_.reset();
    while (StatementHandle surplus = cache_.take_surplus()) co_await line_->close(std::move(surplus));
}

} // namespace trunkline::db::mysql
