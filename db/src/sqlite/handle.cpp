// SPDX-License-Identifier: MIT
#include "handle.hpp"

#include "cells.hpp"
#include "verb.hpp"

#include <charconv>
#include <sqlite3.h>
#include <thread>

namespace trunkline::db::sqlite {

namespace {

/// Clears the statement for its next run, and lets go of the values that were bound.
class Reset {
public:
    explicit Reset(sqlite3_stmt* statement) noexcept : statement_(statement) {}
    Reset(const Reset&) = delete;
    Reset& operator=(const Reset&) = delete;
    ~Reset()
    {
        sqlite3_reset(statement_);
        sqlite3_clear_bindings(statement_);
    }

private:
    sqlite3_stmt* statement_;
};

/// The n of `$n`; 0 for any other name.
int number_of(const char* name)
{
    if (!name || name[0] != '$') return 0;
    const std::string_view digits(name + 1);
    int number = 0;
    const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return failure == std::errc{} && end == digits.data() + digits.size() ? number : 0;
}

const char* text_of(Control what)
{
    switch (what) {
    case Control::begin: return "BEGIN";
    case Control::begin_to_write: return "BEGIN IMMEDIATE";
    case Control::commit: return "COMMIT";
    case Control::savepoint: return "SAVEPOINT unit_of_trunkline";
    case Control::release: return "RELEASE unit_of_trunkline";
    case Control::roll_back_to: return "ROLLBACK TO unit_of_trunkline";
    case Control::take_snapshot: return "SELECT count(*) FROM sqlite_schema";
    }
    return "";
}

void note_parameters(Prepared& prepared)
{
    const int count = sqlite3_bind_parameter_count(prepared.statement);
    for (int k = 1; k <= count; ++k) {
        const int number = number_of(sqlite3_bind_parameter_name(prepared.statement, k));
        if (number < 1) throw UsageError("a statement's placeholders are $1, $2, …: no other form is taken");
        prepared.numbers.push_back(number);
        prepared.highest = std::max(prepared.highest, number);
    }
}

bool only_blanks(std::string_view rest)
{
    return rest.find_first_not_of(" \t\r\n\f;") == rest.npos ||
           rest.substr(rest.find_first_not_of(" \t\r\n\f;")).starts_with("--");
}

} // namespace

Handle::~Handle()
{
    cursors_.clear();
    cache_.clear();
    controls_ = {};
    sqlite3_close_v2(handle_);
}

bool Handle::in_transaction() const noexcept { return sqlite3_get_autocommit(handle_) == 0; }

Result Handle::run(const Statement& statement, std::optional<std::size_t> index)
{
    try {
        const auto prepared = prepare(statement.text().on(Engine::sqlite));
        const Reset reset(prepared->statement);
        bind_parameters(*prepared, statement.parameters());
        return step_all(*prepared);
    } catch (const Error& failed) {
        ErrorInfo info = failed.info();
        add_statement(info, statement, index);
        throw_error(std::move(info));
    }
}

bool Handle::reads_only(const Statement& statement, std::optional<std::size_t> index)
{
    return prepare(statement, index)->reads_only;
}

std::shared_ptr<Prepared> Handle::prepare(const Statement& statement, std::optional<std::size_t> index)
{
    try {
        return prepare(statement.text().on(Engine::sqlite));
    } catch (const Error& failed) {
        ErrorInfo info = failed.info();
        add_statement(info, statement, index);
        throw_error(std::move(info));
    }
}

std::shared_ptr<Prepared> Handle::prepare(std::string_view sql)
{
    if (auto kept = cache_.find(sql)) return kept;
    auto made = compile(sql, cache_.keeps());
    cache_.keep(sql, made);
    return made;
}

std::shared_ptr<Prepared> Handle::compile(std::string_view sql, bool keep)
{
    auto made = std::make_shared<Prepared>();
    const char* rest = nullptr;
    ended_ = Ended::no;
    const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                        keep ? SQLITE_PREPARE_PERSISTENT : 0, &made->statement, &rest);
    if (code != SQLITE_OK) fail(code, Stage::prepare);
    if (!made->statement)
        throw_error({.message = "the text holds no statement", .sqlstate = "42601", .outcome = Outcome::rejected});
    if (!only_blanks(sql.substr(static_cast<std::size_t>(rest - sql.data()))))
        throw_error({.message = "the text holds more than one statement; use a Batch",
                     .sqlstate = "42601",
                     .outcome = Outcome::rejected});
    note_parameters(*made);
    made->reads_only = sqlite3_stmt_readonly(made->statement) != 0;
    made->counts_changes = !made->reads_only && counts_changes(sql);
    return made;
}

Result Handle::step_all(const Prepared& prepared)
{
    std::vector<Value> cells;
    std::uint64_t rows = 0;
    ended_ = Ended::no;
    int code = sqlite3_step(prepared.statement);
    // Names and width are asked after the first step, which notices a schema that changed since.
    const int columns = sqlite3_column_count(prepared.statement);
    if (code == SQLITE_ROW) cells.reserve(static_cast<std::size_t>(columns));
    for (; code == SQLITE_ROW; code = sqlite3_step(prepared.statement), ++rows)
        read_row(prepared.statement, columns, cells);
    if (code != SQLITE_DONE) fail(code, Stage::step);
    const auto changed = prepared.counts_changes ? static_cast<std::uint64_t>(sqlite3_changes64(handle_)) : rows;
    return Result::sharing(columns_of(prepared.statement), std::move(cells), changed);
}

std::shared_ptr<const ColumnNames> Handle::columns_of(sqlite3_stmt* statement)
{
    return column_lists_.of(static_cast<std::size_t>(sqlite3_column_count(statement)), [statement](std::size_t column) {
        return sqlite3_column_name(statement, static_cast<int>(column));
    });
}

