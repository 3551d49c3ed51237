// SPDX-License-Identifier: MIT
#include "lag.hpp"

#include <algorithm>

namespace trunkline::db::detail {

namespace {

constexpr std::chrono::hours lag_max{24 * 365}; // and so is one that never replayed anything

} // namespace

Query lag_query()
{
    static constexpr Sql<> question(
        "SELECT CASE WHEN NOT pg_is_in_recovery() THEN 0 "
        "WHEN pg_last_wal_receive_lsn() <= pg_last_wal_replay_lsn() AND EXISTS (SELECT 1 FROM pg_stat_wal_receiver) "
        "THEN 0 "
        "ELSE coalesce(extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()), 1e9) END::float8");
    return Query(Statement(question.text(), std::vector<Value>()));
}

std::chrono::nanoseconds lag_in(const Result& answer)
{
    const std::chrono::duration<double> seconds(answer.as<double>(0));
    if (seconds >= lag_max) return lag_max;
    return std::max(std::chrono::nanoseconds(0), std::chrono::duration_cast<std::chrono::nanoseconds>(seconds));
}

} // namespace trunkline::db::detail
