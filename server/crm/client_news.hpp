// SPDX-License-Identifier: MIT
#pragma once

#include <events/hub.hpp>
#include <trunkline/db/executor.hpp>

namespace trunkline::crm {

/// Tells all staff of the tenant, after `db`'s work is committed, that there is something new about a client.
/// On a pool: call it after the last write.
void tell_client_changed(db::Executor& db, events::Hub& hub, const db::Uuid& tenant, const db::Uuid& client);

} // namespace trunkline::crm
