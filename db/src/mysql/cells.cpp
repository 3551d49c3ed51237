// SPDX-License-Identifier: MIT
#include "mysql/cells.hpp"

#include <charconv>
#include <cstdio>
#include <stdexcept>

namespace trunkline::db::mysql {

namespace {

constexpr unsigned binary_charset = 63;

bool is_json(const MYSQL_FIELD& field)
{
    if (field.type == MYSQL_TYPE_JSON) return true;
    MARIADB_CONST_STRING format{};
    return mariadb_field_attr(&format, &field, MARIADB_FIELD_ATTR_FORMAT_NAME) == 0 && format.length == 4 &&
           std::string_view(format.str, format.length) == "json";
}

Type width_of(const MYSQL_FIELD& field)
{
    const bool wide = (field.flags & UNSIGNED_FLAG) != 0;
    switch (field.type) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_YEAR: return Type::int16;
    case MYSQL_TYPE_SHORT: return wide ? Type::int32 : Type::int16;
    case MYSQL_TYPE_INT24: return Type::int32;
    case MYSQL_TYPE_LONG: return wide ? Type::int64 : Type::int32;
    default: return Type::int64;
    }
}

struct Reading {
    Column::Kind kind;
    Type type;
};

Reading reading_of(const MYSQL_FIELD& field)
{
    using enum Column::Kind;
    switch (field.type) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_LONGLONG:
    case MYSQL_TYPE_YEAR: return {integer, width_of(field)};
    case MYSQL_TYPE_FLOAT: return {single, Type::float64};
    case MYSQL_TYPE_DOUBLE: return {real, Type::float64};
    case MYSQL_TYPE_DATETIME:
    case MYSQL_TYPE_DATETIME2:
    case MYSQL_TYPE_TIMESTAMP:
    case MYSQL_TYPE_TIMESTAMP2: return {moment, Type::time};
    case MYSQL_TYPE_DATE:
    case MYSQL_TYPE_NEWDATE: return {date, Type::date};
    case MYSQL_TYPE_TIME:
    case MYSQL_TYPE_TIME2: return {clock, Type::text};
    case MYSQL_TYPE_BIT: return {bits, Type::int64};
    case MYSQL_TYPE_NULL: return {nothing, Type::text};
    case MYSQL_TYPE_DECIMAL:
    case MYSQL_TYPE_NEWDECIMAL: return {text, Type::text};
    case MYSQL_TYPE_GEOMETRY: return {bytes, Type::bytes};
    default: break;
    }
    if (is_json(field)) return {json, Type::json};
    if (field.charsetnr == binary_charset) return {bytes, Type::bytes};
    return {text, Type::text};
}

[[noreturn]] void refuse(const std::string& why) { throw std::invalid_argument(why); }

Value integer_value(const Column& column, std::uint64_t bits)
{
    const auto value = static_cast<std::int64_t>(bits);
    if (column.is_unsigned && value < 0)
        refuse("a BIGINT UNSIGNED above 9223372036854775807 does not fit a 64-bit integer");
    return {column.type, value};
}

Value bits_value(std::string_view bytes)
{
    std::uint64_t bits = 0;
    for (const char byte : bytes) bits = bits << 8 | static_cast<unsigned char>(byte);
    if (bytes.size() > 8 || bits >> 63) refuse("a BIT above 9223372036854775807 does not fit a 64-bit integer");
    return {Type::int64, static_cast<std::int64_t>(bits)};
}

Date day_of(const MYSQL_TIME& time)
{
    const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(time.year)),
                                           std::chrono::month(time.month), std::chrono::day(time.day)};
    if (!date.ok()) refuse("a date with a zero in it, such as 0000-00-00, is no date");
    return std::chrono::sys_days(date);
}

Time moment_of(const MYSQL_TIME& time)
{
    return day_of(time) + std::chrono::hours(time.hour) + std::chrono::minutes(time.minute) +
           std::chrono::seconds(time.second) + std::chrono::microseconds(time.second_part);
}

/// As the server writes a TIME: hours may have three digits and a sign.
std::string clock_of(const MYSQL_TIME& time, unsigned decimals)
{
    char text[64];
    const unsigned hours = time.day * 24 + time.hour;
    int length =
        std::snprintf(text, sizeof text, "%s%02u:%02u:%02u", time.neg ? "-" : "", hours, time.minute, time.second);
    std::string made(text, static_cast<std::size_t>(length));
    if (decimals == 0 || decimals > 6) return made;
    length = std::snprintf(text, sizeof text, ".%06lu", time.second_part);
    return made + std::string(text, decimals + 1);
}

