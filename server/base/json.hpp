// SPDX-License-Identifier: MIT
#pragma once

#include <base/fields.hpp>
#include <base/outcome.hpp>
#include <trunkline/db/result.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <map>

namespace trunkline {

namespace json = boost::json;
using db::Json;
using db::Time;
using db::Uuid;

/// Collects what is wrong while a document is read: all of it, each with its JSON pointer.
class JsonProblems {
public:
    void add(std::string detail) { fields_.push_back({pointer_, std::move(detail)}); }
    void add_at(std::string_view key, std::string detail);
    bool empty() const noexcept { return fields_.empty(); }
    std::vector<FieldProblem> take() && { return std::move(fields_); }

    /// Steps into a member or element while it lives.
    class Step {
    public:
        Step(JsonProblems& problems, std::string_view key);
        Step(JsonProblems& problems, std::size_t index);
        ~Step() { problems_.pointer_.resize(before_); }
        Step(const Step&) = delete;

    private:
        JsonProblems& problems_;
        std::size_t before_;
    };

private:
    std::string pointer_;
    std::vector<FieldProblem> fields_;
};

/// The named schemas of an OpenAPI document, collected while routes are described.
class JsonSchemas {
public:
    /// A reference to the schema of a struct; `make` is called the first time its name is seen.
    json::value reference(const std::string& type_name, json::value (*make)(JsonSchemas&));
    const std::map<std::string, json::value>& all() const noexcept { return named_; }

private:
    std::map<std::string, json::value> named_;
    std::map<std::string, std::string> short_names_;
};

/// How a type stands in JSON: `write`, `read` (adds to the problems instead of throwing), `schema`.
/// Described structs, described enums and the types above are known; specialise it for others.
template <class T>
struct JsonCodec;

/// `value` as JSON. Empty optionals are null; times are RFC 3339; ids are strings.
template <class T>
json::value to_json(const T& value);

/// Reads a T from `text`; all problems at once. Unknown keys are refused with the nearest known one, a missing optional
/// is empty, JSON that is nested deeper than 64 or is not UTF-8 is refused.
template <class T>
Outcome<T> from_json_text(std::string_view text);

/// Reads a T out of a document.
template <class T>
Outcome<T> from_json(const json::value& document);

/// The JSON text, as it is sent.
std::string serialize(const json::value& value);

// -- Implementation ----------------------------------------------------------

namespace detail {

std::optional<json::value> parse_json(std::string_view text, JsonProblems& problems);
bool read_bool(const json::value& from, bool& to, JsonProblems& problems);
bool read_integer(const json::value& from, std::int64_t& to, std::int64_t min, std::int64_t max,
                  JsonProblems& problems);
bool read_double(const json::value& from, double& to, JsonProblems& problems);
bool read_text(const json::value& from, std::string& to, std::size_t min, std::size_t max, JsonProblems& problems);
bool read_uuid(const json::value& from, Uuid& to, JsonProblems& problems);
bool read_time(const json::value& from, Time& to, JsonProblems& problems);
bool read_email(const json::value& from, Email& to, JsonProblems& problems);
bool read_json(const json::value& from, Json& to);
json::value write_json(const Json& from);
const json::object* read_object(const json::value& from, JsonProblems& problems);
const json::array* read_array(const json::value& from, JsonProblems& problems);
void refuse_unknown_keys(const json::object& from, const std::vector<std::string_view>& known, JsonProblems& problems);
void refuse_unknown_name(std::string_view name, const std::vector<std::string_view>& known, JsonProblems& problems);
json::value integer_schema(std::int64_t min, std::int64_t max);
json::value text_schema(std::size_t min, std::size_t max);
json::value nullable(json::value schema);

template <class T>
std::string type_name()
{
    const std::string_view pretty = __PRETTY_FUNCTION__; // "… [T = trunkline::crm::Client]"
    const std::size_t from = pretty.find("T = ") + 4;
    return std::string(pretty.substr(from, pretty.size() - 1 - from));
}

template <class T>
inline constexpr bool may_be_absent = false;
template <class T>
inline constexpr bool may_be_absent<std::optional<T>> = true;
template <class T>
inline constexpr bool may_be_absent<Maybe<T>> = true;
template <class T>
inline constexpr bool may_be_absent<std::vector<T>> = false;
template <std::int64_t min, std::int64_t max, std::int64_t otherwise>
inline constexpr bool may_be_absent<Bounded<min, max, otherwise>> = true;
template <bool otherwise>
inline constexpr bool may_be_absent<Flag<otherwise>> = true;

} // namespace detail

/// The public members of a described struct, its bases' included.
template <class T>
using MembersOf = boost::describe::describe_members<T, boost::describe::mod_public | boost::describe::mod_inherited>;

template <class Struct, class Member>
using FieldOf = std::remove_cvref_t<decltype(std::declval<Struct&>().*Member::pointer)>;

template <>
struct JsonCodec<bool> {
    static json::value write(bool value) { return value; }
    static bool read(const json::value& from, bool& to, JsonProblems& problems)
    {
        return detail::read_bool(from, to, problems);
    }
    static json::value schema(JsonSchemas&) { return {{"type", "boolean"}}; }
};

template <class T>
    requires(std::integral<T> && !std::same_as<T, bool>)
struct JsonCodec<T> {
    static constexpr std::int64_t min =
        std::is_signed_v<T> ? static_cast<std::int64_t>(std::numeric_limits<T>::min()) : 0;
    static constexpr std::int64_t max = sizeof(T) == 8 ? std::numeric_limits<std::int64_t>::max()
                                                       : static_cast<std::int64_t>(std::numeric_limits<T>::max());
    static json::value write(T value) { return value; }
    static bool read(const json::value& from, T& to, JsonProblems& problems)
    {
        std::int64_t number = 0;
        if (!detail::read_integer(from, number, min, max, problems)) return false;
        to = static_cast<T>(number);
        return true;
    }
    static json::value schema(JsonSchemas&) { return {{"type", "integer"}}; }
};

template <>
struct JsonCodec<double> {
    static json::value write(double value) { return value; }
    static bool read(const json::value& from, double& to, JsonProblems& problems)
    {
        return detail::read_double(from, to, problems);
    }
    static json::value schema(JsonSchemas&) { return {{"type", "number"}}; }
};

template <>
struct JsonCodec<std::string> {
    static json::value write(const std::string& value) { return json::value(value); }
    static bool read(const json::value& from, std::string& to, JsonProblems& problems)
    {
        return detail::read_text(from, to, 0, static_cast<std::size_t>(-1), problems);
    }
    static json::value schema(JsonSchemas&) { return {{"type", "string"}}; }
};

template <std::size_t min, std::size_t max>
struct JsonCodec<Text<min, max>> {
    static json::value write(const Text<min, max>& value) { return json::value(value.value()); }
    static bool read(const json::value& from, Text<min, max>& to, JsonProblems& problems)
    {
        std::string text;
        if (!detail::read_text(from, text, min, max, problems)) return false;
        to = Text<min, max>(std::move(text));
        return true;
    }
    static json::value schema(JsonSchemas&) { return detail::text_schema(min, max); }
};

template <>
struct JsonCodec<Email> {
    static json::value write(const Email& value) { return json::value(value.value()); }
    static bool read(const json::value& from, Email& to, JsonProblems& problems)
    {
        return detail::read_email(from, to, problems);
    }
    static json::value schema(JsonSchemas&) { return {{"type", "string"}, {"format", "email"}, {"maxLength", 254}}; }
};

template <std::int64_t min, std::int64_t max, std::int64_t otherwise>
struct JsonCodec<Bounded<min, max, otherwise>> {
    static json::value write(const Bounded<min, max, otherwise>& value) { return value.value(); }
    static bool read(const json::value& from, Bounded<min, max, otherwise>& to, JsonProblems& problems)
    {
        std::int64_t number = otherwise;
        if (!from.is_null() && !detail::read_integer(from, number, min, max, problems)) return false;
        to = Bounded<min, max, otherwise>(number);
        return true;
    }
    static json::value schema(JsonSchemas&)
    {
        json::value schema = detail::integer_schema(min, max);
        schema.as_object()["default"] = otherwise;
        return schema;
    }
};

template <bool otherwise>
struct JsonCodec<Flag<otherwise>> {
    static json::value write(const Flag<otherwise>& value) { return value.value(); }
    static bool read(const json::value& from, Flag<otherwise>& to, JsonProblems& problems)
    {
        bool flag = otherwise;
        if (!from.is_null() && !detail::read_bool(from, flag, problems)) return false;
        to = Flag<otherwise>(flag);
        return true;
    }
    static json::value schema(JsonSchemas&) { return {{"type", "boolean"}, {"default", otherwise}}; }
};

template <>
struct JsonCodec<Uuid> {
    static json::value write(const Uuid& value) { return json::value(db::to_string(value)); }
    static bool read(const json::value& from, Uuid& to, JsonProblems& problems)
    {
        return detail::read_uuid(from, to, problems);
    }
    static json::value schema(JsonSchemas&) { return {{"type", "string"}, {"format", "uuid"}}; }
};

template <>
struct JsonCodec<Time> {
    static json::value write(Time value) { return json::value(db::to_rfc3339(value)); }
    static bool read(const json::value& from, Time& to, JsonProblems& problems)
    {
        return detail::read_time(from, to, problems);
    }
    static json::value schema(JsonSchemas&) { return {{"type", "string"}, {"format", "date-time"}}; }
};

/// Any JSON, as it is.
template <>
struct JsonCodec<Json> {
    static json::value write(const Json& value) { return detail::write_json(value); }
    static bool read(const json::value& from, Json& to, JsonProblems&) { return detail::read_json(from, to); }
    static json::value schema(JsonSchemas&) { return json::object{}; }
};

template <db::DescribedEnum T>
struct JsonCodec<T> {
    static std::vector<std::string_view> names()
    {
        std::vector<std::string_view> all;
        boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>([&](auto one) { all.push_back(one.name); });
        return all;
    }
    static json::value write(T value) { return json::value(boost::describe::enum_to_string(value, "?")); }
    static bool read(const json::value& from, T& to, JsonProblems& problems)
    {
        std::string name;
        if (!detail::read_text(from, name, 0, 100, problems)) return false;
        if (boost::describe::enum_from_string(name.c_str(), to)) return true;
        detail::refuse_unknown_name(name, names(), problems);
        return false;
    }
    static json::value schema(JsonSchemas&)
    {
        json::array all;
        for (const auto name : names()) all.push_back(json::value(name));
        return {{"type", "string"}, {"enum", all}};
    }
};

template <class T>
struct JsonCodec<std::optional<T>> {
    static json::value write(const std::optional<T>& value)
    {
        return value ? JsonCodec<T>::write(*value) : json::value(nullptr);
    }
    static bool read(const json::value& from, std::optional<T>& to, JsonProblems& problems)
    {
        if (from.is_null()) return true;
        return JsonCodec<T>::read(from, to.emplace(), problems);
    }
    static json::value schema(JsonSchemas& schemas) { return detail::nullable(JsonCodec<T>::schema(schemas)); }
};

template <class T>
struct JsonCodec<Maybe<T>> {
    static bool read(const json::value& from, Maybe<T>& to, JsonProblems& problems)
    {
        if (from.is_null()) {
            to = Maybe<T>(std::nullopt);
            return true;
        }
        T value{};
        if (!JsonCodec<T>::read(from, value, problems)) return false;
        to = Maybe<T>(std::move(value));
        return true;
    }
    static json::value schema(JsonSchemas& schemas) { return detail::nullable(JsonCodec<T>::schema(schemas)); }
};

template <class T>
struct JsonCodec<std::vector<T>> {
    static json::value write(const std::vector<T>& values)
    {
        json::array array;
        array.reserve(values.size());
        for (const auto& value : values) array.push_back(JsonCodec<T>::write(value));
        return array;
    }
    static bool read(const json::value& from, std::vector<T>& to, JsonProblems& problems)
    {
        const json::array* array = detail::read_array(from, problems);
        if (!array) return false;
        bool good = true;
        for (const auto& element : *array) {
            const JsonProblems::Step step(problems, to.size());
            good &= JsonCodec<T>::read(element, to.emplace_back(), problems);
        }
        return good;
    }
    static json::value schema(JsonSchemas& schemas)
    {
        return {{"type", "array"}, {"items", JsonCodec<T>::schema(schemas)}};
    }
};

template <db::DescribedStruct T>
struct JsonCodec<T> {
    static json::value write(const T& value)
    {
        json::object object;
        boost::mp11::mp_for_each<MembersOf<T>>([&](auto member) {
            object.emplace(member.name, JsonCodec<FieldOf<T, decltype(member)>>::write(value.*member.pointer));
        });
        return object;
    }

