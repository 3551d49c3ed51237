// SPDX-License-Identifier: MIT
#pragma once

#include "postgres/parameters.hpp"
#include "postgres/statement_cache.hpp"

#include <trunkline/db/query.hpp>

#include <string_view>

namespace trunkline::db::postgres {

/// The text of a statement; refused when libpq would cut it off. Lives as long as the statement.
std::string_view text_of(const Statement& statement);

/// Encodes; what cannot be encoded is refused here, with the statement and its place.
Parameters encode(const Statement& statement);

/// Under what it is prepared. Points into both.
StatementKey key_of(std::string_view text, const Parameters& parameters);

} // namespace trunkline::db::postgres