template <class Number>
Number number_of(std::string_view text)
{
    Number number{};
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (problem != std::errc() || end != text.data() + text.size()) refuse("the server sent a number that is none");
    return number;
}

/// "2024-02-29 12:34:56.123456", or the beginning of it.
MYSQL_TIME time_of(std::string_view text)
{
    MYSQL_TIME time{};
    const auto part = [&](std::size_t at, std::size_t length) {
        return text.size() >= at + length ? number_of<unsigned>(text.substr(at, length)) : 0;
    };
    time.year = part(0, 4);
    time.month = part(5, 2);
    time.day = part(8, 2);
    time.hour = part(11, 2);
    time.minute = part(14, 2);
    time.second = part(17, 2);
    if (text.size() > 20) {
        std::string fraction(text.substr(20, 6));
        fraction.resize(6, '0');
        time.second_part = number_of<unsigned>(fraction);
    }
    return time;
}

Value bytes_value(const Column& column, std::string_view bytes)
{
    switch (column.kind) {
    case Column::Kind::bytes: return {Type::bytes, Bytes::from(bytes)};
    case Column::Kind::bits: return bits_value(bytes);
    default: return {column.type, std::string(bytes)};
    }
}

} // namespace

Column column_of(const MYSQL_FIELD& field, const MYSQL_FIELD* prepared)
{
    Reading reading = reading_of(field);
    if (reading.kind == Column::Kind::text && prepared && is_json(*prepared))
        reading = {Column::Kind::json, Type::json};
    Column column;
    column.name.assign(field.name, field.name_length);
    column.kind = reading.kind;
    column.type = reading.type;
    column.is_unsigned = (field.flags & UNSIGNED_FLAG) != 0;
    column.decimals = field.decimals;
    column.length = field.length;
    return column;
}

Value null_of(const Column& column) { return {column.type, std::monostate{}}; }

Value read_text(const Column& column, std::string_view cell)
{
    using enum Column::Kind;
    switch (column.kind) {
    case integer:
        return column.is_unsigned ? integer_value(column, number_of<std::uint64_t>(cell))
                                  : Value(column.type, number_of<std::int64_t>(cell));
    case real:
    case single: return {column.type, number_of<double>(cell)};
    case moment: return {column.type, moment_of(time_of(cell))};
    case date: return {column.type, day_of(time_of(cell))};
    default: return bytes_value(column, cell);
    }
}

Landing::Landing(const std::vector<Column>& columns, const std::vector<unsigned long>& lengths)
    : columns_(columns), buffers_(columns.size()), binds_(columns.size())
{
    using enum Column::Kind;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        Buffer& buffer = buffers_[i];
        MYSQL_BIND& bind = binds_[i];
        bind.length = &buffer.length;
        bind.is_null = &buffer.null;
        bind.is_unsigned = columns[i].is_unsigned;
        switch (columns[i].kind) {
        case integer:
            bind.buffer_type = MYSQL_TYPE_LONGLONG;
            bind.buffer = &buffer.integer;
            break;
        case real:
            bind.buffer_type = MYSQL_TYPE_DOUBLE;
            bind.buffer = &buffer.real;
            break;
        case single:
            bind.buffer_type = MYSQL_TYPE_FLOAT;
            bind.buffer = &buffer.single;
            break;
        case moment:
        case date:
        case clock:
            bind.buffer_type = columns[i].kind == clock ? MYSQL_TYPE_TIME : MYSQL_TYPE_DATETIME;
            bind.buffer = &buffer.time;
            break;
        default:
            buffer.bytes.resize(lengths[i] + 1);
            bind.buffer_type = columns[i].kind == text || columns[i].kind == json ? MYSQL_TYPE_STRING : MYSQL_TYPE_BLOB;
            bind.buffer = buffer.bytes.data();
            bind.buffer_length = buffer.bytes.size();
            break;
        }
    }
}

Value Landing::cell(std::size_t index) const
{
    using enum Column::Kind;
    const Column& column = columns_[index];
    const Buffer& buffer = buffers_[index];
    if (buffer.null) return null_of(column);
    switch (column.kind) {
    case integer: return integer_value(column, static_cast<std::uint64_t>(buffer.integer));
    case real: return {column.type, buffer.real};
    case single: return {column.type, double{buffer.single}};
    case moment: return {column.type, moment_of(buffer.time)};
    case date: return {column.type, day_of(buffer.time)};
    case clock: return {column.type, clock_of(buffer.time, column.decimals)};
    case nothing: return null_of(column);
    default: break;
    }
    if (buffer.length >= buffer.bytes.size()) refuse("the server sent more bytes than it had announced");
    return bytes_value(column, std::string_view(buffer.bytes).substr(0, buffer.length));
}

} // namespace trunkline::db::mysql
