// SPDX-License-Identifier: MIT
#pragma once

#include "lease.hpp"

namespace trunkline::db::detail {

class Session;

/// Runs a statement or a unit on a connection of the pool: among those of others if it may, else on one for itself.
/// It outlives the pool when it has to.
asio::awaitable<std::vector<Result>> run(std::shared_ptr<Slots> slots, Query query);

// Its steps, for who chooses a connection by himself. What they run is learned from: see StatementSpeeds.

/// A connection to run something on, in the caller's turn: a part of it when he may share, and it can be shared.
asio::awaitable<Lease> acquire_to_run(std::shared_ptr<Slots> slots, Slot::Holding holding, Deadline not_after);
/// Runs a statement among those of others. REQUIRES: the lease is shared, and outlives the call.
asio::awaitable<std::vector<Result>> run_beside(const Lease& lease, Query query, Deadline not_after);
/// Runs a statement or a unit on a connection that nobody else has.
asio::awaitable<std::vector<Result>> run_alone(std::shared_ptr<Session> session, Query query, Deadline not_after);

} // namespace trunkline::db::detail
