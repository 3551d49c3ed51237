// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/numeric.hpp>
#include <trunkline/db/uuid.hpp>

#include <boost/describe/enum_from_string.hpp>
#include <boost/describe/enum_to_string.hpp>
#include <boost/describe/enumerators.hpp>

#include <concepts>
#include <optional>
#include <type_traits>
#include <variant>

namespace trunkline::db {

/// What kind of thing a parameter or a cell is, in words that every engine knows.
enum class Type : std::uint8_t { boolean, int16, int32, int64, float64, text, bytes, uuid, time, date, json, numeric };

class Value;

/// The elements of an array, one after another; each may be NULL. They are all of the type that the array's Value
/// says, or were read from JSON, which knows fewer types.
class Array {
public:
    explicit Array(std::vector<Value> elements) noexcept;
    Array(const Array&);
    Array(Array&&) noexcept;
    Array& operator=(const Array&);
    Array& operator=(Array&&) noexcept;
    ~Array();

    const std::vector<Value>& elements() const noexcept { return elements_; }

    friend bool operator==(const Array& a, const Array& b);

private:
    std::vector<Value> elements_;
};

/// One parameter or one cell: engine-neutral, owning, typed also when it is NULL.
///
/// Integers of every width are kept as int64; the width stays in `type()`, so that a driver can name it to the
/// server. Text, JSON and numeric are all text here.
class Value {
public:
    using Content =
        std::variant<std::monostate, bool, std::int64_t, double, std::string, Bytes, Uuid, Time, Date, Array>;

    /// A NULL of unknown kind.
    Value() = default;
    /// `content` has to be what `type` says; monostate is NULL. An Array is one of elements of that type.
    Value(Type type, Content content)
        : content_(std::move(content)), type_(type), array_(std::holds_alternative<Array>(content_))
    {}
    /// The same, of one of the kinds that a Content may be.
    template <class T>
        requires(std::constructible_from<Content, std::in_place_type_t<T>, T>)
    Value(Type type, T content)
        : content_(std::in_place_type<T>, std::move(content)), type_(type), array_(std::same_as<T, Array>)
    {}
    /// The NULL of an array.
    static Value null_array(Type of_elements)
    {
        Value null(of_elements, std::monostate{});
        null.array_ = true;
        return null;
    }

    bool is_null() const noexcept { return std::holds_alternative<std::monostate>(content_); }
    bool is_array() const noexcept { return array_; }
    /// What it is; of an array, what its elements are.
    Type type() const noexcept { return type_; }
    const Content& content() const noexcept { return content_; }
    Content& content() noexcept { return content_; }

