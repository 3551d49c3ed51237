// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/driver.hpp>
#include <trunkline/db/options.hpp>

#include <boost/asio/any_io_executor.hpp>

namespace trunkline::db::detail {

/// The driver that `options.engine` names.
std::unique_ptr<Driver> make_driver(asio::any_io_executor executor, const Options& options);

} // namespace trunkline::db::detail
