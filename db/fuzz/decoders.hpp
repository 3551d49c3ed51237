// SPDX-License-Identifier: MIT
#pragma once

#include "promise.hpp"

#include "postgres/cells.hpp"
#include "postgres/server_types.hpp"
#include "sqlite/cells.hpp"

#include <trunkline/db/error.hpp>

#include <sqlite3.h>

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace trunkline::db::fuzz {

/// A cell that is there is read as each type, or refused with a DecodeError; nothing else can happen.
template <class... Types>
void read_as(const Value& cell)
{
    const auto read = [&]<class T>(std::type_identity<T>) {
        try {
            (void)from_value<T>(cell);
        } catch (const DecodeError& refused) {
            expect(refused.outcome() == Outcome::applied, "a cell that cannot be read was there", refused.what());
        }
    };
    (read(std::type_identity<Types>{}), ...);
}

inline void read_as_anything(const Value& cell)
{
    read_as<bool, std::int16_t, std::int32_t, std::int64_t, std::uint32_t, float, double, std::string, Json, Bytes,
            Uuid, Time, Date, Numeric, std::optional<std::int16_t>, std::optional<Uuid>, std::optional<Date>,
            std::vector<bool>, std::vector<std::int32_t>, std::vector<double>, std::vector<std::string>,
            std::vector<std::optional<Time>>, std::optional<std::vector<std::optional<Numeric>>>>(cell);
}

// -- PostgreSQL ------------------------------------------------------------------

inline constexpr std::array<Oid, 24> oids{
    postgres::bool_oid, postgres::bytea_oid, postgres::int8_oid, postgres::int2_oid, postgres::int4_oid,
    postgres::oid_oid, postgres::json_oid, postgres::date_oid, postgres::float4_oid, postgres::float8_oid,
    postgres::timestamptz_oid, postgres::uuid_oid, postgres::jsonb_oid, postgres::timestamp_oid, 0,
    // Behind the others: the seeds count on the order.
    postgres::numeric_oid, postgres::bool_array_oid, postgres::int4_array_oid, postgres::float8_array_oid,
    postgres::text_array_oid, postgres::uuid_array_oid, postgres::timestamptz_array_oid, postgres::date_array_oid,
    postgres::numeric_array_oid};

/// Whatever a server sends: a value of the column's type, or a refusal.
inline void check_any_cell(Oid type, std::string_view text)
{
    try {
        const Value cell = postgres::decode(type, text);
        expect(!cell.is_null(), "what was sent is not NULL", text);
        expect(cell.type() == postgres::decode_null(type).type(), "a NULL is of its column's type", text);
        read_as_anything(cell);
    } catch (const std::invalid_argument& refused) {
        expect(*refused.what() != '\0', "a refusal has words", text);
    }
}

inline void expect_cell(Oid type, const std::string& text, const Value::Content& wanted)
{
    const Value cell = postgres::decode(type, text);
    expect(cell.content() == wanted, "a value is read as the server writes it", text);
}

template <std::size_t size>
std::string written(const char (&text)[size], int length)
{
    return {text, static_cast<std::size_t>(length)};
}

/// A moment as PostgreSQL writes it, in a zone so many minutes east of Greenwich.
inline std::string postgres_time(Time time, int east)
{
    const auto local = time + std::chrono::minutes(east);
    const auto day = std::chrono::floor<std::chrono::days>(local);
    const std::chrono::year_month_day date(day);
    const long long us = (local - day).count();
    char text[96];
    return written(text, std::snprintf(text, sizeof text, "%04d-%02u-%02u %02lld:%02lld:%02lld.%06lld%c%02d:%02d",
                                       static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                                       static_cast<unsigned>(date.day()), us / 3'600'000'000, us / 60'000'000 % 60,
                                       us / 1'000'000 % 60, us % 1'000'000, east < 0 ? '-' : '+', std::abs(east) / 60,
                                       std::abs(east) % 60));
}

inline void check_times(Input input)
{
    constexpr std::int64_t first = -62'135'596'800'000'000, span = 315'537'897'600'000'000; // the years 1 to 9999
    const Time time(std::chrono::microseconds(first + 86'400'000'000 +
                                              static_cast<std::int64_t>(input.number() % (span - 172'800'000'000))));
    const int east = input.byte() * 6 % 900 - 450;
    expect_cell(postgres::timestamptz_oid, postgres_time(time, east), time);
    const auto day = std::chrono::floor<std::chrono::days>(time);
    expect_cell(postgres::date_oid, postgres_time(day, 0).substr(0, 10), Date(day));
}

inline void check_numbers(Input input)
{
    const auto number = std::bit_cast<std::int64_t>(input.number());
    expect_cell(postgres::int8_oid, std::to_string(number), number);
    const auto real = std::bit_cast<double>(number);
    const auto small = static_cast<float>(real);
    if (std::isnan(real)) return;
    char text[64];
    const auto end = std::to_chars(text, text + sizeof text, real).ptr;
    expect_cell(postgres::float8_oid, std::string(text, end), real);
    const auto small_end = std::to_chars(text, text + sizeof text, small).ptr;
    expect_cell(postgres::float4_oid, std::string(text, small_end), static_cast<double>(small));
}

inline void check_bytes(std::string_view bytes)
{
    std::string hex = "\\x", escaped;
    for (const char c : bytes) {
        char text[8];
        hex += written(text, std::snprintf(text, sizeof text, "%02x", static_cast<unsigned char>(c)));
        const bool plain = c >= 0x20 && c < 0x7f && c != '\\';
        if (plain) escaped += c;
        else if (c == '\\') escaped += "\\\\";
        else escaped += written(text, std::snprintf(text, sizeof text, "\\%03o", static_cast<unsigned char>(c)));
    }
    expect_cell(postgres::bytea_oid, hex, Bytes::from(bytes));
    if (!escaped.starts_with("\\x")) expect_cell(postgres::bytea_oid, escaped, Bytes::from(bytes));
}

inline Uuid uuid_of(Input& input)
{
    Uuid::Bytes16 bytes{};
    for (auto& byte : bytes) byte = input.byte();
    return Uuid(bytes);
}

// -- SQLite ----------------------------------------------------------------------

/// A statement of one parameter on a database in memory.
class Echo {
public:
    Echo()
    {
        expect(sqlite3_open(":memory:", &handle_) == SQLITE_OK, "SQLite opens a database in memory");
        expect(sqlite3_prepare_v2(handle_, "SELECT ?", -1, &prepared_.emplace().statement, nullptr) == SQLITE_OK,
               "SQLite prepares");
        prepared_->numbers = {1};
        prepared_->highest = 1;
    }
    Echo(const Echo&) = delete;
    Echo& operator=(const Echo&) = delete;
    ~Echo()
    {
        prepared_.reset();
        sqlite3_close(handle_);
    }

    /// What SQLite makes of a parameter.
    Value operator()(const Value& value)
    {
        sqlite3_reset(prepared_->statement);
        sqlite::bind_parameters(*prepared_, std::span(&value, 1));
        expect(sqlite3_step(prepared_->statement) == SQLITE_ROW, "SQLite answers with a row");
        std::vector<Value> cells;
        sqlite::read_row(prepared_->statement, 1, cells);
        sqlite3_reset(prepared_->statement);
        expect(cells.size() == 1, "a row of one column has one cell");
        return std::move(cells[0]);
    }

private:
    sqlite3* handle_ = nullptr;
    std::optional<sqlite::Prepared> prepared_;
};

template <class T>
void expect_echo(Echo& echo, const T& value)
{
    const Value cell = echo(to_value(value));
    expect(from_value<T>(cell) == value, "what is given to SQLite comes back");
}

inline void check_sqlite(std::string_view bytes)
{
    static Echo echo; // opening one for each input would be all that is done
    Input input(bytes);
    const auto number = std::bit_cast<std::int64_t>(input.number());
    expect_echo(echo, number);
    expect_echo(echo, (number & 1) != 0);
    expect_echo(echo, Time(std::chrono::microseconds(number)));
    constexpr std::int64_t days_max = 2'932'896; // to the end of 9999
    expect_echo(echo, Date(std::chrono::days(std::abs(number % days_max))));
    if (!std::isnan(std::bit_cast<double>(number))) expect_echo(echo, std::bit_cast<double>(number));
    expect_echo(echo, uuid_of(input));
    expect_echo(echo, Bytes::from(bytes));
    expect_echo(echo, std::string(bytes));
    expect_echo(echo, std::optional<std::string>());
    expect_echo(echo, std::vector<std::optional<std::string>>{std::string(bytes), std::nullopt, ""});
    expect_echo(echo, std::vector<std::int64_t>{number, ~number});
}

// -- All of it -------------------------------------------------------------------

/// The first byte chooses a type; the rest is what a server sends, and values to send.
inline void check_decoders(std::string_view bytes)
{
    Input input(bytes);
    const Oid type = oids[input.byte() % oids.size()];
    check_any_cell(type, input.rest());
    check_times(input);
    check_numbers(input);
    check_bytes(input.rest());
    Input rest = input;
    const Uuid id = uuid_of(rest);
    expect_cell(postgres::uuid_oid, to_string(id), id);
    check_sqlite(input.rest());
}

} // namespace trunkline::db::fuzz
