// SPDX-License-Identifier: MIT
// The outage: who is kept waiting, who fails, and how connections come back.
#include <support/policy_bench.hpp>

namespace trunkline::db::detail {
namespace {

using namespace std::chrono_literals;
using What = PoolPolicy::What;
using Bench = testing::PolicyBench;
using testing::limits;

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

} // namespace
} // namespace trunkline::db::detail
