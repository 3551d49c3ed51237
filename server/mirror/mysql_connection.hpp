// SPDX-License-Identifier: MIT
#pragma once

#include <mirror/mirror_config.hpp>
#include <mirror/mysql_error.hpp>

#include <memory>
#include <mutex>
#include <vector>

struct st_mysql;
struct st_mysql_stmt;

namespace trunkline::mirror {

using Cell = std::optional<std::string>;
using Cells = std::vector<Cell>;

/// One connection to MySQL or MariaDB, with the little that the mirror needs of it: text and NULL in, text and NULL
/// out, every value bound. Its calls block, each for a bounded time (`connect_timeout`, `answer_timeout`), so they
/// belong on a lane. Failures are a MysqlError.
///
/// The session speaks utf8mb4, keeps UTC and is strict: what does not fit is refused, never cut. The server ends it
/// after a minute without a word, so that a machine that vanished does not hold its locks for hours.
///
/// Threads: one at a time, but `interrupt` may be called from any.
class MysqlConnection {
public:
    explicit MysqlConnection(const MirrorConfig& config);
    MysqlConnection(const MysqlConnection&) = delete;
    MysqlConnection& operator=(const MysqlConnection&) = delete;
    ~MysqlConnection();

    void connect();
    void close() noexcept;
    bool is_open() const noexcept { return handle_ != nullptr; }
    /// Asks the server for a sign of life.
    void ping();

    /// Runs a statement; answers how many rows it changed.
    std::uint64_t execute(const std::string& sql, const Cells& values = {});
    std::vector<Cells> query(const std::string& sql, const Cells& values = {});
    /// Has the server read the statement, check the rights for it, and forget it.
    void try_out(const std::string& sql);

    /// Cuts the line: the call that blocks now fails, and all later ones. A call to `connect` is not cut.
    void interrupt() noexcept;

    /// `name` as SQL text: "`messages`".
    static std::string quoted(std::string_view name);

private:
    struct Close {
        void operator()(st_mysql* handle) const noexcept;
    };
    struct CloseStatement {
        void operator()(st_mysql_stmt* statement) const noexcept;
    };
    using StatementPtr = std::unique_ptr<st_mysql_stmt, CloseStatement>;

    void set_options(st_mysql* handle) const;
    void prepare_session();
    void publish(int line);
    void run_text(const std::string& sql);
    StatementPtr prepare(const std::string& sql);
    StatementPtr run_bound(const std::string& sql, const Cells& values);
    std::vector<Cells> read_all(st_mysql_stmt& statement);
    [[noreturn]] void fail();
    [[noreturn]] void fail(st_mysql_stmt& statement);

    MirrorConfig config_;
    std::unique_ptr<st_mysql, Close> handle_;
    std::mutex line_mutex_;
    int line_ = -1; // the socket, while it may be cut
};

} // namespace trunkline::mirror
