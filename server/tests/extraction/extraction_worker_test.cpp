// SPDX-License-Identifier: MIT
#include <extraction/support/worker_bed.hpp>

#include <gtest/gtest.h>

namespace trunkline::extraction::testing {

namespace {

using namespace std::chrono_literals;
using ::trunkline::testing::email_of;

struct Reading : ::testing::TestWithParam<db::Engine> {
    WorkerBed bed{GetParam()};
    void SetUp() override
    {
        bed.extractor.script = [](const ExtractionInput&) { return somebody(0.9); };
    }
};

} // namespace

TEST_P(Reading, begins_two_seconds_after_the_last_message)
{
    const Uuid conversation = bed.conversation(bed.database.staff, {});
    bed.start();
    bed.say(bed.database.staff, conversation, "hello");
    bed.until_idle();
    bed.database.clock.advance(1500ms);
    bed.until_idle();
    bed.say(bed.database.staff, conversation, "are you there?");
    bed.database.clock.advance(1999ms);
    bed.until_idle();
    EXPECT_EQ(bed.extractor.calls, 0) << "it was not quiet for two seconds";
    bed.database.clock.advance(1001ms);
    bed.until_idle();
    EXPECT_EQ(bed.extractor.calls, 1);
    EXPECT_EQ(bed.extractor.seen.messages.size(), 2u);
    EXPECT_EQ(bed.open_rows(), 0);
    EXPECT_EQ(bed.count("clients", "created_by = 'alan.turing@crm.example.test'"), 1);
    EXPECT_TRUE(bed.deaths.empty());
}

TEST_P(Reading, a_customer_is_known_by_his_own_address)
{
    bed.extractor.script = [](const ExtractionInput&) {
        Extraction found;
        found.client.phone = fact("+12025550143");
        found.client.confidence = 0.9;
        return found;
    };
    const Uuid conversation = bed.conversation(bed.database.customer, {});
    bed.say(bed.database.customer, conversation, "call me");
    bed.start();
    bed.pass_time_until([&] { return bed.open_rows() == 0; });
    ASSERT_EQ(bed.clients().size(), 1u);
    EXPECT_EQ(bed.clients()[0].email, email_of(bed.database.customer));
    EXPECT_EQ(bed.clients()[0].phone, "+12025550143");
    EXPECT_EQ(bed.clients()[0].created_by, "system");
}

TEST_P(Reading, a_conversation_that_grew_meanwhile_is_read_again)
{
    Gate gate(bed.database);
    bed.extractor.script = gate.before([](const ExtractionInput&) { return somebody(0.9); });
    const Uuid conversation = bed.conversation(bed.database.staff, {});
    bed.say(bed.database.staff, conversation, "hello");
    bed.start();
    bed.until_idle();
    bed.database.clock.advance(2s);
    gate.until_reached();
    bed.say(bed.database.staff, conversation, "one more thing");
    gate.open();
    bed.until_idle();
    EXPECT_EQ(bed.extractor.calls, 1);
    EXPECT_EQ(bed.open_rows(), 1) << "what came meanwhile is still to be read";
    bed.pass_time_until([&] { return bed.open_rows() == 0; });
    EXPECT_EQ(bed.extractor.calls, 2);
    EXPECT_EQ(bed.extractor.seen.messages.size(), 2u);
    EXPECT_EQ(bed.count("interactions"), 1);
}

TEST_P(Reading, what_fails_is_tried_again_with_growing_waits_and_given_up_after_ten)
{
    const Uuid conversation = bed.conversation(bed.database.staff, {});
    bed.say(bed.database.staff, conversation, "hello");
    bed.database.run(bed.database.pool().execute("ALTER TABLE interactions RENAME TO away"));
    const Time began = bed.database.clock.now();
    bed.start();
    bed.pass_time_until([&] { return bed.count("outbox", "dead_at IS NOT NULL") == 1; });
    EXPECT_EQ(bed.extractor.calls, 10);
    EXPECT_EQ(bed.count("outbox", "attempts = 10 AND last_error = 'The database did not take the entry'"), 1);
    EXPECT_EQ(bed.log.size(), 10u);
    EXPECT_NE(bed.log.back().find("given up"), std::string::npos);
    // 2 s of quiet, then 1 + 2 + 4 + … + 256 s.
    const auto took = bed.database.clock.now() - began;
    EXPECT_GE(took, 513s);
    EXPECT_LT(took, 540s);
    const auto told = bed.database.run(bed.results.wait(bed.database.clock, conversation, 1, 1s));
    EXPECT_FALSE(told->success) << "now it is certain, and those who wait hear it";
}

TEST_P(Reading, what_failed_for_a_while_is_done_in_the_end)
{
    const Uuid conversation = bed.conversation(bed.database.staff, {});
    bed.say(bed.database.staff, conversation, "hello");
    bed.database.run(bed.database.pool().execute("ALTER TABLE interactions RENAME TO away"));
    bed.start();
    bed.pass_time_until([&] { return bed.extractor.calls == 2; });
    EXPECT_EQ(bed.count("clients"), 0);
    bed.database.run(bed.database.pool().execute("ALTER TABLE away RENAME TO interactions"));
    bed.pass_time_until([&] { return bed.open_rows() == 0; });
    EXPECT_EQ(bed.count("clients"), 1);
    EXPECT_EQ(bed.count("outbox", "done_at IS NOT NULL AND last_error IS NULL"), 1);
}

TEST_P(Reading, a_conversation_that_was_deleted_is_done)
{
    const Uuid conversation = bed.conversation(bed.database.staff, {});
    bed.say(bed.database.staff, conversation, "hello");
    bed.database.run(bed.database.pool().execute("DELETE FROM conversations"));
    bed.start();
    bed.pass_time_until([&] { return bed.open_rows() == 0; });
    EXPECT_EQ(bed.extractor.calls, 0);
    EXPECT_EQ(bed.count("outbox", "done_at IS NOT NULL"), 1);
}

TEST_P(Reading, a_conversation_that_is_deleted_while_it_is_read_leaves_nothing)
{
    Gate gate(bed.database);
    bed.extractor.script = gate.before([](const ExtractionInput&) { return somebody(0.9); });
    const Uuid conversation = bed.conversation(bed.database.staff, {});
    bed.say(bed.database.staff, conversation, "hello");
    bed.start();
    bed.until_idle();
    bed.database.clock.advance(2s);
    gate.until_reached();
    bed.database.run(bed.database.pool().execute("DELETE FROM conversations"));
    gate.open();
    bed.pass_time_until([&] { return bed.open_rows() == 0; });
    EXPECT_EQ(bed.count("clients"), 0);
    EXPECT_EQ(bed.count("outbox", "done_at IS NOT NULL"), 1);
    EXPECT_EQ(bed.extractor.calls, 1);
}

TEST_P(Reading, a_worker_that_was_stopped_in_the_middle_leaves_the_row_to_the_next)
{
    Gate gate(bed.database);
    bed.extractor.script = gate.before([](const ExtractionInput&) { return somebody(0.9); });
    const Uuid conversation = bed.conversation(bed.database.staff, {});
    bed.say(bed.database.staff, conversation, "hello");
    bed.database.clock.advance(2s);
    bed.start();
    gate.until_reached();
    bed.group->cancel();
    bed.database.settle();
    gate.open();
    bed.stop();
    EXPECT_EQ(bed.count("clients"), 0);
    EXPECT_EQ(bed.open_rows(), 1);
    bed.start();
    bed.until_idle();
    EXPECT_EQ(bed.extractor.calls, 1) << "the lease holds";
    bed.pass_time_until([&] { return bed.open_rows() == 0; });
    EXPECT_EQ(bed.count("clients"), 1);
    EXPECT_TRUE(bed.deaths.empty());
}

TEST_P(Reading, a_row_that_nobody_lived_to_answer_for_is_given_up)
{
    const Uuid conversation = bed.conversation(bed.database.staff, {});
    bed.say(bed.database.staff, conversation, "hello");
    bed.database.run(bed.database.pool().execute("UPDATE outbox SET attempts = 10"));
    bed.start();
    bed.pass_time_until([&] { return bed.open_rows() == 0; });
    EXPECT_EQ(bed.extractor.calls, 0);
    EXPECT_EQ(bed.count("outbox", "dead_at IS NOT NULL"), 1);
}

TEST_P(Reading, the_result_is_told_to_those_who_wait_for_it)
{
    const Uuid conversation = bed.conversation(bed.database.staff, {});
    bed.say(bed.database.staff, conversation, "hello");
    bed.database.clock.advance(2s);
    bed.start();
    bed.until_idle();
    const auto told = bed.database.run(bed.results.wait(bed.database.clock, conversation, 1, 5s));
    ASSERT_TRUE(told);
    EXPECT_EQ(told->client_id, bed.clients().at(0).id);
    EXPECT_EQ(bed.results.waiting(), 0u);
}

INSTANTIATE_TEST_SUITE_P(OnEveryEngine, Reading, ::testing::Values(db::Engine::sqlite, db::Engine::postgresql),
                         [](const auto& info) { return std::string(db::to_string(info.param)); });

} // namespace trunkline::extraction::testing
