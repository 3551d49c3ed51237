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
        EXPECT_EQ(speeds.use_of("SELECT 1"), Use::alone) << run;
        speeds.ran_alone("SELECT 1", 100us);
    }
    EXPECT_EQ(speeds.use_of("SELECT 1"), Use::reading);
    EXPECT_EQ(speeds.use_of("SELECT 2"), Use::alone);
}

TEST(StatementSpeeds, a_long_run_takes_a_proof_away)
{
    StatementSpeeds speeds;
    speeds.ran_alone("SELECT 1", 100us);
    speeds.ran_alone("SELECT 1", 100us);
    speeds.ran_alone("SELECT 1", StatementSpeeds::quick + 1us);
    speeds.ran_alone("SELECT 1", 100us);
    EXPECT_EQ(speeds.use_of("SELECT 1"), Use::alone);
    speeds.ran_alone("SELECT 1", 100us);
    EXPECT_EQ(speeds.use_of("SELECT 1"), Use::reading);
}

TEST(StatementSpeeds, what_is_always_long_never_shares)
{
    StatementSpeeds speeds;
    for (int run = 0; run < 100; ++run) speeds.ran_alone("SELECT 1", 3ms);
    for (int run = 1; run < StatementSpeeds::proofs; ++run) speeds.ran_alone("SELECT 1", 100us);
    EXPECT_EQ(speeds.use_of("SELECT 1"), Use::alone);
}

TEST(StatementSpeeds, what_was_slow_beside_others_has_to_prove_itself_for_longer)
{
    StatementSpeeds speeds;
    for (int run = 0; run < StatementSpeeds::proofs; ++run) speeds.ran_alone("SELECT 1", 100us);
    speeds.ran_beside("SELECT 1", StatementSpeeds::slow);
    EXPECT_EQ(speeds.use_of("SELECT 1"), Use::reading) << "a busy moment is forgiven";
    for (int run = 0; run < StatementSpeeds::proofs; ++run) speeds.ran_alone("SELECT 1", 100ms);
    EXPECT_EQ(speeds.use_of("SELECT 1"), Use::reading) << "so is what happens to those who still ran alone";
    speeds.ran_beside("SELECT 1", StatementSpeeds::slow * StatementSpeeds::average_over);
    for (int run = 0; run < StatementSpeeds::proofs_again; ++run) {
        EXPECT_EQ(speeds.use_of("SELECT 1"), Use::alone);
        speeds.ran_alone("SELECT 1", 100us);
    }
    EXPECT_EQ(speeds.use_of("SELECT 1"), Use::reading);
}

TEST(StatementSpeeds, what_is_long_again_and_again_beside_others_shares_no_more)
{
    StatementSpeeds speeds;
    for (int run = 0; run < StatementSpeeds::proofs; ++run) speeds.ran_alone("SELECT 1", 100us);
    for (int run = 0; run < 1'000; ++run) speeds.ran_beside("SELECT 1", StatementSpeeds::slow - 1us);
    EXPECT_EQ(speeds.use_of("SELECT 1"), Use::reading);
    for (int run = 0; run < 10; ++run) speeds.ran_beside("SELECT 1", StatementSpeeds::slow * 2);
    EXPECT_EQ(speeds.use_of("SELECT 1"), Use::alone);
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
