// SPDX-License-Identifier: MIT
#include <http/route_table.hpp>

#include <stdexcept>

namespace trunkline::http {

namespace {

constexpr std::pair<Method, std::string_view> method_names[] = {{Method::get, "GET"},
                                                                {Method::post, "POST"},
                                                                {Method::put, "PUT"},
                                                                {Method::patch, "PATCH"},
                                                                {Method::del, "DELETE"}};

/// Sorts behind every literal segment, so that the first pattern that fits is the most literal one.
constexpr std::string_view variable = "{}";

bool is_variable(std::string_view segment)
{
    return segment.size() >= 2 && segment.front() == '{' && segment.back() == '}';
}

std::vector<std::string> segments_of(const Route& route)
{
    const auto target = parse_target(route.path);
    if (!target || !target->query.empty()) throw std::logic_error("a route's path is malformed: '" + route.path + "'");
    return target->segments;
}

/// What two rows have in common that differ in the names of their variables only.
std::vector<std::string> shape_of(std::vector<std::string> segments)
{
    for (auto& segment : segments)
        if (is_variable(segment)) segment = variable;
    return segments;
}

std::vector<std::pair<std::string, std::string>> variables(const std::vector<std::string>& pattern,
                                                           const Target& target)
{
    std::vector<std::pair<std::string, std::string>> found;
    for (std::size_t at = 0; at < pattern.size(); ++at)
        if (is_variable(pattern[at]))
            found.emplace_back(pattern[at].substr(1, pattern[at].size() - 2), target.segments[at]);
    return found;
}

} // namespace

std::string_view to_string(Method method) noexcept
{
    for (const auto& [known, name] : method_names)
        if (known == method) return name;
    return "GET";
}

std::optional<Method> method_of(std::string_view name) noexcept
{
    if (name == "HEAD") return Method::get;
    for (const auto& [method, known] : method_names)
        if (known == name) return method;
    return std::nullopt;
}

RouteTable::RouteTable(std::vector<Route> routes) : routes_(std::move(routes))
{
    std::map<std::vector<std::string>, std::vector<std::size_t>> by_shape;
    for (std::size_t row = 0; row < routes_.size(); ++row) {
        auto& rows = by_shape[shape_of(segments_of(routes_[row]))];
        for (const std::size_t other : rows)
            if (routes_[other].method == routes_[row].method)
                throw std::logic_error("two routes answer " + std::string(to_string(routes_[row].method)) + " " +
                                       routes_[row].path);
        rows.push_back(row);
    }
    for (auto& [segments, rows] : by_shape) patterns_.push_back({segments, std::move(rows)});
}

bool RouteTable::fits(const Pattern& pattern, const Target& target)
{
    if (pattern.segments.size() != target.segments.size()) return false;
    for (std::size_t at = 0; at < pattern.segments.size(); ++at) {
        const std::string& wanted = pattern.segments[at];
        if (is_variable(wanted) ? target.segments[at].empty() : wanted != target.segments[at]) return false;
    }
    return true;
}

RouteTable::Match RouteTable::find(const Target& target, std::optional<Method> method) const
{
    Match match;
    for (const Pattern& pattern : patterns_) {
        if (!fits(pattern, target)) continue;
        for (const std::size_t row : pattern.rows) {
            const Method known = routes_[row].method;
            match.allow += std::string(to_string(known)) + (known == Method::get ? ", HEAD, " : ", ");
            if (known == method) match.route = &routes_[row];
        }
        match.allow += "OPTIONS";
        if (match.route) match.path = variables(segments_of(*match.route), target);
        break;
    }
    return match;
}

} // namespace trunkline::http
