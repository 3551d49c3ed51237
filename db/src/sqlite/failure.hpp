// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/error.hpp>
#include <trunkline/db/query.hpp>

#include <string_view>

namespace trunkline::db::sqlite {

/// When in a statement's life SQLite refused it.
enum class Stage { prepare, step, commit };

/// Says what SQLite said in the vocabulary of SQLSTATE: state, message, constraint, outcome. Pure.
///
/// `code` is an extended result code. A message of a running statement may quote a parameter (FTS5 does): what stands
/// in quotes is left out there.
ErrorInfo failure_of(int code, std::string_view message, Stage stage);

/// Adds which statement failed, where it was written, and its place in the unit when there is one.
void add_statement(ErrorInfo& info, const Statement& statement, std::optional<std::size_t> index);

} // namespace trunkline::db::sqlite
