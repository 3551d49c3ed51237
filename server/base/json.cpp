// SPDX-License-Identifier: MIT
#include <base/json.hpp>

#include <base/nearest.hpp>
#include <base/rfc3339.hpp>
#include <base/utf8.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <cmath>

namespace trunkline {

namespace {

/// "0" and "1" inside a pointer's member name (RFC 6901).
std::string escaped(std::string_view key)
{
    std::string out;
    for (const char c : key) {
        if (c == '~') out += "~0";
        else if (c == '/') out += "~1";
        else out += c;
    }
    return out;
}

std::string characters(std::size_t count)
{
    return std::to_string(count) + (count == 1 ? " character" : " characters");
}

} // namespace

void JsonProblems::add_at(std::string_view key, std::string detail)
{
    fields_.push_back({pointer_ + "/" + escaped(key), std::move(detail)});
}

JsonProblems::Step::Step(JsonProblems& problems, std::string_view key)
    : problems_(problems), before_(problems.pointer_.size())
{
    problems_.pointer_ += "/" + escaped(key);
}

JsonProblems::Step::Step(JsonProblems& problems, std::size_t index)
    : problems_(problems), before_(problems.pointer_.size())
{
    problems_.pointer_ += "/" + std::to_string(index);
}

json::value JsonSchemas::reference(const std::string& type_name, json::value (*make)(JsonSchemas&))
{
    auto known = short_names_.find(type_name);
    if (known == short_names_.end()) {
        // "trunkline::http::Page<trunkline::crm::Client>" becomes "Page_Client".
        std::string name, word;
        std::string full = type_name;
        constexpr std::string_view unnamed = "(anonymous namespace)::";
        for (auto at = full.find(unnamed); at != std::string::npos; at = full.find(unnamed))
            full.erase(at, unnamed.size());
        for (const char c : full) {
            if (c == ':') word.clear();
            else if (std::isalnum(static_cast<unsigned char>(c)) || c == '_') word += c;
            else if (!word.empty()) name += (name.empty() ? "" : "_") + std::exchange(word, {});
        }
        if (!word.empty()) name += (name.empty() ? "" : "_") + word;
        if (named_.contains(name))
            throw std::logic_error("two structs of the API have the name " + name +
                                   ": rename one, so that its clients can tell them apart");
        known = short_names_.emplace(type_name, name).first;
        named_[name] = nullptr; // so that a struct may refer to itself
        named_[name] = make(*this);
    }
    return {{"$ref", "#/components/schemas/" + known->second}};
}

std::string serialize(const json::value& value) { return json::serialize(value); }

std::optional<Email> Email::parse(std::string_view text)
{
    const std::string address = ascii_lower(trimmed(text));
    const std::size_t at = address.rfind('@');
    if (at == std::string::npos || at == 0 || at > 64 || address.size() > 254) return std::nullopt;
    const std::string_view local = std::string_view(address).substr(0, at);
    const std::string_view domain = std::string_view(address).substr(at + 1);
    if (domain.find('.') == std::string_view::npos || domain.front() == '.' || domain.back() == '.')
        return std::nullopt;
    if (local.front() == '.' || local.back() == '.' || address.find("..") != std::string::npos) return std::nullopt;
    for (const char c : address)
        if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f ||
            std::string_view("()<>[]:;,\\\"").find(c) != std::string_view::npos)
            return std::nullopt;
    if (local.find('@') != std::string_view::npos) return std::nullopt;
    Email email;
    email.value_ = address;
    return email;
}

