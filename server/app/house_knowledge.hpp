// SPDX-License-Identifier: MIT
#pragma once

#include <agents/builtin_agent.hpp>
#include <extraction/extractor.hpp>
#include <trunkline/db/lane.hpp>
#include <trunkline/db/pool.hpp>

namespace trunkline {

/// What the built-in agent recognises in a conversation: what the extractor does, so that the agent says what the CRM
/// will hold.
class HouseFacts final : public agents::Facts {
public:
    HouseFacts(const extraction::Extractor& extractor, std::string default_region)
        : extractor_(extractor), default_region_(std::move(default_region))
    {}

    asio::awaitable<std::vector<agents::Noted>> note(const agents::Question& question) override;

private:
    const extraction::Extractor& extractor_;
    std::string default_region_;
    db::Lane lane_{"noting"};
};

/// What the built-in agent can tell staff of a person: what the CRM holds.
class HouseKnowledge final : public agents::Knowledge {
public:
    explicit HouseKnowledge(db::Executor& db) : db_(db) {}

    asio::awaitable<std::vector<agents::KnownPerson>> find_people(Uuid tenant, std::string text) override;

private:
    db::Executor& db_;
};

} // namespace trunkline