    friend bool operator==(const Value&, const Value&) = default;

private:
    Content content_;
    Type type_ = Type::text;
    bool array_ = false;
};

template <class T>
concept DescribedEnum = std::is_enum_v<T> && boost::describe::has_describe_enumerators<T>::value;

/// How a C++ type becomes a Value, and back. To teach the library a type of yours, specialise this with
/// `type`, `to_value` and `from_value`; `from_value` throws `DecodeError` (see error.hpp) with a sentence that says
/// why. It takes a `const Value&`; a second one that takes a `Value&&` may keep what is in it.
template <class T>
struct Codec;

/// Encodes `value`; an empty optional becomes a NULL that keeps its type.
template <class T>
Value to_value(const T& value);

/// Decodes a cell. NULL into something that is not an optional, a number that does not fit, and a type that does not
/// match are a DecodeError.
template <class T>
T from_value(const Value& value);
/// The same of a cell that nobody reads again: texts and bytes are moved out of it.
template <class T>
T from_value(Value&& value);

namespace detail {
[[noreturn]] void decode_null();
[[noreturn]] void decode_mismatch(const Value& found, std::string_view wanted);
[[noreturn]] void decode_narrowing(std::int64_t found, std::string_view wanted);
[[noreturn]] void decode_unknown_name(std::string_view name);
std::int64_t decode_integer(const Value& value, std::int64_t min, std::int64_t max, std::string_view wanted);
double decode_double(const Value& value);
float decode_float(const Value& value);
bool decode_bool(const Value& value);
const std::string& decode_text(const Value& value);
std::string decode_text(Value&& value);
Bytes decode_bytes(const Value& value);
Bytes decode_bytes(Value&& value);
Uuid decode_uuid(const Value& value);
Time decode_time(const Value& value);
Date decode_date(const Value& value);
Numeric decode_numeric(const Value& value);
/// The elements of an array or, where an engine has none, of the JSON text of one.
Array decode_array(const Value& value);
/// Rethrows the DecodeError in flight with the element's number in front.
[[noreturn]] void rethrow_for_element(std::size_t index);

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
inline constexpr bool is_array = false;
template <class T>
inline constexpr bool is_array<std::vector<T>> = true;
} // namespace detail

// -- Implementation ----------------------------------------------------------

template <>
struct Codec<bool> {
    static constexpr Type type = Type::boolean;
    static Value to_value(bool value) { return {type, value}; }
    static bool from_value(const Value& value) { return detail::decode_bool(value); }
};

template <class T>
    requires(std::integral<T> && !std::same_as<T, bool> && sizeof(T) <= 8)
struct Codec<T> {
    static_assert(!std::same_as<T, std::uint64_t>, "databases have no unsigned 64-bit integers: use std::int64_t");
    static constexpr Type type = sizeof(T) <= 2 ? Type::int16 : sizeof(T) <= 4 ? Type::int32 : Type::int64;
    static Value to_value(T value) { return {type, static_cast<std::int64_t>(value)}; }
    static T from_value(const Value& value)
    {
        return static_cast<T>(detail::decode_integer(value, std::numeric_limits<T>::min(),
                                                     static_cast<std::int64_t>(std::numeric_limits<T>::max()),
                                                     "an integer"));
    }
};

template <>
struct Codec<std::uint32_t> {
    static constexpr Type type = Type::int64;
    static Value to_value(std::uint32_t value) { return {type, static_cast<std::int64_t>(value)}; }
    static std::uint32_t from_value(const Value& value)
    {
        return static_cast<std::uint32_t>(
            detail::decode_integer(value, 0, std::numeric_limits<std::uint32_t>::max(), "an unsigned integer"));
    }
};

template <std::floating_point T>
struct Codec<T> {
    static constexpr Type type = Type::float64;
    static Value to_value(T value) { return {type, static_cast<double>(value)}; }
    static T from_value(const Value& value)
    {
        if constexpr (sizeof(T) < sizeof(double)) return detail::decode_float(value);
        else return detail::decode_double(value);
    }
};

template <>
struct Codec<std::string> {
    static constexpr Type type = Type::text;
    static Value to_value(std::string_view value) { return {type, std::string(value)}; }
    static std::string from_value(const Value& value) { return detail::decode_text(value); }
    static std::string from_value(Value&& value) { return detail::decode_text(std::move(value)); }
};

template <>
struct Codec<std::string_view> {
    static constexpr Type type = Type::text;
    static Value to_value(std::string_view value) { return {type, std::string(value)}; }
};

template <>
struct Codec<const char*> : Codec<std::string_view> {};
template <>
struct Codec<char*> : Codec<std::string_view> {};
template <std::size_t n>
struct Codec<char[n]> : Codec<std::string_view> {};

template <>
struct Codec<Json> {
    static constexpr Type type = Type::json;
    static Value to_value(const Json& value) { return {type, value.text()}; }
    static Json from_value(const Value& value) { return Json(detail::decode_text(value)); }
    static Json from_value(Value&& value) { return Json(detail::decode_text(std::move(value))); }
};

template <>
struct Codec<Numeric> {
    static constexpr Type type = Type::numeric;
    static Value to_value(const Numeric& value) { return {type, value.text()}; }
    static Numeric from_value(const Value& value) { return detail::decode_numeric(value); }
};

template <>
struct Codec<Bytes> {
    static constexpr Type type = Type::bytes;
    static Value to_value(const Bytes& value) { return {type, value}; }
    static Bytes from_value(const Value& value) { return detail::decode_bytes(value); }
    static Bytes from_value(Value&& value) { return detail::decode_bytes(std::move(value)); }
};

template <>
struct Codec<Uuid> {
    static constexpr Type type = Type::uuid;
    static Value to_value(const Uuid& value) { return {type, value}; }
    static Uuid from_value(const Value& value) { return detail::decode_uuid(value); }
};

template <>
struct Codec<Time> {
    static constexpr Type type = Type::time;
    static Value to_value(Time value) { return {type, value}; }
    static Time from_value(const Value& value) { return detail::decode_time(value); }
};

template <>
struct Codec<Date> {
    static constexpr Type type = Type::date;
    static Value to_value(Date value) { return {type, value}; }
    static Date from_value(const Value& value) { return detail::decode_date(value); }
};

/// A described enum is stored as the name of its enumerator.
template <DescribedEnum T>
struct Codec<T> {
    static constexpr Type type = Type::text;
    static Value to_value(T value) { return {type, std::string(boost::describe::enum_to_string(value, "?"))}; }
    static T from_value(const Value& value)
    {
        T found{};
        const std::string& name = detail::decode_text(value);
        if (!boost::describe::enum_from_string(name.c_str(), found)) detail::decode_unknown_name(name);
        return found;
    }
};

template <class T>
struct Codec<std::optional<T>> {
    static constexpr Type type = Codec<T>::type;
    static Value to_value(const std::optional<T>& value)
    {
        if (value) return Codec<T>::to_value(*value);
        return detail::is_array<T> ? Value::null_array(type) : Value(type, std::monostate{});
    }
    static std::optional<T> from_value(const Value& value)
    {
        if (value.is_null()) return std::nullopt;
        return Codec<T>::from_value(value);
    }
    static std::optional<T> from_value(Value&& value)
    {
        if (value.is_null()) return std::nullopt;
        return Codec<T>::from_value(std::move(value));
    }
};

/// An array of a scalar: T[] on PostgreSQL, elsewhere a JSON array as text. Elements may be optional.
template <class T>
struct Codec<std::vector<T>> {
    static_assert(!std::same_as<T, std::byte>, "a vector of bytes is no array: use db::Bytes");
    static_assert(!std::same_as<T, Bytes>, "there are no arrays of db::Bytes: JSON could not hold them");
    static_assert(!detail::is_array<T>, "there are no arrays of several dimensions");
    static constexpr Type type = Codec<T>::type;
    static Value to_value(const std::vector<T>& values);
    static std::vector<T> from_value(const Value& value);
};

template <>
struct Codec<std::nullopt_t> {
    static Value to_value(std::nullopt_t) { return {}; }
};

template <class T>
Value to_value(const T& value)
{
    return Codec<T>::to_value(value);
}

template <class T>
T from_value(const Value& value)
{
    if constexpr (!detail::is_optional<T>)
        if (value.is_null()) detail::decode_null();
    return Codec<T>::from_value(value);
}

template <class T>
T from_value(Value&& value)
{
    if constexpr (!detail::is_optional<T>)
        if (value.is_null()) detail::decode_null();
    return Codec<T>::from_value(std::move(value));
}

template <class T>
Value Codec<std::vector<T>>::to_value(const std::vector<T>& values)
{
    std::vector<Value> elements;
    elements.reserve(values.size());
    for (const auto& element : values) elements.push_back(Codec<T>::to_value(element));
    return {type, Array(std::move(elements))};
}

template <class T>
std::vector<T> Codec<std::vector<T>>::from_value(const Value& value)
{
    const Array array = detail::decode_array(value);
    std::vector<T> values;
    values.reserve(array.elements().size());
    for (const Value& element : array.elements()) {
        try {
            values.push_back(db::from_value<T>(element));
        } catch (...) {
            detail::rethrow_for_element(values.size());
        }
    }
    return values;
}

} // namespace trunkline::db
