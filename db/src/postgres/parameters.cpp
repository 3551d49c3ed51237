// SPDX-License-Identifier: MIT
#include "postgres/parameters.hpp"

#include "postgres/server_types.hpp"

#include <trunkline/db/error.hpp>

#include <algorithm>
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
    case Type::json:
    case Type::numeric: return 0;
    }
    return 0;
}

struct ArrayType {
    Oid array;
    Oid element;
};

ArrayType array_of(Type type)
{
    switch (type) {
    case Type::boolean: return {bool_array_oid, bool_oid};
    case Type::int16: return {int2_array_oid, int2_oid};
    case Type::int32: return {int4_array_oid, int4_oid};
    case Type::int64: return {int8_array_oid, int8_oid};
    case Type::float64: return {float8_array_oid, float8_oid};
    case Type::uuid: return {uuid_array_oid, uuid_oid};
    case Type::time: return {timestamptz_array_oid, timestamptz_oid};
    case Type::date: return {date_array_oid, date_oid};
    case Type::json: return {jsonb_array_oid, jsonb_oid};
    case Type::numeric: return {numeric_array_oid, numeric_oid};
    case Type::text:
    case Type::bytes: break;
    }
    return {text_array_oid, text_oid};
}

using Scalar = std::array<char, 16>;

template <class T>
std::size_t store(Scalar& to, T value)
{
    for (std::size_t byte = 0; byte < sizeof value; ++byte)
        to[byte] = static_cast<char>(value >> (8 * (sizeof value - 1 - byte)) & 0xff);
    return sizeof value;
}

/// Writes a value of a fixed size as the server's binary input functions take it, and answers the size.
struct ScalarWriter {
    Scalar& to;
    std::size_t index;
    Type type;

    std::size_t operator()(bool value) const { return store(to, static_cast<std::uint8_t>(value)); }
    std::size_t operator()(std::int64_t value) const
    {
        if (type == Type::int16) return store(to, static_cast<std::uint16_t>(value));
        if (type == Type::int32) return store(to, static_cast<std::uint32_t>(value));
        return store(to, static_cast<std::uint64_t>(value));
    }
    std::size_t operator()(double value) const { return store(to, std::bit_cast<std::uint64_t>(value)); }
    std::size_t operator()(const Uuid& value) const
    {
        std::memcpy(to.data(), value.bytes().data(), value.bytes().size());
        return value.bytes().size();
    }
    std::size_t operator()(Time value) const
    {
        const std::int64_t us = value.time_since_epoch().count();
        if (value == Time::max() || value == Time::min()) return store(to, static_cast<std::uint64_t>(us));
        if (us < first_day * day_us)
            refuse(index, "22008", "is a time before 4714-11-24 BC, which PostgreSQL cannot store");
        return store(to, static_cast<std::uint64_t>(us - epoch_days * day_us));
    }
    std::size_t operator()(Date value) const
    {
        if (value == Date::max()) return store(to, std::uint32_t{0x7fffffff});
        if (value == Date::min()) return store(to, std::uint32_t{0x80000000});
        const std::int64_t day = value.time_since_epoch().count();
        if (day < first_day || day >= end_day) refuse(index, "22008", "is a date that PostgreSQL cannot store");
        return store(to, static_cast<std::uint32_t>(day - epoch_days));
    }
};

void refuse_nul(const std::string& text, std::size_t index)
{
    if (text.find('\0') != std::string::npos)
        refuse(index, "22021", "holds a NUL character, which PostgreSQL cannot store in text");
}

/// Appends arrays in the server's binary form.
class ArrayWriter {
public:
    ArrayWriter(std::size_t index, Type type) : index_(index), type_(type) {}

