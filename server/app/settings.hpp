// SPDX-License-Identifier: MIT
#pragma once

#include <accounts/accounts.hpp>
#include <agents/openai_agent.hpp>
#include <base/config.hpp>
#include <base/log.hpp>
#include <http/server.hpp>
#include <mirror/mirror_config.hpp>
#include <trunkline/db/options.hpp>

namespace trunkline {

// What the rooms want to know, read from the configuration. Each throws ConfigError with the setting's name.

accounts::Registration registration_of(const Config& config);
mirror::MirrorConfig mirror_config_of(const Config& config);
http::ServerOptions server_options_of(const Config& config);
http::RouterOptions router_options_of(const Config& config);
db::Options database_options_of(const Config& config);
/// The few connections beside the pool's: to DATABASE_DIRECT_URL, else to the pool's own PostgreSQL; none on SQLite.
std::optional<db::Options> direct_options_of(const Config& config);
/// The model to ask, when one is configured.
std::optional<agents::ModelOptions> model_options_of(const Config& config);
std::chrono::seconds crm_wait_max_of(const Config& config);
LogLevel log_level_of(const Config& config);

/// Refuses to serve passwords in clear beyond this machine, unless the operator says so.
void refuse_open_http(const Config& config, bool insecure_http);

} // namespace trunkline
