// SPDX-License-Identifier: MIT
#include <pool/policy.hpp>

#include <gtest/gtest.h>

#include <map>

namespace trunkline::db::detail {
namespace {

using namespace std::chrono_literals;
using What = PoolPolicy::What;
using SlotId = PoolPolicy::SlotId;
using WaiterId = PoolPolicy::WaiterId;

PoolPolicy::Limits limits(std::size_t min_size, std::size_t max_size)
{
    PoolPolicy::Limits limits;
    limits.min_size = min_size;
    limits.max_size = max_size;
    return limits;
}

/// A policy, its virtual clock, and what it asked for and was not given yet.
class Bench {
public:
    explicit Bench(PoolPolicy::Limits limits) : policy(limits, 7) {}

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
    WaiterId acquire(std::chrono::milliseconds patience = 10s, PoolPolicy::Use use = PoolPolicy::Use::alone)
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
            pass(10ms);
        }
    }

    PoolPolicy policy;
    PoolPolicy::Time now{1h};
    std::map<What, int> asked;
    std::vector<SlotId> opening, stopped, closing, cut, warned;
    std::vector<std::pair<WaiterId, SlotId>> granted;
    std::vector<WaiterId> timed_out, failed, turned_away;
};

TEST(Policy, opens_nothing_before_it_is_started_or_asked)
{
    Bench bench(limits(2, 4));
    bench.pass(1h);
    EXPECT_EQ(bench.policy.counts().size(), 0u);
    bench.policy.start(bench.now);
    bench.look();
    EXPECT_EQ(bench.opening.size(), 2u);
}

TEST(Policy, start_opens_one_connection_even_when_the_floor_is_zero)
{
    Bench bench(limits(0, 4));
    bench.policy.start(bench.now);
    bench.look();
    EXPECT_EQ(bench.opening.size(), 1u);
}

TEST(Policy, the_first_call_opens_the_floor_and_is_served_by_the_first_that_is_open)
{
    Bench bench(limits(3, 4));
    const auto caller = bench.acquire();
    EXPECT_EQ(bench.opening.size(), 3u);
    bench.open_one();
    EXPECT_TRUE(bench.has(caller));
}

TEST(Policy, waiters_are_served_in_the_order_they_came_and_directly)
{
    Bench bench(limits(1, 1));
    const auto first = bench.acquire();
    bench.open_all();
    const auto second = bench.acquire();
    const auto third = bench.acquire();
    bench.release(bench.slot_of(first));
    EXPECT_TRUE(bench.has(second));
    EXPECT_FALSE(bench.has(third));
    EXPECT_EQ(bench.policy.counts().idle, 0u) << "handed over, not laid down";
    bench.release(bench.slot_of(second));
    EXPECT_TRUE(bench.has(third));
}

TEST(Policy, never_more_than_max_size_however_many_wait)
{
    Bench bench(limits(1, 3));
    for (int i = 0; i < 10; ++i) bench.acquire();
    EXPECT_EQ(bench.opening.size(), 3u);
    bench.open_all();
    EXPECT_EQ(bench.granted.size(), 3u);
    EXPECT_EQ(bench.policy.counts().size(), 3u);
}

TEST(Policy, a_closing_connection_counts_towards_max_size)
{
    Bench bench(limits(0, 1));
    const auto first = bench.acquire();
    bench.open_all();
    bench.acquire();
    bench.release(bench.slot_of(first), false);
    EXPECT_TRUE(bench.opening.empty());
    bench.close_all();
    EXPECT_EQ(bench.opening.size(), 1u);
}

TEST(Policy, the_connection_used_last_is_lent_first)
{
    Bench bench(limits(2, 2));
    const auto first = bench.acquire();
    const auto second = bench.acquire();
    bench.open_all();
    bench.release(bench.slot_of(first));
    bench.release(bench.slot_of(second));
    const auto third = bench.acquire();
    EXPECT_EQ(bench.slot_of(third), bench.slot_of(second));
}

