// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/driver.hpp>
#include <trunkline/db/options.hpp>

#include <boost/asio/any_io_executor.hpp>

namespace trunkline::db {

/// A driver for MariaDB 10.6 and later and MySQL 8; `options.target` is the URL that Options made. Connecting looks
/// names up on a thread of the driver's own; everything else happens on `executor`.
///
/// Lifetime: the driver and its connections end before the context of `executor` does.
std::unique_ptr<Driver> make_mysql_driver(asio::any_io_executor executor, const Options& options);

} // namespace trunkline::db
