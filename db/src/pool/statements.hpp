// SPDX-License-Identifier: MIT
#pragma once

#include "lease.hpp"

namespace trunkline::db::detail {

/// Runs a statement or a unit on a connection of the pool: among those of others if it may, else on one for itself.
/// It outlives the pool when it has to.
asio::awaitable<std::vector<Result>> run(std::shared_ptr<Slots> slots, Query query);

} // namespace trunkline::db::detail
