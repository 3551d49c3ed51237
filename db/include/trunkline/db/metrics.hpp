// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/pool.hpp>

#include <span>
#include <string>
#include <string_view>

namespace trunkline::db {

/// The numbers of one pool, under the name by which a dashboard tells it from the program's other pools.
struct NamedStats {
    std::string_view pool; ///< UTF-8; anything else may stand in it
    PoolStats stats;
};

/// The numbers in Prometheus' text format (version 0.0.4), for a scrape to read:
///
///     text/plain; version=0.0.4; charset=utf-8
///
/// What OpenTelemetry's conventions for database clients have a name for carries it, as its rules for Prometheus turn
/// it round: `db.client.connection.wait_time` is `db_client_connection_wait_time_seconds`. Times are histograms with the
/// bounds that the conventions advise for `db.client.operation.duration`. That one carries `db.system.name` and nothing
/// of the statement; it counts what goes to the server as one call (a statement, a unit, a BEGIN), failed ones too, and
/// leaves out the wait for a connection, which has a histogram of its own. The states `opening` and `closing` are ours,
/// so that the states of a pool add up to the connections that the server sees. What has no name there begins with
/// `trunkline_db_`.
///
/// Each family is introduced once, however many pools there are: give all of them in one call. Throws
/// std::invalid_argument when two have the same name, which would be the same series twice, and a scrape that is
/// refused as a whole; or when a name is not UTF-8, for the same reason.
std::string prometheus_text(std::span<const NamedStats> pools);

/// The same for the only pool of a program.
std::string prometheus_text(std::string_view pool, const PoolStats& stats);

} // namespace trunkline::db
