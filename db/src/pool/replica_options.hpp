// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/driver.hpp>
#include <trunkline/db/options.hpp>

namespace trunkline::db::detail {

/// The options of the connections to standbys. Their target holds the hosts that `options.replicas` names, or else the
/// URL's own; it stays as it is when nobody could be a standby.
Options replica_options(const Options& options);

/// A driver that connects to standbys only; none when there are none.
std::unique_ptr<Driver> make_replica_driver(asio::any_io_executor executor, const Options& options);

} // namespace trunkline::db::detail
