// SPDX-License-Identifier: MIT
#include "failure.hpp"

#include <sqlite3.h>

namespace trunkline::db::sqlite {

namespace {

std::string constraint_state(int code, std::string_view message)
{
    switch (code) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID: return "23505";
    case SQLITE_CONSTRAINT_FOREIGNKEY: return "23503";
    case SQLITE_CONSTRAINT_NOTNULL: return "23502";
    case SQLITE_CONSTRAINT_CHECK: return "23514";
    case SQLITE_CONSTRAINT_DATATYPE: return "42804";
    case SQLITE_CONSTRAINT_TRIGGER: return "P0001";
    default: return message.starts_with("FOREIGN KEY") ? "23503" : "23000";
    }
}

/// SQLite has one code for everything that is wrong with a text; only its words tell more.
std::string text_state(std::string_view message)
{
    const auto says = [&](std::string_view words) { return message.find(words) != message.npos; };
    if (message.starts_with("no such table") || message.starts_with("no such view")) return "42P01";
    if (message.starts_with("no such column") || says("has no column named")) return "42703";
    if (message.starts_with("no such function") || says("wrong number of arguments")) return "42883";
    if (message.starts_with("no such savepoint")) return "3B001";
    if (message.starts_with("ambiguous column")) return "42702";
    if (says("already exists")) return "42P07";
    if (says("syntax error") || says("incomplete input") || says("unrecognized token")) return "42601";
    if (message.starts_with("integer overflow")) return "22003";
    if (says("malformed JSON") || says("JSON")) return "22P02";
    return "42000";
}

std::string state_of(int code, std::string_view message)
{
    switch (code & 0xff) {
    case SQLITE_CONSTRAINT: return constraint_state(code, message);
    case SQLITE_MISMATCH: return "42804";
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return "55P03";
    case SQLITE_FULL: return "53100";
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN: return "58030";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return "XX001";
    case SQLITE_INTERRUPT: return "57014";
    case SQLITE_READONLY: return "25006";
    case SQLITE_TOOBIG: return "54000";
    case SQLITE_NOMEM: return "53200";
    case SQLITE_RANGE: return "08P01";
    case SQLITE_ERROR: return text_state(message);
    default: return "XX000";
    }
}

std::string constraint_of(std::string_view message)
{
    constexpr std::string_view mark = " constraint failed: ";
    const auto at = message.find(mark);
    return at == message.npos ? std::string() : std::string(message.substr(at + mark.size()));
}

/// What may be a parameter's value is left out: everything in double quotes, and what follows "no such column: ".
std::string without_quotes(std::string_view message)
{
    std::string shown;
    bool inside = false;
    for (const char c : message) {
        if (c == '"') {
            if (!inside) shown += "\"…\"";
            inside = !inside;
        } else if (!inside) {
            shown += c;
        }
    }
    for (const std::string_view words : {"no such column: ", "unknown special query: "})
        if (const auto at = shown.find(words); at != shown.npos) shown.resize(at + words.size() - 2);
    return shown;
}

} // namespace

ErrorInfo failure_of(int code, std::string_view message, Stage stage)
{
    ErrorInfo info;
    info.sqlstate = state_of(code, message);
    const bool may_quote = stage == Stage::step && (code & 0xff) == SQLITE_ERROR;
    info.message = may_quote ? without_quotes(message) : std::string(message);
    if ((code & 0xff) == SQLITE_CONSTRAINT) info.constraint = constraint_of(message);
    // A failed fsync may have left a whole commit in the log, and recovery would find it there.
    info.outcome = stage == Stage::commit && (code & 0xff) == SQLITE_IOERR ? Outcome::unknown : Outcome::rejected;
    return info;
}

void add_statement(ErrorInfo& info, const Statement& statement, std::optional<std::size_t> index)
{
    info.statement = std::string(statement.text().on(Engine::sqlite));
    info.place = statement.text().place();
    info.index = index;
}

} // namespace trunkline::db::sqlite
