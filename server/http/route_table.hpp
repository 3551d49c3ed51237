// SPDX-License-Identifier: MIT
#pragma once

#include <http/request.hpp>
#include <http/route.hpp>

namespace trunkline::http {

std::string_view to_string(Method method) noexcept;
/// "PATCH" is patch, "HEAD" is get; nothing for what we do not know.
std::optional<Method> method_of(std::string_view name) noexcept;

/// The declared routes, found by path and method. A literal segment goes before a {name}.
class RouteTable {
public:
    /// Throws std::logic_error when two rows have the same method and pattern, or a row is malformed.
    explicit RouteTable(std::vector<Route> routes);

    struct Match {
        const Route* route = nullptr; ///< null when the path is known and the method is not
        std::vector<std::pair<std::string, std::string>> path;
        std::string allow; ///< "GET, HEAD, POST, OPTIONS"; empty when the path is not known
    };
    Match find(const Target& target, std::optional<Method> method) const;

    const std::vector<Route>& routes() const noexcept { return routes_; }

private:
    struct Pattern {
        std::vector<std::string> segments; // literal, or "{}" where rows have a name
        std::vector<std::size_t> rows;
    };
    static bool fits(const Pattern& pattern, const Target& target);

    std::vector<Route> routes_;
    std::vector<Pattern> patterns_;
};

} // namespace trunkline::http
