// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/options.hpp>

#include <string>
#include <vector>

namespace trunkline::db::mysql {

/// What is known of the server on the other side, and how its session is set up.
struct Session {
    std::string server; ///< "MariaDB 10.11.19"
    bool mariadb = false;
    bool bulk = false;                           ///< it has MariaDB's bulk protocol
    std::uint64_t packet_max = 16 * 1024 * 1024; ///< max_allowed_packet
    Isolation isolation = Isolation::read_committed;

    /// The statement that makes a session ours, at log-in and after each reset.
    ///
    /// utf8mb4 and UTC, whatever the server's habits. Autocommit, the pool's isolation. Modes: strict, so that a value
    /// that does not fit is an error; and those that make a text mean the same as on the other engines: "…" is a name
    /// (ANSI_QUOTES), || joins texts (PIPES_AS_CONCAT), a backslash is a character like any other
    /// (NO_BACKSLASH_ESCAPES).
    std::string settings() const;
    /// What begins a transaction: one text, or two.
    std::vector<std::string> begin_texts(const TransactionOptions& options) const;
};

} // namespace trunkline::db::mysql
