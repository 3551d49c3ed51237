// SPDX-License-Identifier: MIT
#pragma once

#include <crm/clients.hpp>

namespace trunkline::crm {

// The table of clients, for the files that write to it.

inline constexpr std::string_view client_columns =
    "id, full_name, email, phone, whatsapp, nationality, company, status, client_type, assigned_to, notes, tags,"
    " first_contact_at, last_interaction_at, created_at, created_by";

/// The clients of a tenant; what is added goes on after its WHERE.
db::SqlBuilder select_clients(const Uuid& tenant);

/// False when another client of the tenant has the address; then nothing was written.
asio::awaitable<bool> insert_client_row(db::Executor& db, const Uuid& tenant, const Client& client,
                                        bool name_is_stand_in);

} // namespace trunkline::crm
