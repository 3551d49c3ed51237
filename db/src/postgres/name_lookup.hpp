// SPDX-License-Identifier: MIT
#pragma once

#include "bounded.hpp"
#include "postgres/target.hpp"

namespace trunkline::db::postgres {

/// As `locate`, without blocking and without a thread of one's own: Asio's resolver does it. A look-up that takes too
/// long goes on unobserved. Throws ConnectFailed when the deadline comes first, or no host has an address.
///
/// REQUIRES: it runs within `on_its_own_terms`.
asio::awaitable<std::vector<Host>> look_up(Target target, Deadline deadline);

} // namespace trunkline::db::postgres
