// SPDX-License-Identifier: MIT
#pragma once

#include <support/child_process.hpp>

#include <memory>
#include <string_view>

namespace trunkline::db::testing {

/// A real PostgreSQL in a folder of its own, on its own unix socket and a free port of 127.0.0.1; it ends with the
/// object. initdb runs once for each version on a machine; afterwards its result is copied.
///
/// Its defaults are odd on purpose (time zone Europe/Berlin, DateStyle German), so that a driver that relies on a
/// server's habits is found out. Everybody may log in without a password, except that `locksmith` needs "open sesame"
/// over TCP. Durability is off.
class PostgresServer {
public:
    PostgresServer();
    ~PostgresServer();

    /// A streaming standby of `primary`: a copy of its data that follows it, and has caught up once.
    static std::unique_ptr<PostgresServer> standby_of(const PostgresServer& primary);

    /// One for all tests of a program.
    static PostgresServer& shared();

    /// A URL over TCP.
    std::string url(std::string_view database = "postgres", std::string_view user = "postgres") const;
    /// A URL over the unix socket.
    std::string socket_url(std::string_view database = "postgres", std::string_view user = "postgres") const;
    /// Runs SQL on a connection of its own, blocking, and answers the rows without decoration. For what the test itself
    /// wants to do or see.
    std::string sql(const std::string& text, std::string_view database = "postgres") const;
    /// Makes an empty database of that name.
    void create_database(const std::string& name) const { sql("CREATE DATABASE " + name); }

    int port() const noexcept { return port_; }
    const std::filesystem::path& socket_folder() const noexcept { return folder_.path(); }
    pid_t pid() const noexcept { return server_->pid(); }

    /// Ends the server; its data stays for `start`.
    void stop();
    void start();
    /// Ends it as an administrator does: sessions are told (57P01), and standbys get what is left to send.
    void shut_down();

    /// A standby becomes a primary, and takes writes when this returns.
    void promote() const;
    /// From now on, and in the sessions that are open, nothing can be written; or again.
    void set_read_only(bool read_only) const;
    /// Waits until this standby has replayed all that `primary` has written so far.
    void catch_up_with(const PostgresServer& primary) const;
    /// How many sessions of that application_name it has.
    std::size_t sessions_of(const std::string& application) const;

private:
    enum class Kind { standby };
    explicit PostgresServer(Kind kind, const PostgresServer& primary);
    bool try_start();
    void until(const std::string& question, std::string_view answer) const;

    TemporaryFolder folder_;
    int port_ = 0;
    std::unique_ptr<ChildProcess> server_;
};

} // namespace trunkline::db::testing