// -- Cursors -----------------------------------------------------------------

void Handle::open_cursor(std::uint64_t number, const Statement& statement)
{
    try {
        Cursor cursor{statement, compile(statement.text().on(Engine::sqlite), false)};
        if (!cursor.prepared->reads_only)
            throw_error({.message = "a cursor reads: its statement has to be a SELECT",
                         .sqlstate = "42601",
                         .outcome = Outcome::rejected});
        bind_parameters(*cursor.prepared, cursor.statement.parameters());
        cursors_.emplace(number, std::move(cursor));
    } catch (const Error& failed) {
        ErrorInfo info = failed.info();
        add_statement(info, statement, {});
        throw_error(std::move(info));
    }
}

Result Handle::fetch(std::uint64_t number, std::size_t rows)
{
    const auto found = cursors_.find(number);
    if (found == cursors_.end())
        throw_error({.message = "the cursor is over", .sqlstate = "34000", .outcome = Outcome::rejected});
    try {
        return read_on(found->second, rows);
    } catch (const Error& failed) {
        ErrorInfo info = failed.info();
        add_statement(info, found->second.statement, {});
        cursors_.erase(found);
        throw_error(std::move(info));
    }
}

Result Handle::read_on(Cursor& cursor, std::size_t rows)
{
    sqlite3_stmt* const statement = cursor.prepared->statement;
    std::vector<Value> cells;
    std::uint64_t read = 0;
    ended_ = Ended::no;
    for (; read < rows && !cursor.done; ++read) {
        const int code = sqlite3_step(statement);
        if (code == SQLITE_DONE) cursor.done = true; // another step would begin anew
        else if (code != SQLITE_ROW) fail(code, Stage::step);
        if (cursor.done) break;
        read_row(statement, sqlite3_column_count(statement), cells);
    }
    return Result::sharing(columns_of(statement), std::move(cells), read);
}

void Handle::control(Control what)
{
    if (what == Control::commit) close_cursors(); // one that is half read would keep the transaction open behind it
    auto& prepared = controls_[static_cast<std::size_t>(what)];
    if (!prepared) prepared = compile(text_of(what), true);
    finish(prepared->statement, what == Control::commit ? Stage::commit : Stage::step);
}

void Handle::finish(sqlite3_stmt* statement, Stage stage)
{
    const Reset reset(statement);
    ended_ = Ended::no;
    int code = SQLITE_ROW;
    while (code == SQLITE_ROW) code = sqlite3_step(statement);
    if (code != SQLITE_DONE) fail(code, stage);
}

void Handle::begin() noexcept
{
    try {
        control(Control::begin);
    } catch (...) { // then each statement looks for itself
    }
}

void Handle::end() noexcept
{
    watch_ = {};
    if (!in_transaction()) return;
    try {
        control(Control::commit);
    } catch (...) {
        roll_back();
    }
}

bool Handle::roll_back() noexcept
{
    watch_ = {};
    close_cursors();
    if (in_transaction()) sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
    return !in_transaction();
}

void Handle::fail(int code, Stage stage) { throw_error(describe(code, stage)); }

ErrorInfo Handle::describe(int code, Stage stage) const
{
    const int plain = code & 0xff;
    const bool waited = plain == SQLITE_INTERRUPT || plain == SQLITE_BUSY || plain == SQLITE_LOCKED;
    if (waited && ended_ == Ended::stopped) throw Stopped();
    if (!waited || ended_ != Ended::late)
        return failure_of(sqlite3_extended_errcode(handle_), sqlite3_errmsg(handle_), stage);
    const char* message = plain == SQLITE_INTERRUPT ? "the statement ran past its deadline and was stopped"
                                                    : "another connection kept the database locked past the deadline";
    return {.message = message, .sqlstate = "57014", .outcome = Outcome::rejected};
}

bool Handle::ended() noexcept
{
    const auto is_set = [](const std::atomic<bool>* flag) { return flag && flag->load(std::memory_order_relaxed); };
    const auto now = std::chrono::steady_clock::now();
    if (now >= watch_.slow) {
        watch_.slow = Instant::max();
        (*watch_.on_slow)();
    }
    const bool stopped = is_set(watch_.stop) || is_set(watch_.gone) || is_set(watch_.closing);
    if (stopped || now >= watch_.gives_way) ended_ = Ended::stopped;
    else if (now >= watch_.until) ended_ = Ended::late;
    return ended_ != Ended::no;
}

bool Handle::found_damage() const noexcept
{
    const int code = sqlite3_errcode(handle_) & 0xff;
    return code == SQLITE_CORRUPT || code == SQLITE_NOTADB || code == SQLITE_IOERR;
}

void Handle::fold_log() noexcept
{
    // What cannot be folded now is tried again after the next group.
    sqlite3_wal_checkpoint_v2(handle_, "main", SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
}

int Handle::on_log(void* self, sqlite3*, const char*, int pages) noexcept
{
    static_cast<Handle*>(self)->log_pages_ = static_cast<std::size_t>(pages);
    return SQLITE_OK;
}

int Handle::on_progress(void* self) noexcept { return static_cast<Handle*>(self)->ended() ? 1 : 0; }

int Handle::on_busy(void* self, int tries) noexcept
{
    auto& handle = *static_cast<Handle*>(self);
    if (handle.ended()) return 0;
    const auto pause = std::chrono::milliseconds(std::min(1 << std::min(tries, 4), 10));
    std::this_thread::sleep_until(std::min(handle.watch_.until, std::chrono::steady_clock::now() + pause));
    return 1;
}

} // namespace trunkline::db::sqlite