    /// One dimension that begins at 1, or none for an empty array.
    std::string write(const Array& array)
    {
        const auto& elements = array.elements();
        const auto is_null = [](const Value& value) { return value.is_null(); };
        number(elements.empty() ? 0 : 1);
        number(std::any_of(elements.begin(), elements.end(), is_null) ? 1 : 0);
        number(array_of(type_).element);
        if (elements.empty()) return std::move(bytes_);
        number(static_cast<std::uint32_t>(elements.size()));
        number(1);
        for (const Value& element : elements) std::visit(*this, element.content());
        return std::move(bytes_);
    }

    template <class T>
    void operator()(const T& value)
    {
        Scalar scalar;
        const std::size_t size = ScalarWriter{scalar, index_, type_}(value);
        number(static_cast<std::uint32_t>(size));
        bytes_.append(scalar.data(), size);
    }
    void operator()(std::monostate) { number(~std::uint32_t{0}); }
    void operator()(const std::string& value)
    {
        refuse_nul(value, index_);
        const std::string_view version = type_ == Type::json ? "\1" : ""; // of jsonb's binary form
        number(static_cast<std::uint32_t>(version.size() + value.size()));
        bytes_.append(version).append(value);
    }
    void operator()(const Bytes&) {} // there are no arrays of these
    void operator()(const Array&) {}

private:
    void number(std::uint32_t value)
    {
        Scalar four;
        const std::size_t size = store(four, value);
        bytes_.append(four.data(), size);
    }

    std::size_t index_;
    Type type_;
    std::string bytes_;
};

/// `{1.50,NULL,NaN}`: no numeric needs quotes.
std::string numeric_array(const Array& array)
{
    std::string text = "{";
    for (const Value& element : array.elements()) {
        if (text.size() > 1) text += ',';
        if (element.is_null()) text += "NULL";
        else text += std::get<std::string>(element.content());
    }
    return text + '}';
}

} // namespace

/// Writes one parameter after the other.
struct ParameterWriter {
    Parameters& to;
    std::size_t index;
    Type type;

    template <class T>
    void operator()(const T& value) const
    {
        Scalar& place = to.scalars_[index];
        to.lengths_[index] = static_cast<int>(ScalarWriter{place, index, type}(value));
        to.values_[index] = place.data();
    }
    void operator()(std::monostate) const {}
    void operator()(const std::string& value) const
    {
        refuse_nul(value, index);
        to.values_[index] = value.c_str();
    }
    void operator()(const Bytes& value) const
    {
        // libpq takes a null pointer for NULL.
        to.values_[index] = value.value().empty() ? "" : value.view().data();
        to.lengths_[index] = static_cast<int>(value.value().size());
    }
    void operator()(const Array& value) const
    {
        const bool as_text = type == Type::numeric;
        const auto& bytes =
            to.arrays_.emplace_front(as_text ? numeric_array(value) : ArrayWriter(index, type).write(value));
        to.values_[index] = bytes.c_str();
        to.lengths_[index] = static_cast<int>(bytes.size());
        to.formats_[index] = as_text ? 0 : 1;
    }
};

Parameters::Parameters(const std::vector<Value>& values) : size_(static_cast<int>(values.size()))
{
    if (values.empty()) return;
    // Those that want the most alignment come first.
    const std::size_t each = sizeof *values_ + sizeof *scalars_ + sizeof *types_ + sizeof *lengths_ + sizeof *formats_;
    block_ = std::make_unique<std::byte[]>(each * values.size());
    std::byte* free = block_.get();
    const auto place = [&free, &values]<class T>(T*& array) {
        array = reinterpret_cast<T*>(free);
        free += sizeof(T) * values.size();
    };
    place(values_), place(scalars_), place(types_), place(lengths_), place(formats_);
    for (std::size_t index = 0; index < values.size(); ++index) {
        const Value& value = values[index];
        types_[index] = value.is_array() ? array_of(value.type()).array : oid_of(value.type());
        formats_[index] = types_[index] != 0;
        std::visit(ParameterWriter{*this, index, value.type()}, value.content());
    }
}

} // namespace trunkline::db::postgres
