// SPDX-License-Identifier: MIT
#pragma once

#include "statement_kind.hpp"

#include <trunkline/db/sql.hpp>

namespace trunkline::db::detail {

/// Throws UsageError when a statement of that kind cannot be grouped: see grouped.hpp.
void expect_groupable(StatementKind kind, const SqlText& statement);

} // namespace trunkline::db::detail
