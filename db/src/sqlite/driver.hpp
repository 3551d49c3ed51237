// SPDX-License-Identifier: MIT
#pragma once

#include "limits.hpp"

#include <trunkline/db/driver.hpp>
#include <trunkline/db/options.hpp>

#include <boost/asio/any_io_executor.hpp>

namespace trunkline::db {

/// A driver for the file `options.target`, or for a database in memory (":memory:"), which lives as long as the
/// driver and has one connection.
///
/// SQLite blocks, so it has threads of its own: one that writes, a few that read. Calls are made on the thread (or the
/// strand) of `executor`, and what they await resumes there. The file is opened by the first `connect`.
///
/// Destroy the driver before the execution contexts on which its callers wait. That interrupts what runs, answers what
/// waits with ConnectionLost, and joins the threads.
std::unique_ptr<Driver> make_sqlite_driver(asio::any_io_executor executor, const Options& options);
std::unique_ptr<Driver> make_sqlite_driver(asio::any_io_executor executor, const Options& options,
                                           sqlite::Limits limits);

} // namespace trunkline::db
