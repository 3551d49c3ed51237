// SPDX-License-Identifier: MIT
#include "grouping.hpp"

#include "report.hpp"

#include <trunkline/db/error.hpp>
#include <trunkline/db/grouped.hpp>

namespace trunkline::db {

void detail::prepare_grouped(Query& query, StatementKind kind)
{
    if (kind == StatementKind::reads) return query.forbid_writes();
    if (kind == StatementKind::inserts_one_row) return;
    throw UsageError(
        "the statement at " + describe(query.place()) +
        " cannot be grouped: only a SELECT that locks nothing can, and an INSERT of one row of VALUES without"
        " ON CONFLICT");
}

asio::awaitable<std::vector<Result>> Grouped::do_run(Query query)
{
    query.group();
    return inner_->do_run(std::move(query));
}

asio::awaitable<Transaction>
Grouped::do_begin(TransactionOptions options, std::optional<std::chrono::nanoseconds> limit, std::source_location place)
{
    return inner_->do_begin(options, limit, place);
}

} // namespace trunkline::db
