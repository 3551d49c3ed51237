// SPDX-License-Identifier: MIT
#pragma once

#include <base/json.hpp>
#include <trunkline/db/executor.hpp>

namespace trunkline::http {

/// How the statements of one request go to the database, as its query says:
///
///     GET /api/v1/crm/clients?raw_sql=true&no_prepare=true&statement_cache_size=0
///
/// A route asks for it by taking one, beside whatever else it takes, and runs its statements on what `on` gives it:
///
///     Answer<Page<Client>> list(Call& call, Params<ClientFilter> filter, DatabaseParameters database)
///     {
///         auto db = database.on(pool_);
///         co_return co_await list_clients(db, call.actor().tenant_id, *filter);
///     }
///
/// What is wrong with one of them is told with everything else that is wrong with the request, under its name. The
/// values mean what db::StatementOptions says; they make a request more careful than the pool, never less.
struct DatabaseParameters {
    Flag<true> raw_sql;                            ///< a statement without parameters goes by the simple protocol
    Flag<true> no_prepare;                         ///< no statement has a name
    Bounded<0, 1'000'000, 0> statement_cache_size; ///< named statements a connection may keep for it; 0 is none

    db::StatementOptions options() const noexcept;
    /// A view of `db` whose statements run so. `db` has to outlive it.
    db::With on(db::Executor& db) const noexcept { return db.with(options()); }
};
BOOST_DESCRIBE_STRUCT(DatabaseParameters, (), (raw_sql, no_prepare, statement_cache_size))

namespace detail {

using QueryPairs = std::vector<std::pair<std::string, std::string>>;

/// Takes out of `query` what is meant for DatabaseParameters: their names, and misspelled ones that are nearer to them
/// than to a name of `others`, which are the route's own. Without `others` that is all of it.
QueryPairs take_database_parameters(QueryPairs& query, const std::vector<std::string_view>& others);

/// What the OpenAPI document says of each.
std::string_view describe_database_parameter(std::string_view name) noexcept;

} // namespace detail

} // namespace trunkline::http
