// SPDX-License-Identifier: MIT
#include <http/database_parameters.hpp>

#include <base/nearest.hpp>

#include <algorithm>

namespace trunkline::http {

db::StatementOptions DatabaseParameters::options() const noexcept
{
    return {.raw_sql = raw_sql,
            .no_prepare = no_prepare,
            .statement_cache_size = static_cast<std::size_t>(statement_cache_size.value())};
}

namespace detail {

namespace {

std::vector<std::string_view> own_names()
{
    std::vector<std::string_view> names;
    boost::mp11::mp_for_each<MembersOf<DatabaseParameters>>([&](auto member) { names.emplace_back(member.name); });
    return names;
}

bool contains(const std::vector<std::string_view>& names, std::string_view name)
{
    return std::ranges::find(names, name) != names.end();
}

} // namespace

QueryPairs take_database_parameters(QueryPairs& query, const std::vector<std::string_view>& others)
{
    const auto ours = own_names();
    auto all = others;
    all.insert(all.end(), ours.begin(), ours.end());
    const auto is_theirs = [&](const auto& pair) {
        if (contains(others, pair.first)) return true;
        return !others.empty() && !contains(ours, nearest(pair.first, all));
    };
    QueryPairs left, found;
    for (auto& pair : query) (is_theirs(pair) ? left : found).push_back(std::move(pair));
    query = std::move(left);
    return found;
}

std::string_view describe_database_parameter(std::string_view name) noexcept
{
    if (name == "raw_sql") return "Whether statements without parameters go to the database as plain text.";
    if (name == "no_prepare") return "Whether this request's statements are run without being prepared by name.";
    return "How many prepared statements a connection may keep for this request; 0 is none.";
}

} // namespace detail

} // namespace trunkline::http
