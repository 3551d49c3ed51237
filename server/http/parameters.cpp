// SPDX-License-Identifier: MIT
#include <http/route.hpp>

#include <charconv>

namespace trunkline::http::detail {

namespace {

/// The number that is the whole text, or nothing.
template <class Number>
std::optional<Number> number_in(std::string_view text)
{
    Number number{};
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failed != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
    return number;
}

/// Reads `text` as `kind`. What cannot be read so stays text, which the field's codec then refuses with its own words.
json::value parameter_value(std::string_view text, json::kind kind)
{
    if (kind == json::kind::bool_ && (text == "true" || text == "false")) return text == "true";
    if (kind == json::kind::int64)
        if (const auto number = number_in<std::int64_t>(text)) return *number;
    if (kind == json::kind::double_)
        if (const auto number = number_in<double>(text)) return *number;
    return json::value(text);
}

json::kind kind_of(std::string_view name, const std::vector<std::pair<std::string_view, json::kind>>& fields)
{
    for (const auto& [field, kind] : fields)
        if (field == name) return kind;
    return json::kind::string;
}

} // namespace

json::value parameters_as_json(const std::vector<std::pair<std::string, std::string>>& given,
                               const std::vector<std::pair<std::string_view, json::kind>>& fields,
                               JsonProblems& problems)
{
    json::object object;
    for (const auto& [name, text] : given) {
        const bool fresh = object.emplace(name, parameter_value(text, kind_of(name, fields))).second;
        if (!fresh) problems.add_at(name, "is given twice; give it once");
    }
    return object;
}

void refuse_query(const RawInput& raw, JsonProblems& problems)
{
    for (const auto& parameter : raw.query)
        problems.add_at(parameter.first, "is not known: this path takes no query parameters");
}

} // namespace trunkline::http::detail
