// SPDX-License-Identifier: MIT
#pragma once

#include <support/child_process.hpp>

#include <memory>

namespace trunkline::db::testing {

/// A real MariaDB in a folder of its own, on its own unix socket and a free port of 127.0.0.1; it ends with the object.
/// mariadb-install-db runs once for each version on a machine; afterwards its result is copied. `root` logs in over the
/// socket without a password. When the test is root, the server runs as `mysql` or, without one, as `nobody`.
///
/// Its defaults are odd on purpose (time zone +05:30, latin1, no strict mode), so that a client that relies on a
/// server's habits is found out. What it committed survives `kill`.
class MariadbServer {
public:
    /// What it has that costs time at its start.
    enum class Has {
        nothing_more,
        certificate,        ///< so that it encrypts connections; it names 127.0.0.1
        performance_schema, ///< so that it says who its connections are
    };

    explicit MariadbServer(Has has = Has::nothing_more);
    ~MariadbServer();

    /// One for all tests of a program.
    static MariadbServer& shared();

    int port() const noexcept { return port_; }
    std::string socket() const { return (folder_.path() / "socket").string(); }

    /// A `mysql://` URL over TCP for the user `ada`, who has a password, may do everything in `database` and nothing
    /// else. Makes the database when it is not there.
    std::string url(const std::string& database) const;
    /// The same user over the unix socket.
    std::string socket_url(const std::string& database) const;

    /// Its certificate, which vouches for itself.
    std::string certificate() const { return (folder_.path() / "certificate.pem").string(); }

    /// Runs SQL as root on a connection of its own, blocking, and answers the rows: columns parted by tabs, rows by
    /// newlines, control characters escaped. Throws std::runtime_error with what the server said.
    std::string sql(const std::string& text) const;
    /// For all but root and the replication.
    void set_read_only(bool on) const { sql(on ? "SET GLOBAL read_only = 1" : "SET GLOBAL read_only = 0"); }

    /// Ends the server in good order; its data stays for `start`, which takes the same port.
    void stop();
    /// As the power cord does.
    void kill();
    /// Nothing when it runs.
    void start();
    /// It is there and does not answer, until `thaw`.
    void freeze();
    void thaw();

private:
    void make_certificate() const;
    bool try_start();
    bool answers() const;

    const Has has_;
    TemporaryFolder folder_;
    int port_ = 0;
    std::unique_ptr<ChildProcess> server_;
};

} // namespace trunkline::db::testing
