// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/driver.hpp>
#include <trunkline/db/options.hpp>

#include <boost/asio/any_io_executor.hpp>

namespace trunkline::db {

/// A driver for PostgreSQL 12 and later, directly or behind a transaction pooler; `options.target` is the URL for
/// libpq. Connecting looks names up on threads of the driver's own; everything else happens on `executor`.
///
/// Lifetime: the driver and its connections end before the context of `executor` does.
std::unique_ptr<Driver> make_postgres_driver(asio::any_io_executor executor, const Options& options);

} // namespace trunkline::db
