// SPDX-License-Identifier: MIT
// The line: who is served next, with what, and how long he waits.
#include <support/policy_bench.hpp>

namespace trunkline::db::detail {
namespace {

using namespace std::chrono_literals;
using SlotId = PoolPolicy::SlotId;
using WaiterId = PoolPolicy::WaiterId;
using Bench = testing::PolicyBench;
using testing::limits;

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

} // namespace
} // namespace trunkline::db::detail