TEST(Policy, a_waiter_times_out_at_its_own_deadline)
{
    Bench bench(limits(1, 1));
    bench.acquire();
    bench.open_all();
    const auto patient = bench.acquire(10s);
    const auto hasty = bench.acquire(200ms);
    bench.pass(199ms);
    EXPECT_TRUE(bench.timed_out.empty());
    bench.pass(1ms);
    EXPECT_EQ(bench.timed_out, std::vector{hasty});
    bench.pass(10s);
    EXPECT_EQ(bench.timed_out, (std::vector{hasty, patient}));
    EXPECT_EQ(bench.policy.counts().waiting, 0u);
}

TEST(Policy, a_waiter_that_gives_up_leaves_the_connection_being_opened)
{
    Bench bench(limits(0, 2));
    const auto hasty = bench.acquire();
    bench.policy.leave(hasty, bench.now);
    bench.look();
    const auto next = bench.acquire();
    EXPECT_EQ(bench.opening.size(), 1u);
    bench.open_one();
    EXPECT_TRUE(bench.has(next));
    EXPECT_FALSE(bench.has(hasty));
}

TEST(Policy, who_shares_does_not_wait_for_all_who_want_slots_of_their_own_and_leaves_them_half)
{
    constexpr std::size_t max_size = 4;
    auto few_seats = limits(max_size, max_size);
    few_seats.reading = {.slots_max = max_size, .seats = 10, .spread = 1};
    few_seats.writing = few_seats.reading;
    Bench bench(few_seats);
    bench.policy.start(bench.now);
    bench.look();
    bench.open_all();
    std::vector<WaiterId> alone, readers;
    for (int i = 0; i < 12; ++i) alone.push_back(bench.acquire());
    for (int i = 0; i < 5; ++i) readers.push_back(bench.acquire(10s, PoolPolicy::Use::reading));
    const WaiterId writer = bench.acquire(10s, PoolPolicy::Use::writing);

    const SlotId read_from = bench.slot_of(alone[0]);
    bench.release(read_from);
    for (const WaiterId reader : readers) EXPECT_EQ(bench.slot_of(reader), read_from);
    bench.release(bench.slot_of(alone[1]));
    EXPECT_TRUE(bench.has(writer));
    for (std::size_t i = 2; i < alone.size() - 2; ++i) {
        EXPECT_FALSE(bench.has(alone[i + 2])) << i;
        bench.release(bench.slot_of(alone[i]));
        EXPECT_TRUE(bench.has(alone[i + 2])) << i;
    }
}

TEST(Policy, a_single_slot_is_lent_in_the_order_they_came)
{
    auto one = limits(1, 1);
    one.reading = {.slots_max = 1, .seats = 10, .spread = 1};
    Bench bench(one);
    const WaiterId first = bench.acquire(), second = bench.acquire();
    const WaiterId reader = bench.acquire(10s, PoolPolicy::Use::reading);
    bench.open_all();
    bench.release(bench.slot_of(first));
    EXPECT_TRUE(bench.has(second));
    EXPECT_FALSE(bench.has(reader));
    bench.release(bench.slot_of(second));
    EXPECT_TRUE(bench.has(reader));
}

TEST(Policy, a_broken_connection_is_closed_and_the_floor_is_filled_again)
{
    Bench bench(limits(2, 3));
    const auto caller = bench.acquire();
    bench.open_all();
    const SlotId broken = bench.slot_of(caller);
    bench.release(broken, false);
    EXPECT_EQ(bench.closing, std::vector{broken});
    EXPECT_EQ(bench.opening.size(), 1u);
}

TEST(Policy, a_refused_grant_puts_the_waiter_back_at_the_head_of_the_line)
{
    Bench bench(limits(1, 1));
    const auto first = bench.acquire();
    const auto second = bench.acquire();
    bench.open_all();
    const SlotId slot = bench.slot_of(first);
    bench.granted.clear();
    bench.policy.refused(slot, first, bench.now + 10s, bench.now);
    bench.look();
    EXPECT_EQ(bench.closing, std::vector{slot});
    bench.close_all();
    bench.open_all();
    EXPECT_TRUE(bench.has(first));
    EXPECT_FALSE(bench.has(second));
}

