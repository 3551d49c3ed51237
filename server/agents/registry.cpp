// SPDX-License-Identifier: MIT
#include <agents/registry.hpp>

#include <algorithm>

namespace trunkline::agents {

void Registry::add(AgentInfo info, std::unique_ptr<Agent> agent)
{
    entries_.push_back({std::move(info), std::move(agent)});
}

bool Registry::has(std::string_view type) const noexcept
{
    return std::ranges::any_of(entries_, [&](const Entry& entry) { return entry.info.type == type; });
}

Agent& Registry::find(std::string_view type) const
{
    const auto found = std::ranges::find_if(entries_, [&](const Entry& entry) { return entry.info.type == type; });
    return found == entries_.end() ? *entries_.at(0).agent : *found->agent;
}

std::vector<AgentInfo> Registry::list() const
{
    std::vector<AgentInfo> infos;
    for (const Entry& entry : entries_) infos.push_back(entry.info);
    return infos;
}

std::vector<http::Route> Registry::table()
{
    return {http::route(http::Method::get, "/api/v1/agents", "The agents that answer", http::Access::signed_in, this,
                        &Registry::all)};
}

asio::awaitable<Outcome<http::Page<AgentInfo>>> Registry::all(http::Call&)
{
    co_return http::Page<AgentInfo>{list(), std::nullopt};
}

} // namespace trunkline::agents