    static bool read(const json::value& from, T& to, JsonProblems& problems)
    {
        const json::object* object = detail::read_object(from, problems);
        if (!object) return false;
        bool good = true;
        std::vector<std::string_view> known;
        boost::mp11::mp_for_each<MembersOf<T>>([&](auto member) {
            using Field = FieldOf<T, decltype(member)>;
            known.push_back(member.name);
            const JsonProblems::Step step(problems, std::string_view(member.name));
            if (const json::value* found = object->if_contains(member.name)) {
                good &= JsonCodec<Field>::read(*found, to.*member.pointer, problems);
            } else if constexpr (!detail::may_be_absent<Field>) {
                problems.add("is required");
                good = false;
            }
        });
        detail::refuse_unknown_keys(*object, known, problems);
        return good;
    }

    static json::value schema(JsonSchemas& schemas) { return schemas.reference(detail::type_name<T>(), &describe); }

private:
    static json::value describe(JsonSchemas& schemas)
    {
        json::object properties;
        json::array required;
        boost::mp11::mp_for_each<MembersOf<T>>([&](auto member) {
            using Field = FieldOf<T, decltype(member)>;
            properties.emplace(member.name, JsonCodec<Field>::schema(schemas));
            if (!detail::may_be_absent<Field>) required.push_back(json::value(member.name));
        });
        json::object schema{{"type", "object"}, {"properties", properties}, {"additionalProperties", false}};
        if (!required.empty()) schema["required"] = required;
        return schema;
    }
};

template <class T>
json::value to_json(const T& value)
{
    return JsonCodec<T>::write(value);
}

template <class T>
Outcome<T> from_json(const json::value& document)
{
    JsonProblems problems;
    T made{};
    JsonCodec<T>::read(document, made, problems);
    if (problems.empty()) return made;
    return Refusal{Refused::invalid, "the input is not valid", std::move(problems).take(), 0};
}

template <class T>
Outcome<T> from_json_text(std::string_view text)
{
    JsonProblems problems;
    const auto document = detail::parse_json(text, problems);
    if (!document) return Refusal{Refused::invalid, "the body is not JSON", std::move(problems).take(), 0};
    return from_json<T>(*document);
}

} // namespace trunkline
