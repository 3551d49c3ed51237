// SPDX-License-Identifier: MIT
#pragma once

#include <http/call.hpp>

namespace trunkline::crm {

/// Who changes the CRM: a person of the staff, or the house itself. Everything it does stays in its tenant.
struct Editor {
    Uuid tenant_id;
    std::string actor; ///< as the audit names it: a user's id, or "system"
    std::string name;  ///< as people read it: `created_by`, `team_member`
};

Editor editor_of(const http::Call& call);

/// The house, on behalf of `team_member`.
Editor system_editor(const Uuid& tenant, std::string team_member = "system");

} // namespace trunkline::crm
