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
    numeric_oid = 1700,
    uuid_oid = 2950,
    jsonb_oid = 3802,

    // Arrays of them, and of the types that are text here.
    json_array_oid = 199,
    bool_array_oid = 1000,
    name_array_oid = 1003,
    int2_array_oid = 1005,
    int4_array_oid = 1007,
    text_array_oid = 1009,
    bpchar_array_oid = 1014,
    varchar_array_oid = 1015,
    int8_array_oid = 1016,
    float4_array_oid = 1021,
    float8_array_oid = 1022,
    oid_array_oid = 1028,
    timestamp_array_oid = 1115,
    date_array_oid = 1182,
    timestamptz_array_oid = 1185,
    numeric_array_oid = 1231,
    uuid_array_oid = 2951,
    jsonb_array_oid = 3807,

    text_oid = 25, // only as the type of elements: alone, text goes without one
};

// PostgreSQL counts from 2000-01-01; it knows nothing before 4713 BC.
inline constexpr std::int64_t epoch_days = 10'957;
inline constexpr std::int64_t day_us = 86'400'000'000;
inline constexpr std::int64_t first_day = -2'451'545 + epoch_days;  // 4714-11-24 BC, of 1970
inline constexpr std::int64_t end_day = 2'145'031'949 + epoch_days; // 5874898-01-01, of 1970

} // namespace trunkline::db::postgres
