// SPDX-License-Identifier: MIT
// Opening a handle, and saying plainly what is wrong with a file that cannot be opened.
#include "functions.hpp"
#include "handle.hpp"

#include <filesystem>
#include <sqlite3.h>

namespace trunkline::db::sqlite {

namespace {

constexpr int steps_between_looks = 1000; // virtual machine instructions, some 20 µs

[[noreturn]] void refuse_file(std::string message)
{
    throw ConnectFailed({.message = std::move(message), .sqlstate = "08001"});
}

/// What SQLite would only call "unable to open database file".
void look_at(const std::string& file)
{
    namespace fs = std::filesystem;
    std::error_code ignored;
    const fs::path path(file);
    const auto folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
    if (!fs::is_directory(folder, ignored))
        refuse_file("the folder " + folder.string() + " of the database " + file + " does not exist; create it first");
    if (fs::is_directory(path, ignored)) refuse_file("the database " + file + " is a folder, not a file");
    if (!fs::exists(path, ignored)) return;
    const auto writable = fs::perms::owner_write | fs::perms::group_write | fs::perms::others_write;
    if ((fs::status(path, ignored).permissions() & writable) == fs::perms::none)
        refuse_file("the database " + file + " is read-only; allow this user to write it");
}

std::string_view why(int code)
{
    switch (code & 0xff) {
    case SQLITE_NOTADB: return "is not an SQLite database";
    case SQLITE_CORRUPT:
        return "is damaged; restore it from a backup, or rescue what is left with: sqlite3 FILE .recover";
    case SQLITE_READONLY: return "is read-only; allow this user to write it and its folder";
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH: return "cannot be opened; look at the rights of the file and its folder";
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return "is locked by another process";
    case SQLITE_IOERR: return "cannot be read: the disk or its file system failed";
    case SQLITE_FULL: return "cannot be opened: the disk is full";
    default: return "cannot be opened";
    }
}

} // namespace

std::unique_ptr<Handle> Handle::open(const Options& options, Use use, Watch watch)
{
    const std::string& file = options.target;
    if (file.empty()) refuse_file("no database file is named");
    const bool in_memory = file == ":memory:";
    if (!in_memory) look_at(file);
    sqlite3* raw = nullptr;
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE |
                      SQLITE_OPEN_EXRESCODE;
    const int code = sqlite3_open_v2(file.c_str(), &raw, flags, nullptr);
    std::unique_ptr<Handle> handle(new Handle(raw, options.statement_cache_size));
    handle->watch(watch);
    if (code != SQLITE_OK) handle->refuse(file);
    if (!in_memory && sqlite3_db_readonly(raw, "main") == 1)
        refuse_file("the database " + file + " is read-only; allow this user to write it and its folder");
    handle->prepare_settings(options, use);
    add_functions(raw);
    handle->watch({});
    return handle;
}

void Handle::prepare_settings(const Options& options, Use use)
{
    sqlite3_busy_handler(handle_, &Handle::on_busy, this);
    sqlite3_progress_handler(handle_, steps_between_looks, &Handle::on_progress, this);
    // "text" in double quotes is a column, never silently a string.
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    try {
        if (options.target != ":memory:" && ask("PRAGMA journal_mode=WAL") != "wal")
            refuse_file("the database " + options.target + " cannot use a write-ahead log on its file system");
        set("PRAGMA synchronous=FULL");
        set("PRAGMA foreign_keys=ON");
        set("PRAGMA trusted_schema=OFF");
        // Not mapped into memory: a disk that fails, or a file that somebody cut off, is an error then, and not a
        // signal that ends the program.
        set("PRAGMA mmap_size=0");
        set("PRAGMA cache_size=-16384");
        set("PRAGMA journal_size_limit=67108864");
        if (use == Use::read) set("PRAGMA query_only=ON");
        // In place of SQLite's own, which would fold the log before those are answered who wait for the COMMIT.
        if (use == Use::write) sqlite3_wal_hook(handle_, &Handle::on_log, this);
        ask("SELECT count(*) FROM sqlite_schema");
    } catch (const ConnectFailed&) {
        throw;
    } catch (const Error&) {
        refuse(options.target);
    } catch (const Stopped&) {
        refuse_file("opening the database " + options.target + " was given up");
    }
}

void Handle::refuse(const std::string& file)
{
    const int code = handle_ ? sqlite3_errcode(handle_) : SQLITE_NOMEM;
    refuse_file("the database " + file + ' ' + std::string(why(code)) + " (SQLite: " + sqlite3_errstr(code) + ')');
}

void Handle::set(const char* sql) { finish(compile(sql, false)->statement, Stage::step); }

std::string Handle::ask(const char* sql)
{
    const auto prepared = compile(sql, false);
    ended_ = Ended::no;
    const int code = sqlite3_step(prepared->statement);
    if (code != SQLITE_ROW) fail(code, Stage::step);
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(prepared->statement, 0));
    std::string answer = text ? text : "";
    finish(prepared->statement, Stage::step); // setting the journal mode commits at the end only
    return answer;
}

} // namespace trunkline::db::sqlite
