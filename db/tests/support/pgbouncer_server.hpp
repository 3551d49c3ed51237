// SPDX-License-Identifier: MIT
#pragma once

#include <support/postgres_server.hpp>

namespace trunkline::db::testing {

/// A real PgBouncer in transaction mode in front of a PostgresServer; it ends with the object.
///
/// The program is the one that TRUNKLINE_PGBOUNCER names, or the one on PATH, or is unpacked (not installed, so that no
/// service starts) once from Debian's package.
class PgbouncerServer {
public:
    /// At most `server_connections` to each database, whatever the number of clients.
    explicit PgbouncerServer(const PostgresServer& behind, int server_connections = 2);
    ~PgbouncerServer();

    std::string url(std::string_view database = "postgres", std::string_view user = "postgres") const;

private:
    TemporaryFolder folder_;
    int port_ = 0;
    std::unique_ptr<ChildProcess> server_;
};

} // namespace trunkline::db::testing
