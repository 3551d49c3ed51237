// SPDX-License-Identifier: MIT
#pragma once

#include "failure.hpp"
#include "prepared.hpp"

#include "column_lists.hpp"

#include <trunkline/db/options.hpp>
#include <trunkline/db/query.hpp>
#include <trunkline/db/result.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <exception>
#include <functional>
#include <map>

struct sqlite3;

namespace trunkline::db::sqlite {

using Instant = std::chrono::steady_clock::time_point;

/// What stops a running statement, besides its end.
struct Watch {
    Instant until = Instant::max();
    const std::atomic<bool>* stop = nullptr;    ///< the caller lost interest
    const std::atomic<bool>* gone = nullptr;    ///< his session is gone
    const std::atomic<bool>* closing = nullptr; ///< the database is being closed
    Instant slow = Instant::max();              ///< when it still runs then, `on_slow` is called, once
    const std::function<void()>* on_slow = nullptr;
    Instant gives_way = Instant::max(); ///< when it still runs then it is stopped, whoever waits for it
};

/// The texts of the driver's own, each prepared once.
enum class Control { begin, begin_to_write, commit, savepoint, release, roll_back_to, take_snapshot };

/// A statement was stopped because one of the flags of its Watch was set, or because it had to give way.
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

    /// Opens a cursor of that number on a statement that leaves the database as it is (Error for any other). It ends with
    /// the transaction.
    void open_cursor(std::uint64_t cursor, const Statement& statement);
    /// Its next `rows` rows, or what is left of them. After a failure it is closed.
    Result fetch(std::uint64_t cursor, std::size_t rows);
    /// Closes it, if it is open.
    void close_cursor(std::uint64_t cursor) noexcept { cursors_.erase(cursor); }
    void close_cursors() noexcept { cursors_.clear(); }

    /// Runs a text of the driver's own. When a COMMIT fails the transaction is still open, or SQLite has rolled it
    /// back: see `in_transaction`.
    void control(Control what);
    /// Opens a transaction that will only read: all of it sees one state of the database, which is looked at once.
    void begin() noexcept;
    /// Ends it, if one is open. The watch is over.
    void end() noexcept;
    /// Rolls back what is open, whatever happened before. False when SQLite could not.
    bool roll_back() noexcept;

    /// True between BEGIN and its end. SQLite ends a transaction by itself when the disk is full or a write is stopped.
    bool in_transaction() const noexcept;

    /// The last failure was one of the file itself: what else the transaction found in it is not to be believed.
    bool found_damage() const noexcept;

    /// How long the log was after the last COMMIT of this handle, in pages. Only the writer's handle counts it, and has
    /// to fold it.
    std::size_t log_pages() const noexcept { return log_pages_; }
    /// Copies the log into the file, as far as nobody reads what is older; waits for nobody. When that was all of it and
    /// nobody reads from the log any more, the next write begins it anew.
    void fold_log() noexcept;

    std::size_t statements_kept() const noexcept { return cache_.size(); }

private:
    /// A statement of its own, half run. It is none of the cache's, since the same text may be wanted meanwhile.
    struct Cursor {
        Statement statement; // outlives the run: its values are bound, not copied
        std::shared_ptr<Prepared> prepared;
        bool done = false;
    };

    Handle(sqlite3* handle, std::size_t statements_max) : handle_(handle), cache_(statements_max) {}

    void prepare_settings(const Options& options, Use use);
    void set(const char* sql);
    std::string ask(const char* sql);
    [[noreturn]] void refuse(const std::string& file);
    std::shared_ptr<Prepared> prepare(std::string_view sql);
    std::shared_ptr<Prepared> compile(std::string_view sql, bool keep);
    std::shared_ptr<Prepared> prepare(const Statement& statement, std::optional<std::size_t> index);
    Result step_all(const Prepared& prepared);
    std::shared_ptr<const ColumnNames> columns_of(sqlite3_stmt* statement);
    void finish(sqlite3_stmt* statement, Stage stage);
    [[noreturn]] void fail(int code, Stage stage);
    ErrorInfo describe(int code, Stage stage) const;
    bool ended() noexcept;
    Result read_on(Cursor& cursor, std::size_t rows);
    static int on_progress(void* self) noexcept;
    static int on_busy(void* self, int tries) noexcept;
    static int on_log(void* self, sqlite3*, const char*, int pages) noexcept;

    enum class Ended { no, late, stopped };

    sqlite3* handle_;
    StatementCache cache_;
    std::array<std::shared_ptr<Prepared>, 7> controls_;
    std::map<std::uint64_t, Cursor> cursors_;
    db::detail::ColumnLists column_lists_;
    Watch watch_;
    std::size_t log_pages_ = 0;
    Ended ended_ = Ended::no;
};

} // namespace trunkline::db::sqlite
