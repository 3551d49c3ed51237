// SPDX-License-Identifier: MIT
#pragma once

#include "postgres/clean_texts.hpp"
#include "postgres/wire.hpp"

#include <trunkline/db/query.hpp>
#include <trunkline/db/result.hpp>

namespace trunkline::db::postgres {

/// What one call sends, and what came of it: perhaps a reset, perhaps old statements to close, perhaps a question of
/// ours, then the call itself.
struct Trip {
    Block reset;
    Block evictions;
    Block asking; ///< `question`
    Block main;
    std::optional<CleanTexts::Question> question;
    std::deque<Parameters> parameters; ///< what the steps of `main` point to
    bool simple = false;               ///< `main` goes by the simple protocol
    bool unit = false;
    const CopyRows* rows = nullptr; ///< that follow the one step of `main`
    std::uint64_t copied = 0;
    bool named = false; ///< a named statement is used
    bool began_idle = false;
    bool began_failed = false; ///< in a transaction that accepts nothing but its rollback
    Interruption why = Interruption::none;

    /// The step of `main` that failed, or nullptr.
    const Step* failure() const;
    bool reset_failed() const;
    /// Whether a step of the call left something in the session by the server's own word: SET, LISTEN, PREPARE …
    bool left_state() const;
    /// Whether a step was a PREPARE.
    bool prepared() const;
    /// Whether a step may have changed the schema.
    bool changed_schema() const;
};

/// The rows of `reply`; a cell that has no place in a Value is a DecodeError (outcome `applied`) naming its column.
Result read_result(const PGresult* reply, const Statement& statement, db::detail::ColumnLists& lists);

} // namespace trunkline::db::postgres
