// SPDX-License-Identifier: MIT
#pragma once

#include "postgres/wire.hpp"

#include <trunkline/db/query.hpp>
#include <trunkline/db/result.hpp>

namespace trunkline::db::postgres {

/// What one call sends, and what came of it: perhaps a reset, perhaps old statements to close, then the call itself.
struct Trip {
    Block reset;
    Block evictions;
    Block main;
    std::deque<Parameters> parameters; ///< what the steps of `main` point to
    bool simple = false;               ///< `main` goes by the simple protocol
    bool unit = false;
    bool named = false; ///< a named statement is used
    bool began_idle = false;
    Interruption why = Interruption::none;

    /// The step of `main` that failed, or nullptr.
    const Step* failure() const;
    bool reset_failed() const;
};

/// The rows of `reply`; a cell that has no place in a Value is a DecodeError (outcome `applied`) naming its column.
Result read_result(const PGresult* reply, const Statement& statement);

} // namespace trunkline::db::postgres