TEST(Policy, idle_connections_above_the_floor_close_and_those_of_the_floor_stay)
{
    auto with = limits(2, 5);
    with.max_lifetime = 0s;
    Bench bench(with);
    std::vector<WaiterId> callers;
    for (int i = 0; i < 5; ++i) callers.push_back(bench.acquire());
    bench.open_all();
    for (const auto caller : callers) bench.release(bench.slot_of(caller));
    bench.pass(299s);
    EXPECT_TRUE(bench.closing.empty());
    bench.pass(1s);
    EXPECT_EQ(bench.closing.size(), 3u);
    bench.close_all();
    bench.pass(24h);
    EXPECT_EQ(bench.policy.counts().idle, 2u);
    EXPECT_TRUE(bench.closing.empty());
    EXPECT_EQ(bench.policy.counts().retired, 3u);
}

TEST(Policy, a_connection_of_age_is_closed_after_its_replacement_is_open)
{
    Bench bench(limits(1, 2));
    bench.policy.start(bench.now);
    bench.look();
    bench.open_all();
    bench.pass(30min);
    EXPECT_EQ(bench.opening.size(), 1u);
    EXPECT_TRUE(bench.closing.empty());
    bench.open_one();
    EXPECT_EQ(bench.closing.size(), 1u);
    EXPECT_EQ(bench.policy.counts().idle, 1u);
}

TEST(Policy, with_no_room_a_connection_of_age_is_closed_first)
{
    Bench bench(limits(1, 1));
    bench.policy.start(bench.now);
    bench.look();
    bench.open_all();
    bench.pass(30min);
    EXPECT_EQ(bench.closing.size(), 1u);
    EXPECT_TRUE(bench.opening.empty());
    bench.close_all();
    EXPECT_EQ(bench.opening.size(), 1u);
}

TEST(Policy, connections_opened_together_do_not_retire_together)
{
    Bench bench(limits(20, 20));
    bench.policy.start(bench.now);
    bench.look();
    bench.open_all();
    bench.pass(27min - 1ms);
    EXPECT_TRUE(bench.closing.empty());
    std::set<PoolPolicy::Time> moments;
    while (bench.asked[What::close] < 20) {
        ASSERT_LT(bench.now, PoolPolicy::Time(1h + 30min));
        const int before = bench.asked[What::close];
        bench.pass(100ms);
        if (bench.asked[What::close] > before) moments.insert(bench.now);
        bench.close_all();
        bench.open_all();
    }
    EXPECT_GT(moments.size(), 15u);
}

