// SPDX-License-Identifier: MIT
// The life of a connection: the floor, age, use, idleness, loans that are too long, and the end.
#include <support/policy_bench.hpp>

namespace trunkline::db::detail {
namespace {

using namespace std::chrono_literals;
using What = PoolPolicy::What;
using SlotId = PoolPolicy::SlotId;
using WaiterId = PoolPolicy::WaiterId;
using Bench = testing::PolicyBench;
using testing::limits;

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
