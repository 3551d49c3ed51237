// SPDX-License-Identifier: MIT
#include <trunkline/db/options.hpp>

#include <algorithm>
#include <array>

namespace trunkline::db {

namespace {

bool has_parameter(std::string_view query, std::string_view name)
{
    while (!query.empty()) {
        const std::string_view piece = query.substr(0, query.find('&'));
        if (piece.substr(0, piece.find('=')) == name) return true;
        query.remove_prefix(std::min(query.size(), piece.size() + 1));
    }
    return false;
}

} // namespace

std::string supavisor_ready(std::string_view url)
{
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 3> wanted{
        {{"raw_sql", "true"}, {"no_prepare", "true"}, {"statement_cache_size", "0"}}};
    const std::string_view base = url.substr(0, url.find('#')), fragment = url.substr(base.size());
    const std::size_t mark = base.find('?');
    const std::string_view query = mark == std::string_view::npos ? std::string_view{} : base.substr(mark + 1);

    std::string ready(base);
    std::string_view separator = mark == std::string_view::npos          ? "?"
                                 : query.empty() || query.ends_with('&') ? ""
                                                                         : "&";
    for (const auto& [name, value] : wanted) {
        if (has_parameter(query, name)) continue;
        ready += std::string(separator) + std::string(name) + '=' + std::string(value);
        separator = "&";
    }
    return ready + std::string(fragment);
}

} // namespace trunkline::db
