// SPDX-License-Identifier: MIT
#include <pool/speeds.hpp>

#include <gtest/gtest.h>

namespace trunkline::db::detail {
namespace {

using namespace std::chrono_literals;
using Use = PoolPolicy::Use;

TEST(StatementSpeeds, a_text_shares_once_it_has_proved_to_be_short)
{
    StatementSpeeds speeds;
    for (int run = 0; run < StatementSpeeds::proofs; ++run) {
        EXPECT_EQ(speeds.use_for_next("SELECT 1"), Use::alone) << run;
        speeds.ran_alone("SELECT 1", 100us);
    }
    EXPECT_EQ(speeds.use_for_next("SELECT 1"), Use::reading);
    EXPECT_EQ(speeds.use_for_next("SELECT 2"), Use::alone);
}

TEST(StatementSpeeds, a_long_run_takes_a_proof_away)
{
    StatementSpeeds speeds;
    speeds.ran_alone("SELECT 1", 100us);
    speeds.ran_alone("SELECT 1", 100us);
    speeds.ran_alone("SELECT 1", StatementSpeeds::quick + 1us);
    speeds.ran_alone("SELECT 1", 100us);
    EXPECT_EQ(speeds.use_for_next("SELECT 1"), Use::alone);
    speeds.ran_alone("SELECT 1", 100us);
    EXPECT_EQ(speeds.use_for_next("SELECT 1"), Use::reading);
}

TEST(StatementSpeeds, what_is_always_long_never_shares)
{
    StatementSpeeds speeds;
    for (int run = 0; run < 100; ++run) speeds.ran_alone("SELECT 1", 3ms);
    for (int run = 1; run < StatementSpeeds::proofs; ++run) speeds.ran_alone("SELECT 1", 100us);
    EXPECT_EQ(speeds.use_for_next("SELECT 1"), Use::alone);
}

/// A text that has proved itself, and a clock that is the test's.
class StatementSpeedsOfOne : public ::testing::Test {
protected:
    StatementSpeedsOfOne()
    {
        now = StatementSpeeds::Time(std::chrono::hours(1));
        for (int run = 0; run < StatementSpeeds::proofs; ++run) speeds.ran_alone(text, 100us);
    }
    void ran_beside(std::chrono::nanoseconds took) { speeds.ran_beside(text, took); }
    void unlearn() { ran_beside(StatementSpeeds::hopeless * StatementSpeeds::average_over); }
    Use use() { return speeds.use_for_next(text); }

    static constexpr auto text = "SELECT 1";
    static constexpr auto one_pause = StatementSpeeds::slow * StatementSpeeds::average_over;
    static inline StatementSpeeds::Time now;
    StatementSpeeds speeds{[] { return now; }};
};

TEST_F(StatementSpeedsOfOne, a_pause_of_the_machine_is_forgiven_however_many_runs_it_hit)
{
    for (int run = 0; run < 100; ++run) ran_beside(one_pause);
    EXPECT_EQ(use(), Use::reading);
    for (int run = 0; run < StatementSpeeds::proofs; ++run) speeds.ran_alone(text, 100ms);
    EXPECT_EQ(use(), Use::reading) << "so is what happened to those who still ran alone";
}

TEST_F(StatementSpeedsOfOne, so_are_a_few_pauses_and_what_comes_after_them_is_no_further_one)
{
    for (int one = 1; one < StatementSpeeds::pauses_max; ++one) {
        for (int run = 0; run < 5; ++run) ran_beside(one_pause);
        now += StatementSpeeds::pause;
        ran_beside(100us);
    }
    EXPECT_EQ(use(), Use::reading);
}

TEST_F(StatementSpeedsOfOne, so_are_pauses_that_are_rare)
{
    for (int hour = 0; hour < 10; ++hour) {
        for (int twice = 0; twice < StatementSpeeds::pauses_max - 1; ++twice) {
            ran_beside(one_pause);
            now += 1s;
        }
        now += StatementSpeeds::pauses_forgiven_after;
    }
    EXPECT_EQ(use(), Use::reading);
}

TEST_F(StatementSpeedsOfOne, what_is_long_again_and_again_shares_no_more)
{
    for (int run = 0; run < 1'000; ++run) {
        ran_beside(StatementSpeeds::slow - 1us);
        now += StatementSpeeds::slow;
    }
    EXPECT_EQ(use(), Use::reading);
    const auto began = now;
    while (use() == Use::reading && now - began < 1s) {
        ran_beside(StatementSpeeds::slow * 2);
        now += StatementSpeeds::slow * 2;
    }
    EXPECT_EQ(use(), Use::alone);
}

TEST_F(StatementSpeedsOfOne, what_is_longer_than_any_pause_shares_no_more_at_once)
{
    ran_beside(StatementSpeeds::hopeless);
    EXPECT_EQ(use(), Use::alone);
}

TEST_F(StatementSpeedsOfOne, it_is_tried_again_by_one_at_a_time_until_it_has_proved_itself)
{
    unlearn();
    ran_beside(100us); // who was under way already proves nothing
    now += StatementSpeeds::rest_min;
    for (int run = 0; run < StatementSpeeds::proofs_again; ++run) {
        EXPECT_EQ(use(), Use::reading) << run;
        EXPECT_EQ(use(), Use::alone) << run;
        ran_beside(100us);
    }
    for (int caller = 0; caller < 10; ++caller) EXPECT_EQ(use(), Use::reading);
}

TEST_F(StatementSpeedsOfOne, a_trial_that_is_never_heard_of_is_not_the_last)
{
    unlearn();
    now += StatementSpeeds::rest_min;
    EXPECT_EQ(use(), Use::reading);
    EXPECT_EQ(use(), Use::alone);
    now += StatementSpeeds::trial_max;
    EXPECT_EQ(use(), Use::reading);
}

TEST_F(StatementSpeedsOfOne, who_runs_alone_meanwhile_proves_it_too)
{
    unlearn();
    for (int run = 0; run < StatementSpeeds::proofs_again; ++run) {
        EXPECT_EQ(use(), Use::alone);
        speeds.ran_alone(text, 100us);
    }
    EXPECT_EQ(use(), Use::reading);
}

TEST_F(StatementSpeedsOfOne, each_trial_that_goes_wrong_is_followed_by_a_longer_rest)
{
    unlearn();
    auto rest = StatementSpeeds::rest_min;
    for (int trial = 0; trial < 10; ++trial) {
        now += rest - 1ns;
        EXPECT_EQ(use(), Use::alone) << trial;
        now += 1ns;
        EXPECT_EQ(use(), Use::reading) << trial;
        ran_beside(StatementSpeeds::slow);
        rest = std::min(rest * 2, StatementSpeeds::rest_max);
    }
}

TEST(StatementSpeeds, never_remembers_more_texts_than_its_limit)
{
    StatementSpeeds speeds;
    for (std::size_t i = 0; i < 10 * StatementSpeeds::texts_max; ++i) {
        speeds.ran_alone("SELECT " + std::to_string(i), 100us);
        ASSERT_LE(speeds.size(), StatementSpeeds::texts_max);
    }
}

} // namespace
} // namespace trunkline::db::detail
