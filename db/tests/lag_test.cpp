// SPDX-License-Identifier: MIT
#include <pool/lag.hpp>

#include <gtest/gtest.h>

namespace trunkline::db::detail {
namespace {

using namespace std::chrono_literals;

constexpr Deadline start{std::chrono::hours(1)};

TEST(Lag, of_which_nothing_is_known_everybody_asks)
{
    Lag lag;
    EXPECT_TRUE(lag.is_due(start));
    lag.being_measured = true;
    EXPECT_TRUE(lag.is_due(start));
}

TEST(Lag, is_asked_for_again_by_one_and_the_others_go_by_what_is_known)
{
    Lag lag;
    lag.measured_at = start;
    EXPECT_FALSE(lag.is_due(start + Lag::measured_every - 1ns));
    EXPECT_TRUE(lag.is_due(start + Lag::measured_every));
    lag.being_measured = true;
    EXPECT_FALSE(lag.is_due(start + Lag::measured_every));
}

TEST(Lag, is_believed_no_longer_than_an_answer_may_take)
{
    Lag lag;
    lag.measured_at = start;
    lag.being_measured = true;
    EXPECT_TRUE(lag.is_due(start + Lag::measured_every + Lag::answer_max));
}

} // namespace
} // namespace trunkline::db::detail
