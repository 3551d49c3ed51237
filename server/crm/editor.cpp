// SPDX-License-Identifier: MIT
#include <crm/editor.hpp>

namespace trunkline::crm {

Editor editor_of(const http::Call& call)
{
    return {call.actor().tenant_id, db::to_string(call.actor().user_id), call.actor().name};
}

Editor system_editor(const Uuid& tenant, std::string team_member) { return {tenant, "system", std::move(team_member)}; }

} // namespace trunkline::crm
