// SPDX-License-Identifier: MIT
#include <extraction/support/crm_bed.hpp>

namespace trunkline::extraction::testing {

namespace {

/// Mails that come in.
struct AutoCrmMails : OnAnEngine {};

} // namespace

TEST_P(AutoCrmMails, a_mail_is_a_conversation_and_is_processed_once)
{
    bed.extractor.script = [](const ExtractionInput&) {
        Extraction found;
        found.client.full_name = fact("Ada Lovelace");
        found.client.confidence = 0.9;
        return found;
    };
    const IncomingEmail mail{"<1@mail.example.test>",
                             "\"A. L. <Countess>\" <Ada@CRM.example.test>",
                             "A visa",
                             std::string("I need a visa.\0\xff", 16),
                             {}};
    const CrmResult first = bed.database.run(bed.crm.process_email_interaction(mail));
    EXPECT_TRUE(first.success && first.client_created) << first.error.value_or("");
    EXPECT_EQ(bed.clients().at(0).email, "ada@crm.example.test");
    EXPECT_EQ(bed.count("conversations", "title = 'Email: A visa' AND channel = 'email' AND user_id IS NULL"), 1);
    EXPECT_EQ(bed.count("interactions", "interaction_type = 'email' AND channel = 'email' AND subject = 'A visa'"), 1);
    EXPECT_EQ(bed.count("evidence", "field = 'email' AND method = 'sender'"), 1);
    EXPECT_EQ(bed.extractor.seen.messages.at(0).text, "Subject: A visa\n\nI need a visa.\ufffd\ufffd");
    const CrmResult again = bed.database.run(bed.crm.process_email_interaction(mail));
    EXPECT_EQ(again.interaction_id, first.interaction_id);
    EXPECT_EQ(again.client_id, first.client_id);
    EXPECT_FALSE(again.client_created);
    EXPECT_EQ(bed.extractor.calls, 1);
    EXPECT_EQ(bed.count("messages"), 1);
}

TEST_P(AutoCrmMails, a_mail_joins_the_callers_transaction)
{
    bed.extractor.script = [](const ExtractionInput&) { return somebody(0.9); };
    auto roll_back = [](CrmBed& bed) -> asio::awaitable<CrmResult> {
        auto tx = co_await bed.database.pool().begin();
        IncomingEmail mail{"1", "ada@crm.example.test", "Hello", "…", {}};
        auto result = co_await bed.crm.process_email_interaction(std::move(mail), "system", &tx);
        co_await tx.rollback();
        co_return result;
    };
    EXPECT_TRUE(bed.database.run(roll_back(bed)).client_created);
    EXPECT_EQ(bed.count("conversations"), 0);
    EXPECT_EQ(bed.count("clients"), 0);
}

TEST_P(AutoCrmMails, a_mail_without_a_sender_is_refused_in_words)
{
    for (const char* sender : {"", "Ada Lovelace", "Ada <ada>", "Ada <ada@crm.example.test"}) {
        const CrmResult result = bed.database.run(bed.crm.process_email_interaction({"1", sender, "Hello", "…", {}}));
        expect_nothing(result);
        EXPECT_EQ(result.error, "The e-mail has no sender's address");
    }
    EXPECT_EQ(bed.count("conversations"), 0);
}

INSTANTIATE_TEST_SUITE_P(OnEveryEngine, AutoCrmMails, ::testing::Values(db::Engine::sqlite, db::Engine::postgresql),
                         [](const auto& info) { return std::string(db::to_string(info.param)); });

} // namespace trunkline::extraction::testing