TEST(Policy, a_worn_connection_retires_when_it_comes_back)
{
    Bench bench(limits(1, 2));
    const auto caller = bench.acquire();
    bench.open_all();
    const SlotId worn = bench.slot_of(caller);
    bench.release(worn, true, 50'000);
    EXPECT_EQ(bench.opening.size(), 1u) << "the replacement first";
    bench.open_one();
    EXPECT_EQ(bench.closing, std::vector{worn});
}

TEST(Policy, zero_means_never_for_queries_and_lifetime)
{
    auto with = limits(1, 1);
    with.max_queries = 0;
    with.max_lifetime = 0s;
    Bench bench(with);
    const auto caller = bench.acquire();
    bench.open_all();
    bench.release(bench.slot_of(caller), true, 1'000'000'000);
    bench.pass(24h * 365);
    EXPECT_EQ(bench.policy.counts().idle, 1u);
}

TEST(Policy, a_short_outage_is_ridden_out)
{
    Bench bench(limits(1, 5));
    const auto caller = bench.acquire();
    bench.outage(900ms);
    EXPECT_TRUE(bench.failed.empty());
    bench.pass(1s);
    bench.open_one();
    EXPECT_TRUE(bench.has(caller));
}

TEST(Policy, in_a_long_outage_callers_fail_at_once)
{
    Bench bench(limits(1, 5));
    const auto early = bench.acquire();
    bench.outage(3s);
    EXPECT_EQ(bench.failed, std::vector{early});
    EXPECT_TRUE(bench.policy.breaker_open());
    const auto late = bench.acquire();
    EXPECT_EQ(bench.failed, (std::vector{early, late}));
    EXPECT_EQ(bench.asked[What::outage], 1);
}

TEST(Policy, one_prober_tries_with_growing_pauses_until_the_breaker_closes)
{
    Bench bench(limits(5, 5));
    bench.acquire();
    bench.outage(60s);
    const int in_a_minute = bench.asked[What::open];
    EXPECT_LT(in_a_minute, 45);
    bench.outage(60s);
    EXPECT_GE(bench.asked[What::open] - in_a_minute, 60 / 5);
    EXPECT_LE(bench.asked[What::open] - in_a_minute, 60 / 2);
    bench.pass(5s);
    EXPECT_EQ(bench.opening.size(), 1u);
    bench.open_one();
    EXPECT_FALSE(bench.policy.breaker_open());
    EXPECT_EQ(bench.asked[What::recovered], 1);
}

TEST(Policy, after_an_outage_connections_are_opened_slowly)
{
    Bench bench(limits(8, 8));
    bench.acquire();
    bench.outage(3s);
    bench.pass(5s);
    bench.open_one();
    EXPECT_EQ(bench.opening.size(), 1u);
    bench.open_one();
    EXPECT_EQ(bench.opening.size(), 2u);
    bench.open_one();
    bench.open_one();
    EXPECT_EQ(bench.opening.size(), 4u);
    bench.open_all();
    EXPECT_EQ(bench.policy.counts().idle, 8u);
}

TEST(Policy, while_connections_work_a_server_that_takes_no_more_fails_nobody)
{
    Bench bench(limits(1, 2));
    const auto holder = bench.acquire();
    bench.open_one();
    const auto waiter = bench.acquire();
    bench.outage(5s);
    EXPECT_FALSE(bench.policy.breaker_open());
    bench.release(bench.slot_of(holder));
    EXPECT_TRUE(bench.has(waiter));
}

TEST(Policy, an_outage_is_noticed_with_no_caller_and_no_floor)
{
    Bench bench(limits(0, 2));
    const auto caller = bench.acquire();
    bench.outage(3s);
    EXPECT_EQ(bench.failed, std::vector{caller});
    bench.pass(5s);
    bench.open_one();
    EXPECT_FALSE(bench.policy.breaker_open());
}

TEST(Policy, a_long_held_connection_is_reported_once)
{
    Bench bench(limits(1, 1));
    const auto caller = bench.acquire();
    bench.open_all();
    bench.pass(29s);
    EXPECT_TRUE(bench.warned.empty());
    bench.pass(1h);
    EXPECT_EQ(bench.warned, std::vector{bench.slot_of(caller)});
    bench.release(bench.slot_of(caller));
}

TEST(Policy, a_connection_that_was_reported_is_reported_again_when_the_next_one_holds_it)
{
    Bench bench(limits(1, 1));
    const auto first = bench.acquire();
    bench.open_all();
    bench.pass(31s);
    EXPECT_EQ(bench.warned.size(), 1u);
    bench.release(bench.slot_of(first));
    bench.acquire();
    bench.pass(29s);
    EXPECT_EQ(bench.warned.size(), 1u);
    bench.pass(1s);
    EXPECT_EQ(bench.warned.size(), 2u);
}

TEST(Policy, drain_refuses_new_work_serves_the_line_and_closes_what_comes_back)
{
    Bench bench(limits(1, 1));
    const auto holder = bench.acquire();
    bench.open_all();
    const auto waiter = bench.acquire();
    bench.policy.drain(bench.now, bench.now + 5s);
    bench.look();
    const auto late = bench.acquire();
    EXPECT_EQ(bench.turned_away, std::vector{late});
    bench.release(bench.slot_of(holder));
    EXPECT_TRUE(bench.has(waiter));
    bench.release(bench.slot_of(waiter));
    bench.close_all();
    EXPECT_TRUE(bench.policy.drained());
    EXPECT_TRUE(bench.cut.empty());
}

TEST(Policy, at_its_deadline_drain_cuts_what_is_left)
{
    Bench bench(limits(2, 3));
    const auto holder = bench.acquire();
    bench.open_one();
    bench.acquire();
    bench.acquire();
    bench.policy.drain(bench.now, bench.now + 5s);
    bench.look();
    bench.pass(5s);
    EXPECT_EQ(bench.cut, std::vector{bench.slot_of(holder)});
    EXPECT_EQ(bench.turned_away.size(), 2u);
    EXPECT_EQ(bench.stopped.size(), 2u);
    bench.fail_one();
    bench.open_one();
    bench.close_all();
    EXPECT_FALSE(bench.policy.drained());
    bench.policy.closed(bench.cut.front(), bench.now);
    EXPECT_TRUE(bench.policy.drained());
}

} // namespace
} // namespace trunkline::db::detail
