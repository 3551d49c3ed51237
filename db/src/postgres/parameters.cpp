// SPDX-License-Identifier: MIT
#include "postgres/parameters.hpp"

#include "postgres/server_types.hpp"

#include <trunkline/db/error.hpp>

#include <bit>
#include <cstring>

namespace trunkline::db::postgres {

namespace {

[[noreturn]] void refuse(std::size_t index, const char* state, const char* why)
{
    ErrorInfo info;
    info.message = "parameter $" + std::to_string(index + 1) + " " + why;
    info.sqlstate = state;
    throw_error(std::move(info));
}

template <class T>
void store(std::array<char, 16>& to, T value)
{
    for (std::size_t byte = 0; byte < sizeof value; ++byte)
        to[byte] = static_cast<char>(value >> (8 * (sizeof value - 1 - byte)) & 0xff);
}

Oid oid_of(Type type)
{
    switch (type) {
    case Type::boolean: return bool_oid;
    case Type::int16: return int2_oid;
    case Type::int32: return int4_oid;
    case Type::int64: return int8_oid;
    case Type::float64: return float8_oid;
    case Type::bytes: return bytea_oid;
    case Type::uuid: return uuid_oid;
    case Type::time: return timestamptz_oid;
    case Type::date: return date_oid;
    case Type::text:
    case Type::json: return 0;
    }
    return 0;
}

} // namespace

/// Writes one parameter after the other.
struct ParameterWriter {
    Parameters& to;
    std::size_t index;
    Type type;

    void scalar(std::size_t length)
    {
        to.values_[index] = to.scalars_[index].data();
        to.lengths_[index] = static_cast<int>(length);
    }
    void operator()(std::monostate) {}
    void operator()(bool value)
    {
        to.scalars_[index][0] = value ? 1 : 0;
        scalar(1);
    }
    void operator()(std::int64_t value)
    {
        auto& place = to.scalars_[index];
        if (type == Type::int16) return store(place, static_cast<std::uint16_t>(value)), scalar(2);
        if (type == Type::int32) return store(place, static_cast<std::uint32_t>(value)), scalar(4);
        store(place, static_cast<std::uint64_t>(value));
        scalar(8);
    }
    void operator()(double value)
    {
        store(to.scalars_[index], std::bit_cast<std::uint64_t>(value));
        scalar(8);
    }
    void operator()(const std::string& value)
    {
        if (value.find('\0') != std::string::npos)
            refuse(index, "22021", "holds a NUL character, which PostgreSQL cannot store in text");
        to.values_[index] = value.c_str();
    }
    void operator()(const Bytes& value)
    {
        // libpq takes a null pointer for NULL.
        to.values_[index] = value.value().empty() ? "" : value.view().data();
        to.lengths_[index] = static_cast<int>(value.value().size());
    }
    void operator()(const Uuid& value)
    {
        std::memcpy(to.scalars_[index].data(), value.bytes().data(), value.bytes().size());
        scalar(16);
    }
    void operator()(Time value)
    {
        const std::int64_t us = value.time_since_epoch().count();
        if (us < first_day * day_us)
            refuse(index, "22008", "is a time before 4714-11-24 BC, which PostgreSQL cannot store");
        store(to.scalars_[index], static_cast<std::uint64_t>(us - epoch_days * day_us));
        scalar(8);
    }
    void operator()(Date value)
    {
        const std::int64_t day = value.time_since_epoch().count();
        if (day < first_day || day >= end_day) refuse(index, "22008", "is a date that PostgreSQL cannot store");
        store(to.scalars_[index], static_cast<std::uint32_t>(day - epoch_days));
        scalar(4);
    }
};

Parameters::Parameters(const std::vector<Value>& values)
    : values_(values.size(), nullptr), lengths_(values.size(), 0), formats_(values.size(), 0), scalars_(values.size())
{
    types_.reserve(values.size());
    for (std::size_t index = 0; index < values.size(); ++index) {
        const Value& value = values[index];
        types_.push_back(oid_of(value.type()));
        formats_[index] = types_.back() != 0;
        std::visit(ParameterWriter{*this, index, value.type()}, value.content());
    }
}

} // namespace trunkline::db::postgres
