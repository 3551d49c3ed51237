// SPDX-License-Identifier: MIT
#include "cells.hpp"

#include "date_text.hpp"
#include "json_array.hpp"

#include <trunkline/db/error.hpp>

#include <cmath>
#include <new>
#include <sqlite3.h>

namespace trunkline::db::sqlite {

namespace {

void check(int code)
{
    if (code == SQLITE_NOMEM) throw std::bad_alloc();
    if (code == SQLITE_TOOBIG)
        throw Error({.message = "a parameter is larger than SQLite can hold", .sqlstate = "54000"});
    if (code != SQLITE_OK) throw Error({.message = "SQLite does not take a parameter", .sqlstate = "08P01"});
}

struct Binder {
    sqlite3_stmt* statement;
    int at;

    void operator()(std::monostate) const { check(sqlite3_bind_null(statement, at)); }
    void operator()(bool value) const { check(sqlite3_bind_int(statement, at, value ? 1 : 0)); }
    void operator()(std::int64_t value) const { check(sqlite3_bind_int64(statement, at, value)); }
    void operator()(double value) const
    {
        if (std::isnan(value)) throw Error({.message = "SQLite cannot store NaN", .sqlstate = "22003"});
        check(sqlite3_bind_double(statement, at, value));
    }
    void operator()(const std::string& value) const
    {
        check(sqlite3_bind_text64(statement, at, value.data(), value.size(), SQLITE_STATIC, SQLITE_UTF8));
    }
    void operator()(const Bytes& value) const { blob(value.value().data(), value.value().size()); }
    void operator()(const Uuid& value) const { blob(value.bytes().data(), value.bytes().size()); }
    void operator()(Time value) const { (*this)(static_cast<std::int64_t>(value.time_since_epoch().count())); }
    void operator()(Date value) const { made(detail::date_text(value)); }
    void operator()(const Array& value) const { made(detail::to_json(value)); }

private:
    void made(const std::string& text) const
    {
        check(sqlite3_bind_text64(statement, at, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
    }
    void blob(const void* data, std::size_t size) const
    {
        // A null pointer would bind NULL, not an empty BLOB.
        if (size == 0) check(sqlite3_bind_zeroblob(statement, at, 0));
        else check(sqlite3_bind_blob64(statement, at, data, size, SQLITE_STATIC));
    }
};

Value read_text(sqlite3_stmt* statement, int column)
{
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, column));
    return {Type::text, text ? std::string(text, size) : std::string()};
}

Value read_blob(sqlite3_stmt* statement, int column)
{
    const auto* data = static_cast<const std::byte*>(sqlite3_column_blob(statement, column));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, column));
    return {Type::bytes, data ? Bytes(std::vector<std::byte>(data, data + size)) : Bytes()};
}

Value read_cell(sqlite3_stmt* statement, int column)
{
    switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER: return {Type::int64, static_cast<std::int64_t>(sqlite3_column_int64(statement, column))};
    case SQLITE_FLOAT: return {Type::float64, sqlite3_column_double(statement, column)};
    case SQLITE_TEXT: return read_text(statement, column);
    case SQLITE_BLOB: return read_blob(statement, column);
    default: return {};
    }
}

} // namespace

void bind_parameters(const Prepared& prepared, std::span<const Value> parameters)
{
    if (static_cast<std::size_t>(prepared.highest) != parameters.size())
        throw UsageError("the statement has " + std::to_string(prepared.highest) + " parameters and was given " +
                         std::to_string(parameters.size()));
    for (std::size_t k = 0; k < prepared.numbers.size(); ++k) {
        const auto& value = parameters[static_cast<std::size_t>(prepared.numbers[k] - 1)];
        std::visit(Binder{prepared.statement, static_cast<int>(k) + 1}, value.content());
    }
}

void read_row(sqlite3_stmt* statement, int columns, std::vector<Value>& cells)
{
    for (int column = 0; column < columns; ++column) cells.push_back(read_cell(statement, column));
}

} // namespace trunkline::db::sqlite
