// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace trunkline::mirror {

using std::chrono::milliseconds;

/// Where messages are copied to, from CRM_MYSQL_*. Switching `enabled` off is the whole way back: from then on no row
/// is written to the outbox, none is claimed, and MySQL is not spoken to.
struct MirrorConfig {
    bool enabled = false;           ///< CRM_MYSQL_ENABLED
    std::string host;               ///< CRM_MYSQL_HOST
    std::uint16_t port = 3306;      ///< CRM_MYSQL_PORT
    std::string socket;             ///< a unix socket instead of host and port
    std::string user;               ///< CRM_MYSQL_USER
    std::string password;           ///< CRM_MYSQL_PASSWORD
    std::string database;           ///< CRM_MYSQL_DATABASE
    std::string table = "messages"; ///< CRM_MYSQL_TABLE

    milliseconds connect_timeout{5'000};
    milliseconds answer_timeout{30'000}; ///< for the server to answer one statement
    milliseconds slow_insert{5'000};     ///< an insert that takes longer is worth a warning

    /// What is missing or wrong although the mirror is switched on, as a sentence that says what to set. Nothing when
    /// it can be tried.
    std::optional<std::string> problem() const;

    /// Switched on, and not wanting anything. When this is false, nothing is to be written for the mirror.
    bool usable() const { return enabled && !problem(); }

    /// "crm.example.test:3306" or the socket; never a secret.
    std::string address() const;

    /// The name of the lock that says who copies into the table: at most 64 characters, which is all that MySQL takes.
    std::string lock_name() const;
};

} // namespace trunkline::mirror
