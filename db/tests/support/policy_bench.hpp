// SPDX-License-Identifier: MIT
#pragma once

#include <pool/policy.hpp>

#include <gtest/gtest.h>

#include <map>

namespace trunkline::db::testing {

using detail::PoolPolicy;

inline PoolPolicy::Limits limits(std::size_t min_size, std::size_t max_size)
{
    PoolPolicy::Limits limits;
    limits.min_size = min_size;
    limits.max_size = max_size;
    return limits;
}

/// A policy, its virtual clock, and what it asked for and was not given yet.
class PolicyBench {
public:
    using What = PoolPolicy::What;
    using SlotId = PoolPolicy::SlotId;
    using WaiterId = PoolPolicy::WaiterId;

    explicit PolicyBench(PoolPolicy::Limits limits) : policy(limits, 7) {}

    void look()
    {
        for (const auto& action : policy.take_actions()) {
            ++asked[action.what];
            switch (action.what) {
            case What::open: opening.push_back(action.slot); break;
            case What::stop_open: stopped.push_back(action.slot); break;
            case What::close: closing.push_back(action.slot); break;
            case What::cut: cut.push_back(action.slot); break;
            case What::grant: granted.emplace_back(action.waiter, action.slot); break;
            case What::time_out: timed_out.push_back(action.waiter); break;
            case What::fail: failed.push_back(action.waiter); break;
            case What::turn_away: turned_away.push_back(action.waiter); break;
            case What::warn: warned.push_back(action.slot); break;
            case What::outage:
            case What::recovered: break;
            }
        }
    }
    WaiterId acquire(std::chrono::milliseconds patience = std::chrono::seconds(10),
                     PoolPolicy::Use use = PoolPolicy::Use::alone)
    {
        const WaiterId waiter = policy.acquire(now, now + patience, use);
        look();
        return waiter;
    }
    void open_one()
    {
        ASSERT_FALSE(opening.empty());
        const SlotId slot = opening.front();
        opening.erase(opening.begin());
        policy.opened(slot, now);
        look();
    }
    void open_all()
    {
        while (!opening.empty()) open_one();
    }
    void fail_one()
    {
        ASSERT_FALSE(opening.empty());
        const SlotId slot = opening.front();
        opening.erase(opening.begin());
        policy.open_failed(slot, now);
        look();
    }
    void close_all()
    {
        while (!closing.empty()) {
            const SlotId slot = closing.front();
            closing.erase(closing.begin());
            policy.closed(slot, now);
            look();
        }
    }
    void release(SlotId slot, bool healthy = true, std::uint64_t queries = 1)
    {
        policy.released(slot, {healthy, queries}, now);
        look();
    }
    /// Lets time pass, and the policy act whenever it wants to.
    void pass(std::chrono::steady_clock::duration time)
    {
        const auto until = now + time;
        while (policy.next_wake() <= until) {
            now = std::max(now, policy.next_wake());
            policy.tick(now);
            look();
            ASSERT_GT(policy.next_wake(), now) << "it would wake again and again";
        }
        now = until;
    }
    SlotId slot_of(WaiterId waiter) const
    {
        for (const auto& [who, slot] : granted)
            if (who == waiter) return slot;
        return SlotId{};
    }
    bool has(WaiterId waiter) const { return slot_of(waiter) != SlotId{}; }
    /// Fails every attempt to connect for that long.
    void outage(std::chrono::steady_clock::duration time)
    {
        const auto until = now + time;
        while (now < until) {
            while (!opening.empty()) fail_one();
            pass(std::chrono::milliseconds(10));
        }
    }

    PoolPolicy policy;
    PoolPolicy::Time now{std::chrono::hours(1)};
    std::map<What, int> asked;
    std::vector<SlotId> opening, stopped, closing, cut, warned;
    std::vector<std::pair<WaiterId, SlotId>> granted;
    std::vector<WaiterId> timed_out, failed, turned_away;
};

} // namespace trunkline::db::testing
