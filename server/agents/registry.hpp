// SPDX-License-Identifier: MIT
#pragma once

#include <agents/agent.hpp>
#include <http/route.hpp>

namespace trunkline::agents {

/// An agent as people choose it.
struct AgentInfo {
    std::string type; ///< what conversations keep: "assistant", "model"
    std::string name;
    std::string description;
};
BOOST_DESCRIBE_STRUCT(AgentInfo, (), (type, name, description))

/// The agents of this program, by their type. The first one added answers for types that are not there any more.
/// Lifetime: routes and runs refer to it.
class Registry {
public:
    void add(AgentInfo info, std::unique_ptr<Agent> agent);

    bool has(std::string_view type) const noexcept;
    /// REQUIRES: an agent was added.
    Agent& find(std::string_view type) const;
    std::vector<AgentInfo> list() const;

    /// GET /api/v1/agents
    std::vector<http::Route> table();

private:
    struct Entry {
        AgentInfo info;
        std::unique_ptr<Agent> agent;
    };
    asio::awaitable<Outcome<http::Page<AgentInfo>>> all(http::Call& call);

    std::vector<Entry> entries_;
};

} // namespace trunkline::agents
