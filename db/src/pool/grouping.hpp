// SPDX-License-Identifier: MIT
#pragma once

#include "statement_kind.hpp"

#include <trunkline/db/query.hpp>

namespace trunkline::db::detail {

/// Whether the server is told that what is asked only reads.
bool is_told_to_read(const Query& query, Engine engine);

/// Throws UsageError when a statement of that kind cannot be grouped: see grouped.hpp.
void expect_groupable(StatementKind kind, const SqlText& statement);

} // namespace trunkline::db::detail
