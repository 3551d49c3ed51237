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

private:
    bool try_start();

    TemporaryFolder folder_;
    int port_ = 0;
    std::unique_ptr<ChildProcess> server_;
};

} // namespace trunkline::db::testing
