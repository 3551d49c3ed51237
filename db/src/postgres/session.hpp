// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/executor.hpp>

#include <string>
#include <vector>

namespace trunkline::db::postgres {

/// What was found out about the server while logging in.
struct Session {
    std::string version;  ///< "15.20"
    bool between = false; ///< somebody answers in the server's place
    bool pooler = false;  ///< and lends us another server for each transaction
    bool unnamed = false; ///< no named statements
    bool echoes = false;  ///< answers pass through other hands: an echo tells whose they are
    Isolation default_isolation = Isolation::read_committed; ///< of a plain BEGIN
    std::vector<std::string> settings;                       ///< what is set at log-in, and again after a reset
};

/// BEGIN with no more than is needed: the isolation is named when the server would choose another.
std::string begin_text(const TransactionOptions& options, Isolation server_default);

/// Reads default_transaction_isolation; a level that is not ours counts as the nearest stronger one.
Isolation isolation_named(std::string_view name);

/// What brings a session back to how it was after log-in, prepared statements excepted: role and settings, cursors,
/// LISTENs, advisory locks, temporary tables, sequence state. They go without names:
/// a DEALLOCATE ALL of a borrower must not be able to break them, and what has no plan costs little to parse.
std::vector<std::string> reset_texts(const Session& session);

} // namespace trunkline::db::postgres
