// SPDX-License-Identifier: MIT
#pragma once

#include "statement_kind.hpp"

#include <trunkline/db/query.hpp>

namespace trunkline::db::detail {

/// For a statement that is to be grouped: throws UsageError when one of its kind cannot be, and has the server told that
/// one that reads does nothing else. See grouped.hpp.
void prepare_grouped(Query& query, StatementKind kind);

} // namespace trunkline::db::detail
