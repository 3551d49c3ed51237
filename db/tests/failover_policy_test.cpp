// SPDX-License-Identifier: MIT
#include <pool/policy.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace trunkline::db::detail {
namespace {

using namespace std::chrono_literals;
using What = PoolPolicy::What;
using SlotId = PoolPolicy::SlotId;
using WaiterId = PoolPolicy::WaiterId;
using CohortId = PoolPolicy::CohortId;
using News = PoolPolicy::News;
using Use = PoolPolicy::Use;

constexpr CohortId old_primary{1};
constexpr CohortId new_primary{2};

/// A policy on a virtual clock, and what it holds. What it opens is open when the test says so.
class Failover : public ::testing::Test {
protected:
    void SetUp() override
    {
        open_all(old_primary);
        ASSERT_EQ(policy.counts().idle, 5u);
    }

    static PoolPolicy::Limits limits()
    {
        PoolPolicy::Limits limits;
        limits.min_size = 5;
        limits.max_size = 20;
        limits.max_lifetime = 0s;
        limits.leak_warning = 0s;
        limits.reading = {.slots_max = 2, .seats = 100, .spread = 8};
        return limits;
    }

    void look()
    {
        for (const auto& action : policy.take_actions()) {
            if (action.what == What::open) opening.push_back(action.slot), ++attempts;
            if (action.what == What::close) closing.push_back(action.slot), closed_at[action.slot] = now;
            if (action.what == What::grant) lent[action.waiter] = action.slot;
        }
    }
    SlotId borrow(Use use = Use::alone)
    {
        const WaiterId waiter = policy.acquire(now, now + 10s, use);
        look();
        return lent.contains(waiter) ? lent.at(waiter) : SlotId{};
    }
    void give_back(SlotId slot, bool healthy = true)
    {
        policy.released(slot, {healthy, 1}, now);
        look();
    }
    void hear(SlotId slot, News news)
    {
        policy.heard(slot, news, now);
        look();
    }
    void open_one(CohortId cohort)
    {
        const SlotId slot = opening.front();
        opening.erase(opening.begin());
        cohorts[slot] = cohort;
        policy.opened(slot, now, cohort);
        look();
    }
    void open_all(CohortId cohort)
    {
        policy.start(now);
        look();
        while (!opening.empty()) open_one(cohort);
    }
    void close_all()
    {
        while (!closing.empty()) {
            const SlotId slot = closing.back();
            closing.pop_back();
            cohorts.erase(slot);
            policy.closed(slot, now);
            look();
        }
    }
    void pass(std::chrono::steady_clock::duration time)
    {
        const auto until = now + time;
        while (policy.next_wake() <= until) {
            now = std::max(now, policy.next_wake());
            policy.tick(now);
            look();
            ASSERT_GT(policy.next_wake(), now);
        }
        now = until;
    }
    /// A server that opens and closes at once, for so long.
    void run(std::chrono::steady_clock::duration time, CohortId cohort)
    {
        for (const auto until = now + time; now < until;) {
            while (!opening.empty() || !closing.empty()) {
                close_all();
                if (!opening.empty()) open_one(cohort);
            }
            pass(10ms);
        }
    }
    std::size_t of(CohortId cohort) const
    {
        return static_cast<std::size_t>(
            std::ranges::count_if(cohorts, [&](const auto& one) { return one.second == cohort; }));
    }

