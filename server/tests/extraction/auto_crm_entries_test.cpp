// SPDX-License-Identifier: MIT
#include <extraction/support/crm_bed.hpp>

#include <boost/json/parse.hpp>

namespace trunkline::extraction::testing {

namespace {

using namespace std::chrono_literals;

Extraction with_intent(double confidence, std::string code = "KITAS")
{
    Extraction found = somebody(0.9);
    found.intent.detected = true;
    found.intent.confidence = confidence;
    found.intent.case_type_code = std::move(code);
    found.intent.details = "I need a KITAS";
    return found;
}

/// What a conversation leaves behind: cases, one interaction, evidence.
struct AutoCrmEntries : OnAnEngine {};

} // namespace

TEST_P(AutoCrmEntries, a_case_is_opened_from_a_confidence_of_seven_tenths)
{
    bed.add_case_type("KITAS");
    bed.add_case_type("NPWP", false);
    EXPECT_FALSE(process(with_intent(0.69)).practice_id);
    EXPECT_FALSE(process(with_intent(0.99, "PT_PMA")).practice_id) << "no such service";
    EXPECT_FALSE(process(with_intent(0.99, "NPWP")).practice_id) << "no longer offered";
    const CrmResult opened = process(with_intent(0.7));
    EXPECT_TRUE(opened.practice_created);
    EXPECT_EQ(
        bed.count("cases",
                  "status = 'inquiry' AND priority = 'normal' AND notes = 'I need a KITAS'"
                  " AND quoted_price_amount = 150000 AND quoted_price_currency = 'EUR' AND created_by = 'system'"),
        1);
    EXPECT_EQ(bed.count("cases"), 1);
    EXPECT_EQ(bed.count("interactions", "case_id IS NOT NULL"), 1);
}

TEST_P(AutoCrmEntries, the_same_case_is_asked_for_again_within_seven_days_to_the_microsecond)
{
    bed.add_case_type("KITAS");
    const CrmResult first = process(with_intent(0.9));
    bed.database.clock.advance(std::chrono::days(7));
    const CrmResult again = process(with_intent(0.9), "another");
    EXPECT_EQ(again.practice_id, first.practice_id);
    EXPECT_FALSE(again.practice_created);
    bed.database.clock.advance(1us);
    const CrmResult later = process(with_intent(0.9), "a third");
    EXPECT_TRUE(later.practice_created);
    EXPECT_NE(later.practice_id, first.practice_id);
    EXPECT_EQ(bed.count("cases"), 2);
}

TEST_P(AutoCrmEntries, a_case_that_is_decided_is_not_the_same_case)
{
    bed.add_case_type("KITAS");
    for (const char* open : {"inquiry", "quotation_sent", "payment_pending", "in_progress"}) {
        process(with_intent(0.9), std::string("open ") + open);
        bed.database.run(bed.database.pool().execute("UPDATE cases SET status = $1", std::string(open)));
        EXPECT_FALSE(process(with_intent(0.9), std::string("again ") + open).practice_created) << open;
    }
    EXPECT_EQ(bed.count("cases"), 1);
    for (const char* decided : {"waiting_documents", "submitted_to_gov", "approved", "completed", "cancelled"}) {
        bed.database.run(bed.database.pool().execute("UPDATE cases SET status = $1", std::string(decided)));
        EXPECT_TRUE(process(with_intent(0.9), std::string("after ") + decided).practice_created) << decided;
    }
}

TEST_P(AutoCrmEntries, a_conversation_that_grows_has_one_interaction_and_its_sentence_opens_one_case)
{
    bed.add_case_type("KITAS");
    bed.extractor.script = [](const ExtractionInput& input) {
        Extraction found = with_intent(0.9);
        found.intent.evidence = fact("KITAS", input);
        found.summary = std::to_string(input.messages.size()) + " messages";
        return found;
    };
    const Uuid conversation = bed.conversation(bed.database.staff, {"KITAS please", "> Gladly"});
    const CrmResult first = bed.process(conversation);
    bed.database.run(bed.database.pool().execute("UPDATE cases SET status = 'cancelled'"));
    bed.database.clock.advance(std::chrono::days(30));
    EXPECT_EQ(bed.conversation(bed.database.staff, {"KITAS please", "> Gladly", "Thanks"}), conversation);
    const CrmResult second = bed.process(conversation);
    EXPECT_EQ(second.interaction_id, first.interaction_id);
    EXPECT_EQ(second.practice_id, first.practice_id);
    EXPECT_FALSE(second.practice_created);
    EXPECT_EQ(bed.count("cases"), 1);
    EXPECT_EQ(bed.count("interactions"), 1);
    EXPECT_EQ(bed.count("interactions", "summary = '3 messages' AND interaction_type = 'chat' AND channel = 'web_chat'"
                                        " AND direction = 'inbound' AND team_member = 'system'"),
              1);
    const auto content =
        bed.database.run(bed.database.pool().fetch_value<std::string>("SELECT full_content FROM interactions"));
    EXPECT_EQ(content, "USER: KITAS please\nASSISTANT: Gladly\nUSER: Thanks");
    EXPECT_EQ(bed.clients().at(0).last_interaction_at, bed.database.clock.now());
}

TEST_P(AutoCrmEntries, an_interaction_that_grows_is_in_the_audit_and_one_that_is_read_again_is_not)
{
    bed.extractor.script = [](const ExtractionInput& input) {
        Extraction found = somebody(0.9);
        found.summary = std::to_string(input.messages.size()) + " messages";
        return found;
    };
    const auto audited = [&](std::string action) {
        return bed.count("audit", "entity = 'interaction' AND actor = 'system' AND action = '" + action + "'");
    };
    const Uuid conversation = bed.conversation(bed.database.staff, {"hello"});
    const CrmResult first = bed.process(conversation);
    const auto noted_at = bed.database.clock.now();
    bed.database.clock.advance(1s);
    EXPECT_EQ(bed.process(conversation).interaction_id, first.interaction_id);
    EXPECT_EQ(audited("created"), 1);
    EXPECT_EQ(audited("updated"), 0) << "it said the same";
    const auto kept_at =
        bed.database.run(bed.database.pool().fetch_value<Time>("SELECT interaction_at FROM interactions"));
    EXPECT_EQ(kept_at, noted_at);
    bed.conversation(bed.database.staff, {"hello", "> Hello"});
    bed.process(conversation);
    EXPECT_EQ(audited("updated"), 1);
    const auto changes = bed.database.run(bed.database.pool().fetch_value<Json>(
        "SELECT changes FROM audit WHERE entity = 'interaction' AND action = 'updated'"));
    const auto read = json::parse(changes.text());
    EXPECT_EQ(read.at("summary").at("before"), "1 messages");
    EXPECT_EQ(read.at("summary").at("after"), "2 messages");
    EXPECT_EQ(read.as_object().size(), 2u) << "summary and time; the text is the conversation's own";
}

TEST_P(AutoCrmEntries, a_summary_has_at_most_500_characters_and_never_none)
{
    Extraction found = somebody(0.9);
    found.summary.clear();
    for (int i = 0; i < 600; ++i) found.summary += "é";
    process(found);
    EXPECT_EQ(bed.count("interactions", "length(summary) = 500"), 1);
    found.summary.clear();
    process(found);
    EXPECT_EQ(bed.count("interactions", "summary = 'Chat conversation'"), 1);
}

TEST_P(AutoCrmEntries, each_value_has_the_sentence_it_came_from)
{
    bed.extractor.script = [](const ExtractionInput& input) {
        Extraction found;
        found.client.full_name = fact("Ada Lovelace", input, 1, 0.95);
        found.client.email = fact("ada@crm.example.test", input, 1, 0.9);
        found.client.email->start = 17;
        found.client.email->end = 37;
        found.client.email->quote = "Ada Lovelace, at ada@crm.example.test";
        found.client.confidence = 0.95;
        return found;
    };
    const Uuid conversation =
        bed.conversation(bed.database.staff, {"> Who are you?", "Ada Lovelace, at ada@crm.example.test"});
    const CrmResult result = bed.process(conversation);
    bed.process(conversation);
    const Uuid message = bed.messages(conversation).at(1).id;
    auto wanted = bed.database.pool().fetch_value<std::int64_t>(
        "SELECT count(*) FROM evidence WHERE client_id = $1 AND tenant_id = $2 AND field = 'email' AND value = 'ada@crm.example.test'"
        " AND conversation_id = $3 AND message_id = $4 AND message_seq = 2 AND start_at = 17 AND end_at = 37"
        " AND quote = 'Ada Lovelace, at ada@crm.example.test' AND method = 'stated' AND confidence = 0.9 AND recorded_at = $5",
        *result.client_id, bed.database.tenant, conversation, message, bed.database.clock.now());
    EXPECT_EQ(bed.database.run(std::move(wanted)), 1);
    EXPECT_EQ(bed.count("evidence", "field = 'full_name' AND message_seq = 2"), 1);
    EXPECT_EQ(bed.count("evidence"), 2) << "reading it again adds nothing";
}

INSTANTIATE_TEST_SUITE_P(OnEveryEngine, AutoCrmEntries, ::testing::Values(db::Engine::sqlite, db::Engine::postgresql),
                         [](const auto& info) { return std::string(db::to_string(info.param)); });

} // namespace trunkline::extraction::testing
