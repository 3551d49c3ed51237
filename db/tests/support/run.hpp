// SPDX-License-Identifier: MIT
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>

namespace trunkline::db::testing {

namespace asio = boost::asio;

/// Runs `work` on `io` until it ends; rethrows what it throws, and
/// throws std::runtime_error when the work has not ended after `limit` of real time: a test never hangs.
void run(asio::io_context& io, asio::awaitable<void> work, std::chrono::seconds limit = std::chrono::seconds(60));

} // namespace trunkline::db::testing
