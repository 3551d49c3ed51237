// SPDX-License-Identifier: MIT
#pragma once

#include "failure.hpp"
#include "prepared.hpp"

#include <trunkline/db/options.hpp>
#include <trunkline/db/result.hpp>

#include <atomic>
#include <chrono>
#include <exception>

struct sqlite3;

namespace trunkline::db::sqlite {

using Instant = std::chrono::steady_clock::time_point;

/// What stops a running statement, besides its end.
struct Watch {
    Instant until = Instant::max();
    const std::atomic<bool>* stop = nullptr;    ///< the caller lost interest
    const std::atomic<bool>* closing = nullptr; ///< the database is being closed
};

/// A statement was stopped because `Watch::stop` or `Watch::closing` was set.
struct Stopped : std::exception {
    const char* what() const noexcept override { return "stopped"; }
};

/// One sqlite3 handle with its prepared statements. Every function may block.
///
/// While another handle or process is in the way it waits, until the watch ends the wait.
///
/// Threads: one at a time.
class Handle {
public:
    enum class Use { write, read };

    /// Opens the file (":memory:" is private to this handle) and makes it ready: WAL, synchronous=FULL, foreign keys.
    /// Throws ConnectFailed, which says what is wrong with the file.
    static std::unique_ptr<Handle> open(const Options& options, Use use, Watch watch);

    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    ~Handle();

    /// Holds for everything that runs until the next call. What passes its time is a CommandTimeout, what is stopped
    /// is Stopped.
    void watch(Watch watch) noexcept { watch_ = watch; }

    /// Runs one statement to its end. `index` is its place in a unit, for the error.
    Result run(const Statement& statement, std::optional<std::size_t> index = {});

    /// Prepares it (Error when that fails) and tells whether it leaves the database as it is.
    bool reads_only(const Statement& statement, std::optional<std::size_t> index = {});

    /// Runs a text of the driver's own: BEGIN, SAVEPOINT …
    void control(const char* sql);
    /// Commits. On a failure the transaction is still open, or SQLite has rolled it back: see `in_transaction`.
    void commit();
    /// Rolls back what is open, whatever happened before. False when SQLite could not.
    bool roll_back() noexcept;

    /// True between BEGIN and its end. SQLite ends a transaction by itself when the disk is full or a write is stopped.
    bool in_transaction() const noexcept;

    std::size_t statements_kept() const noexcept { return cache_.size(); }

private:
    Handle(sqlite3* handle, std::size_t statements_max) : handle_(handle), cache_(statements_max) {}

    void prepare_settings(const Options& options, Use use);
    void set(const char* sql);
    std::string ask(const char* sql);
    [[noreturn]] void refuse(const std::string& file);
    std::shared_ptr<Prepared> prepare(std::string_view sql);
    std::shared_ptr<Prepared> compile(std::string_view sql, bool keep);
    std::shared_ptr<Prepared> prepare(const Statement& statement, std::optional<std::size_t> index);
    Result step_all(const Prepared& prepared);
    void finish(sqlite3_stmt* statement, Stage stage);
    [[noreturn]] void fail(int code, Stage stage);
    ErrorInfo describe(int code, Stage stage) const;
    bool ended() noexcept;
    static int on_progress(void* self) noexcept;
    static int on_busy(void* self, int tries) noexcept;

    enum class Ended { no, late, stopped };

    sqlite3* handle_;
    StatementCache cache_;
    StatementCache controls_{32};
    Watch watch_;
    Ended ended_ = Ended::no;
};

} // namespace trunkline::db::sqlite