namespace detail {

std::optional<json::value> parse_json(std::string_view text, JsonProblems& problems)
{
    json::parse_options options;
    options.max_depth = 64;
    boost::system::error_code failure;
    json::value value = json::parse(text, failure, {}, options);
    if (!failure) return value;
    problems.add(text.empty() ? "a JSON document is expected here, the body is empty"
                              : "is not JSON: " + failure.message());
    return std::nullopt;
}

bool read_bool(const json::value& from, bool& to, JsonProblems& problems)
{
    if (!from.is_bool()) return problems.add("must be true or false"), false;
    to = from.get_bool();
    return true;
}

bool read_integer(const json::value& from, std::int64_t& to, std::int64_t min, std::int64_t max, JsonProblems& problems)
{
    boost::system::error_code failure;
    const auto number = from.is_number() ? from.to_number<std::int64_t>(failure) : 0;
    if (!from.is_number() || failure) return problems.add("must be a whole number"), false;
    if (number < min || number > max)
        return problems.add("must be between " + std::to_string(min) + " and " + std::to_string(max)), false;
    to = number;
    return true;
}

bool read_double(const json::value& from, double& to, JsonProblems& problems)
{
    if (!from.is_number()) return problems.add("must be a number"), false;
    to = from.to_number<double>();
    return true;
}

bool read_text(const json::value& from, std::string& to, std::size_t min, std::size_t max, JsonProblems& problems)
{
    if (!from.is_string()) return problems.add("must be text"), false;
    const std::string_view text = from.get_string();
    if (text.find('\0') != std::string_view::npos) return problems.add("must not contain the character U+0000"), false;
    const std::size_t length = count_characters(text);
    if (length < min)
        return problems.add(min == 1 ? std::string("must not be empty") : "must have at least " + characters(min)),
               false;
    if (length > max)
        return problems.add("must have at most " + characters(max) + ", it has " + std::to_string(length)), false;
    to = text;
    return true;
}

bool read_uuid(const json::value& from, Uuid& to, JsonProblems& problems)
{
    const auto id = from.is_string() ? Uuid::parse(from.get_string()) : std::nullopt;
    if (!id) return problems.add("must be an id such as 01890a5d-ac96-774b-bcce-b302099a8057"), false;
    to = *id;
    return true;
}

bool read_time(const json::value& from, Time& to, JsonProblems& problems)
{
    const auto time = from.is_string() ? parse_rfc3339(from.get_string()) : std::nullopt;
    if (!time) return problems.add("must be a time such as 2026-11-21T09:30:00Z"), false;
    to = *time;
    return true;
}

bool read_email(const json::value& from, Email& to, JsonProblems& problems)
{
    const auto email = from.is_string() ? Email::parse(from.get_string()) : std::nullopt;
    if (!email) return problems.add("must be an e-mail address such as ada@example.test"), false;
    to = *email;
    return true;
}

bool read_json(const json::value& from, Json& to)
{
    to = Json(json::serialize(from));
    return true;
}

json::value write_json(const Json& from) { return json::parse(from.text()); }

const json::object* read_object(const json::value& from, JsonProblems& problems)
{
    if (!from.is_object()) problems.add("must be an object");
    return from.if_object();
}

const json::array* read_array(const json::value& from, JsonProblems& problems)
{
    if (!from.is_array()) problems.add("must be a list");
    return from.if_array();
}

void refuse_unknown_keys(const json::object& from, const std::vector<std::string_view>& known, JsonProblems& problems)
{
    for (const auto& member : from) {
        if (std::ranges::find(known, std::string_view(member.key())) != known.end()) continue;
        const std::string_view near = nearest(member.key(), known);
        problems.add_at(member.key(), near.empty() ? std::string("is not known here")
                                                   : "is not known here; did you mean '" + std::string(near) + "'?");
    }
}

void refuse_unknown_name(std::string_view name, const std::vector<std::string_view>& known, JsonProblems& problems)
{
    std::string all;
    for (const auto one : known) all += (all.empty() ? "" : ", ") + std::string(one);
    const std::string_view near = nearest(name, known);
    problems.add("must be one of " + all + (near.empty() ? "" : "; did you mean '" + std::string(near) + "'?"));
}

json::value integer_schema(std::int64_t min, std::int64_t max)
{
    return {{"type", "integer"}, {"minimum", min}, {"maximum", max}};
}

json::value text_schema(std::size_t min, std::size_t max)
{
    json::object schema{{"type", "string"}};
    if (min > 0) schema["minLength"] = static_cast<std::int64_t>(min);
    if (max < static_cast<std::size_t>(-1)) schema["maxLength"] = static_cast<std::int64_t>(max);
    return schema;
}

json::value nullable(json::value schema)
{
    json::object* object = schema.if_object();
    if (object && object->contains("type") && !object->contains("enum")) {
        (*object)["type"] = json::array{object->at("type"), "null"};
        return schema;
    }
    return {{"anyOf", json::array{schema, json::object{{"type", "null"}}}}};
}

} // namespace detail

} // namespace trunkline
