// SPDX-License-Identifier: MIT
#pragma once

#include "slots.hpp"

namespace trunkline::db::detail {

/// What the pool's policy has to keep to: what the options ask for, as far as the driver can do it.
PoolPolicy::Limits limits_of(const Options& options, const Driver& driver, Slots::Kind kind);

} // namespace trunkline::db::detail
