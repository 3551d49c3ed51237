// SPDX-License-Identifier: MIT
#pragma once

#include <base/clock.hpp>
#include <trunkline/db/pool.hpp>

namespace trunkline {

/// Once an hour forgets what is over: ended sessions, old answers to repeated requests, delivered rows of the outbox.
asio::awaitable<void> keep_house(db::Pool& pool, Clock& clock);

} // namespace trunkline
