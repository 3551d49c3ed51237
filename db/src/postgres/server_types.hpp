// SPDX-License-Identifier: MIT
#pragma once

#include <libpq-fe.h>

#include <cstdint>

namespace trunkline::db::postgres {

// The server's numbers for its types (pg_type.dat); they never change.
enum : Oid {
    bool_oid = 16,
    bytea_oid = 17,
    int8_oid = 20,
    int2_oid = 21,
    int4_oid = 23,
    oid_oid = 26,
    json_oid = 114,
    float4_oid = 700,
    float8_oid = 701,
    date_oid = 1082,
    timestamp_oid = 1114,
    timestamptz_oid = 1184,
    uuid_oid = 2950,
    jsonb_oid = 3802,
};

// PostgreSQL counts from 2000-01-01; it knows nothing before 4713 BC.
inline constexpr std::int64_t epoch_days = 10'957;
inline constexpr std::int64_t day_us = 86'400'000'000;
inline constexpr std::int64_t first_day = -2'451'545 + epoch_days;  // 4714-11-24 BC, of 1970
inline constexpr std::int64_t end_day = 2'145'031'949 + epoch_days; // 5874898-01-01, of 1970

} // namespace trunkline::db::postgres
