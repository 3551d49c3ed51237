// SPDX-License-Identifier: MIT
#pragma once

#include <base/clock.hpp>
#include <trunkline/db/executor.hpp>

#include <span>

namespace trunkline {

/// One step of the schema. Its text is written once for both engines, with type words in braces:
/// {uuid} {time} {json} {bytes} {int} {bool} {real} {strict}. Lines between `-- only postgresql` (or sqlite) and
/// `-- end` are for that engine alone. A step that has landed is never edited: its checksum is in the database.
struct Migration {
    std::string_view name; ///< UTC minute and room: "202611210100_accounts"
    std::string_view text;
};

/// All steps of this program, in their order (generated from migrations/steps).
std::span<const Migration> all_migrations();

/// The statements of a step as `engine` reads them.
std::vector<std::string> statements_for(const Migration& migration, db::Engine engine);

/// What the database says against being migrated: it is newer than the program, or a step was changed after it landed.
struct MigrationRefused : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Brings the schema up to date, in one transaction; two processes that start at once do it once. On PostgreSQL give
/// the direct connection, not the pooler's. Creates and touches only what is Trunkline's own.
/// Answers how many steps were applied.
asio::awaitable<std::size_t> migrate(db::Executor& db, const Clock& clock,
                                     std::span<const Migration> steps = all_migrations());

} // namespace trunkline