    PoolPolicy policy{limits(), 7};
    PoolPolicy::Time now{1h};
    std::map<WaiterId, SlotId> lent;
    std::map<SlotId, CohortId> cohorts; // of those that are open
    std::map<SlotId, PoolPolicy::Time> closed_at;
    std::vector<SlotId> opening, closing;
    std::size_t attempts = 0;
};

TEST_F(Failover, one_that_takes_no_writes_any_more_takes_its_idle_fellows_with_it_at_once)
{
    const SlotId writer = borrow();
    hear(writer, News::read_only);
    EXPECT_EQ(closing.size(), 4u) << "the floor does not keep what is of no use";
    EXPECT_EQ(opening.size(), 5u) << "nor does the lent one count, which closes when it comes back";
}

TEST_F(Failover, the_lent_ones_close_when_they_come_back_and_serve_nobody_else)
{
    const SlotId writer = borrow(), other = borrow();
    hear(writer, News::read_only);
    const WaiterId waiting = policy.acquire(now, now + 10s);
    look();
    give_back(writer);
    give_back(other);
    EXPECT_FALSE(lent.contains(waiting));
    EXPECT_EQ(closing.size(), 5u);
    run(10ms, new_primary);
    EXPECT_TRUE(lent.contains(waiting));
    EXPECT_EQ(cohorts.at(lent.at(waiting)), new_primary);
}

TEST_F(Failover, nobody_joins_a_shared_one_of_a_cohort_that_has_retired)
{
    const SlotId shared = borrow(Use::reading);
    EXPECT_EQ(borrow(Use::reading), shared);
    hear(shared, News::read_only);
    EXPECT_NE(borrow(Use::reading), shared);
    give_back(shared);
    EXPECT_FALSE(closed_at.contains(shared)) << "somebody still has it";
    give_back(shared);
    EXPECT_TRUE(closed_at.contains(shared));
}

TEST_F(Failover, all_stale_ones_are_gone_within_a_second_and_the_floor_is_back)
{
    std::vector<SlotId> held;
    for (int i = 0; i < 20; ++i) held.push_back(borrow());
    while (!opening.empty()) open_one(old_primary);
    for (auto& [waiter, slot] : lent) held.push_back(slot);
    std::ranges::sort(held);
    held.erase(std::unique(held.begin(), held.end()), held.end());
    std::erase(held, SlotId{});
    ASSERT_EQ(held.size(), 20u);
    const auto first_heard = now;
    for (const SlotId slot : held) {
        hear(slot, News::read_only); // each fails one statement
        give_back(slot);
        run(20ms, new_primary);
    }
    EXPECT_EQ(of(old_primary), 0u);
    for (const SlotId slot : held) EXPECT_LE(closed_at.at(slot) - first_heard, 1s);
    EXPECT_GE(of(new_primary), 5u);
    EXPECT_LE(attempts, 45u) << "20 at the start, and their replacements";
    run(1min, new_primary);
    EXPECT_LE(attempts, 45u) << "what an old one said is no news of the new ones";
}

TEST_F(Failover, another_cohort_is_not_touched)
{
    std::vector<SlotId> held;
    for (int i = 0; i < 6; ++i) held.push_back(borrow());
    open_one(new_primary);
    hear(held[0], News::read_only);
    for (const SlotId slot : held)
        if (slot != SlotId{}) give_back(slot);
    run(10ms, new_primary);
    EXPECT_EQ(of(old_primary), 0u);
    EXPECT_GE(of(new_primary), 5u);
    for (const auto& [slot, cohort] : cohorts) EXPECT_FALSE(closed_at.contains(slot));
}

TEST_F(Failover, one_that_was_being_opened_meanwhile_is_not_believed)
{
    for (int i = 0; i < 6; ++i) borrow();
    ASSERT_EQ(opening.size(), 1u);
    const SlotId begun = opening.front();
    hear(lent.begin()->second, News::read_only);
    ASSERT_EQ(opening.front(), begun);
    open_one(old_primary);
    EXPECT_TRUE(closed_at.contains(begun)) << "its server was asked before, or after: nobody knows";
}

TEST_F(Failover, one_that_was_being_opened_meanwhile_and_leads_elsewhere_stays)
{
    for (int i = 0; i < 6; ++i) borrow();
    const SlotId begun = opening.front();
    hear(lent.begin()->second, News::read_only);
    open_one(new_primary);
    EXPECT_FALSE(closed_at.contains(begun));
}

/// Its owner set it read only, and somebody writes all the time.
TEST_F(Failover, a_database_that_stays_read_only_costs_no_storm)
{
    attempts = 0;
    for (const auto until = now + 60s; now < until;) {
        const SlotId writer = borrow();
        run(10ms, old_primary);
        if (writer == SlotId{}) continue;
        hear(writer, News::read_only);
        give_back(writer);
    }
    EXPECT_LE(attempts, 60u) << "retired at 0, 1, 3, 7, 15, 25, 35, 45 and 55 s, five each time and few more";
    EXPECT_GE(attempts, 30u) << "it goes on looking for one that takes writes";
}

TEST_F(Failover, after_a_quiet_time_a_cohort_retires_at_once_again)
{
    hear(borrow(), News::read_only);
    run(30s, old_primary);
    const SlotId later = borrow();
    EXPECT_FALSE(closed_at.contains(later));
    const auto before = closed_at.size();
    hear(later, News::read_only);
    EXPECT_GT(closed_at.size(), before);
}

TEST_F(Failover, a_server_that_ends_sessions_is_left_one_by_one_and_never_below_the_floor)
{
    const SlotId ended = borrow();
    hear(ended, News::leaving);
    give_back(ended, false);
    std::size_t least = 20;
    while (!opening.empty()) {
        open_one(new_primary);
        const auto counts = policy.counts();
        least = std::min(least, counts.idle + counts.lent);
        close_all();
    }
    EXPECT_GE(least, 5u);
    EXPECT_EQ(of(old_primary), 0u);
    EXPECT_EQ(of(new_primary), 5u);
}

TEST_F(Failover, a_session_ended_by_hand_now_and_then_costs_its_fellows_their_place_only_once)
{
    attempts = 0;
    for (int i = 0; i < 9; ++i) {
        const SlotId ended = borrow();
        hear(ended, News::leaving);
        give_back(ended, false);
        run(1s, old_primary);
    }
    EXPECT_LE(attempts, 5u + 9u);
}

TEST_F(Failover, a_restart_that_ends_all_sessions_at_once_opens_no_storm)
{
    while (policy.counts().lent < 20) {
        borrow();
        while (!opening.empty()) open_one(old_primary);
    }
    attempts = 0;
    const auto began = now;
    auto held = cohorts;
    for (const auto& [slot, cohort] : held) {
        hear(slot, News::leaving);
        give_back(slot, false);
    }
    for (const auto until = began + 60s; now < until;) { // it does not come back
        close_all();
        for (const SlotId slot : std::exchange(opening, {})) policy.open_failed(slot, now);
        look();
        pass(10ms);
    }
    EXPECT_LE(attempts, 40u);
    EXPECT_GE(attempts, 10u);
}

TEST_F(Failover, an_idle_one_that_was_hung_up_on_is_closed_and_replaced)
{
    const SlotId gone = cohorts.begin()->first;
    policy.lost(gone, now);
    look();
    EXPECT_EQ(closing.size(), 1u);
    EXPECT_EQ(opening.size(), 1u);
    policy.lost(gone, now);     // it closes already
    policy.lost(borrow(), now); // its borrower will notice
    look();
    EXPECT_EQ(closing.size(), 1u);
}

} // namespace
} // namespace trunkline::db::detail
