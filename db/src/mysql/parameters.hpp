// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/query.hpp>

#include <mysql.h>

#include <deque>
#include <span>
#include <stdexcept>

namespace trunkline::db::mysql {

/// What MySQL cannot hold: a time outside the years 1 to 9999 (22008), a number that is none (22003). The message names
/// the parameter by its number, never its value.
struct UnfitParameter : std::invalid_argument {
    UnfitParameter(std::string_view sqlstate, const std::string& message)
        : std::invalid_argument(message), state(sqlstate)
    {}
    std::string state;
};

/// One number or time where Connector/C reads it.
union Scalar {
    signed char boolean;
    std::int64_t integer;
    double real;
    MYSQL_TIME time;
};

/// The parameters of one execution in the order of the `?`. Integers go as BIGINT, doubles as DOUBLE, times as DATETIME
/// with microseconds, text and JSON as text, arrays as JSON text, bytes and uuids as BLOB: all in binary.
///
/// Lifetime: it points into `values`.
class Parameters {
public:
    Parameters(const std::vector<Value>& values, const std::vector<std::uint8_t>& order);
    Parameters(const Parameters&) = delete;

    MYSQL_BIND* binds() noexcept { return binds_.data(); }
    std::size_t size() const noexcept { return binds_.size(); }
    /// On the wire, about.
    std::size_t bytes() const noexcept { return bytes_; }

private:
    std::vector<Scalar> scalars_;    ///< one for each value
    std::deque<std::string> arrays_; ///< as text, those that are one
    std::vector<MYSQL_BIND> binds_;
    std::size_t bytes_ = 0;
};

/// The parameters of many executions, column by column, for MariaDB's bulk protocol.
///
/// Lifetime: it points into the statements.
class BulkParameters {
public:
    /// Nothing when a column does not have one type in all rows.
    static std::optional<BulkParameters> of(std::span<const Statement> statements,
                                            const std::vector<std::uint8_t>& order);

    MYSQL_BIND* binds() noexcept { return binds_.data(); }
    unsigned rows() const noexcept { return rows_; }

private:
    struct Column {
        std::vector<std::int64_t> integers;
        std::vector<double> reals;
        std::vector<signed char> booleans;
        std::vector<MYSQL_TIME> times;
        std::vector<const void*> pointers; ///< to texts and times
        std::vector<unsigned long> lengths;
        std::vector<char> indicators;
    };

    static bool fill(Column& column, MYSQL_BIND& bind, std::span<const Statement> statements, std::size_t parameter);

    unsigned rows_ = 0;
    std::vector<Column> columns_;
    std::vector<MYSQL_BIND> binds_;
};

inline constexpr std::size_t packet_head = 1024; // around the parameters

/// How many bytes the value takes on the wire, about.
std::size_t size_of(const Value& value);
/// The same of a statement with its parameters and what is around them.
std::size_t size_of(const Statement& statement);

} // namespace trunkline::db::mysql
