// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/types.hpp>

#include <array>
#include <span>
#include <string_view>

// The parameters of a URL that are not the pool's: they are passed on as they were written.
namespace trunkline::db::detail {

/// What libpq reads itself and gets as it was written.
// clang-format off
inline constexpr auto libpq = std::to_array<std::string_view>({
    "user", "password", "host", "hostaddr", "port", "dbname", "passfile", "service", "options", "channel_binding",
    "require_auth", "sslmode", "sslcompression", "sslcert", "sslkey", "sslpassword", "sslcertmode", "sslrootcert",
    "sslcrl", "sslcrldir", "sslsni", "ssl_min_protocol_version", "ssl_max_protocol_version", "requirepeer",
    "gssencmode", "krbsrvname", "gsslib", "gssdelegation", "target_session_attrs", "keepalives",
    "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout", "fallback_application_name"});
// clang-format on

inline constexpr std::array<std::string_view, 6> session_attrs{"any",     "read-write", "read-only",
                                                               "primary", "standby",    "prefer-standby"};

/// What our MySQL driver reads out of the target; see docs/mysql.md.
inline constexpr auto mysql_names = std::to_array<std::string_view>(
    {"user", "password", "socket", "ssl_mode", "ssl_ca", "ssl_capath", "ssl_cert", "ssl_key", "ssl_cipher", "ssl_crl",
     "ssl_crlpath", "ssl_fingerprint", "tls_version"});

inline constexpr auto ssl_modes =
    std::to_array<std::string_view>({"disabled", "required", "verify_ca", "verify_identity"});

/// The parameters that an engine's driver reads itself.
inline std::span<const std::string_view> names_of(Engine engine)
{
    switch (engine) {
    case Engine::postgresql: return libpq;
    case Engine::mysql: return mysql_names;
    case Engine::sqlite: break;
    }
    return {};
}

} // namespace trunkline::db::detail
