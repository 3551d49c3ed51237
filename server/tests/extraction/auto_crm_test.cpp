// SPDX-License-Identifier: MIT
#include <extraction/support/crm_bed.hpp>

#include <base/task_group.hpp>
#include <boost/json/parse.hpp>
#include <crm/clients.hpp>

#include <gtest/gtest.h>

namespace trunkline::extraction::testing {

namespace {

using namespace std::chrono_literals;
using ::trunkline::testing::Database;
using ::trunkline::testing::email_of;

struct AutoCrmRules : ::testing::TestWithParam<db::Engine> {
    CrmBed bed{GetParam()};

    /// Everything found is what `found` says, in a new conversation of a member of staff.
    CrmResult process(Extraction found, std::string session = "s")
    {
        bed.extractor.script = [found = std::move(found)](const ExtractionInput&) { return found; };
        return bed.process(bed.conversation(bed.database.staff, {"hello"}, std::move(session)));
    }
};

Extraction with_intent(double confidence, std::string code = "KITAS")
{
    Extraction found = somebody(0.9);
    found.intent.detected = true;
    found.intent.confidence = confidence;
    found.intent.case_type_code = std::move(code);
    found.intent.details = "I need a KITAS";
    return found;
}

void expect_nothing(const CrmResult& result)
{
    EXPECT_FALSE(result.success);
    EXPECT_FALSE(result.client_id || result.practice_id || result.interaction_id);
    EXPECT_FALSE(result.client_created || result.client_updated || result.practice_created);
}

} // namespace

TEST(AutoCrmWithoutPool, is_a_result_and_no_exception)
{
    Database database;
    ScriptedExtractor extractor;
    events::Hub hub(database.io.get_executor());
    AutoCrm crm(extractor, database.clock, hub);
    EXPECT_FALSE(crm.connect());
    const CrmResult chat = database.run(crm.process_conversation(db::new_uuid(), {}));
    const CrmResult mail = database.run(crm.process_email_interaction({"1", "ada@crm.example.test", "Hello", "…", {}}));
    for (const CrmResult& result : {chat, mail}) {
        expect_nothing(result);
        EXPECT_EQ(result.error, "Database pool not available");
    }
    EXPECT_EQ(extractor.calls, 0);
}

TEST_P(AutoCrmRules, close_leaves_the_pool_open)
{
    EXPECT_TRUE(bed.crm.connect());
    bed.crm.close();
    EXPECT_EQ(bed.count("users"), 5);
    EXPECT_TRUE(process(somebody(0.9)).success);
}

TEST_P(AutoCrmRules, the_calls_pool_wins)
{
    CrmBed other(db::Engine::sqlite);
    const Uuid conversation = bed.conversation(bed.database.staff, {"hello"});
    other.extractor.script = [](const ExtractionInput&) { return somebody(0.9); };
    auto processing =
        other.crm.process_conversation(conversation, bed.messages(conversation), {}, "system", &bed.database.pool());
    // Its own extractor lane resumes on the loop that runs it.
    EXPECT_TRUE(bed.database.run(std::move(processing)).success);
    EXPECT_EQ(bed.count("clients"), 1);
    EXPECT_EQ(other.count("clients"), 0);
}

namespace {

asio::awaitable<CrmResult> process_and_roll_back(CrmBed& bed, Uuid conversation)
{
    auto messages = (co_await stored_conversation(bed.database.pool(), conversation))->messages;
    auto tx = co_await bed.database.pool().begin();
    auto result = co_await bed.crm.process_conversation(conversation, std::move(messages), {}, "system", &tx);
    co_await tx.rollback();
    co_return result;
}

} // namespace

TEST_P(AutoCrmRules, a_callers_transaction_decides_whether_it_stays)
{
    bed.extractor.script = [](const ExtractionInput&) { return somebody(0.9); };
    const Uuid conversation = bed.conversation(bed.database.staff, {"hello"});
    EXPECT_TRUE(bed.database.run(process_and_roll_back(bed, conversation)).client_created);
    EXPECT_EQ(bed.count("clients"), 0);
}

TEST_P(AutoCrmRules, a_client_is_made_from_a_confidence_of_one_half)
{
    EXPECT_FALSE(process(somebody(0.49)).client_id);
    EXPECT_EQ(bed.count("clients"), 0);
    const CrmResult made = process(somebody(0.5));
    EXPECT_TRUE(made.success && made.client_created);
    EXPECT_FALSE(made.error);
    ASSERT_EQ(bed.clients().size(), 1u);
    const SeenClient client = bed.clients()[0];
    EXPECT_EQ(client.id, made.client_id);
    EXPECT_EQ(client.full_name, "ada") << "the part before the @, when no name was said";
    EXPECT_EQ(client.email, "ada@crm.example.test");
    EXPECT_EQ(client.status, "prospect");
    EXPECT_EQ(client.created_by, "system");
    EXPECT_EQ(client.first_contact_at, bed.database.clock.now());
    EXPECT_EQ(client.last_interaction_at, bed.database.clock.now());
}

TEST_P(AutoCrmRules, without_an_address_or_a_number_nobody_is_made)
{
    Extraction found;
    found.client.full_name = fact("Ada Lovelace");
    found.client.confidence = 0.99;
    const CrmResult result = process(found);
    EXPECT_TRUE(result.success);
    EXPECT_FALSE(result.client_id);
    found.client.phone = fact("+12025550143", {}, 0, 0.45);
    EXPECT_FALSE(process(found).client_id) << "a number that is only guessed is none";
    EXPECT_EQ(bed.count("interactions"), 0);
}

TEST_P(AutoCrmRules, a_number_alone_makes_somebody_unknown_whose_name_can_follow)
{
    Extraction found;
    found.client.phone = fact("+12025550143");
    found.client.confidence = 0.9;
    const CrmResult made = process(found);
    EXPECT_EQ(bed.clients().at(0).full_name, "Unknown");
    found.client.full_name = fact("Ada Lovelace");
    found.client.email = fact("ada@crm.example.test");
    const CrmResult grown = process(found);
    EXPECT_EQ(grown.client_id, made.client_id);
    EXPECT_TRUE(grown.client_updated);
    EXPECT_EQ(bed.clients().at(0).full_name, "Ada Lovelace");
    EXPECT_EQ(bed.clients().at(0).email, "ada@crm.example.test");
    EXPECT_EQ(bed.count("clients"), 1);
}

TEST_P(AutoCrmRules, a_conversation_goes_on_about_the_same_client_until_an_address_or_number_says_otherwise)
{
    Extraction found;
    found.client.phone = fact("+12025550143");
    found.client.confidence = 0.9;
    const CrmResult first = process(found);
    found.client.phone.reset();
    found.client.nationality = fact("British");
    EXPECT_EQ(process(found).client_id, first.client_id);
    found.client.email = fact("ada@crm.example.test");
    EXPECT_EQ(process(found).client_id, first.client_id);
    EXPECT_EQ(bed.clients().at(0).email, "ada@crm.example.test");
    EXPECT_EQ(bed.clients().at(0).nationality, "British");
    found.client.email = fact("charles@crm.example.test");
    const CrmResult second = process(found);
    EXPECT_TRUE(second.client_created);
    EXPECT_NE(second.client_id, first.client_id);
    EXPECT_EQ(bed.count("interactions"), 2);
}

TEST_P(AutoCrmRules, a_number_that_staff_typed_is_the_number_that_is_said)
{
    crm::NewClient typed;
    typed.full_name = crm::Typed<200>("Ada Lovelace");
    typed.phone = *crm::Phone::parse("(202) 555-0143");
    const auto editor = crm::system_editor(bed.database.tenant);
    const auto ada = bed.database.run(crm::create_client(bed.database.pool(), editor, typed, bed.database.clock.now()));
    ASSERT_TRUE(ada);
    Extraction found;
    found.client.phone = fact("+12025550143");
    found.client.confidence = 0.9;
    EXPECT_EQ(process(found).client_id, ada->id);
    EXPECT_EQ(bed.count("clients"), 1);
}

TEST_P(AutoCrmRules, a_number_is_no_proof_against_an_address)
{
    const Uuid ada = bed.add_client("Ada Lovelace", "ada@crm.example.test", "+12025550143");
    Extraction found;
    found.client.phone = fact("+12025550143");
    found.client.confidence = 0.9;
    EXPECT_EQ(process(found, "one").client_id, ada);
    found.client.email = fact("charles@crm.example.test");
    EXPECT_TRUE(process(found, "another").client_created) << "two people with one telephone";
    bed.extractor.script = [](const ExtractionInput&) {
        Extraction said;
        said.client.phone = fact("+12025550143");
        said.client.confidence = 0.9;
        return said;
    };
    const Uuid conversation = bed.conversation(bed.database.customer, {"hello"}, "a third");
    const CrmResult signed_in = bed.process(conversation, email_of(bed.database.customer));
    EXPECT_TRUE(signed_in.client_created) << "who is signed in does not become somebody by saying a number";
    EXPECT_EQ(bed.count("clients"), 3);
}

TEST_P(AutoCrmRules, a_name_made_of_the_address_gives_way_to_one_that_was_said)
{
    process(somebody(0.9));
    Extraction found = somebody(0.9);
    found.client.full_name = fact("Ada Lovelace");
    EXPECT_TRUE(process(found).client_updated);
    EXPECT_EQ(bed.clients().at(0).full_name, "Ada Lovelace");
    found.client.full_name = fact("Ada King");
    EXPECT_FALSE(process(found).client_updated);
    EXPECT_EQ(bed.clients().at(0).full_name, "Ada Lovelace");
}

TEST_P(AutoCrmRules, what_is_empty_is_filled_from_a_confidence_of_six_tenths)
{
    const Uuid ada = bed.add_client("ada", "ada@crm.example.test");
    Extraction found = somebody(0.59);
    found.client.full_name = fact("Ada Lovelace");
    found.client.phone = fact("+12025550143");
    const CrmResult unsure = process(found);
    EXPECT_EQ(unsure.client_id, ada);
    EXPECT_FALSE(unsure.client_updated);
    EXPECT_FALSE(bed.clients().at(0).phone);
    found.client.confidence = 0.6;
    const CrmResult sure = process(found);
    EXPECT_TRUE(sure.client_updated);
    EXPECT_FALSE(sure.client_created);
    EXPECT_EQ(bed.clients().at(0).phone, "+12025550143");
    EXPECT_EQ(bed.clients().at(0).full_name, "ada") << "a person gave this name";
    EXPECT_FALSE(process(found).client_updated) << "nothing is empty any longer";
}

TEST_P(AutoCrmRules, what_is_there_is_never_overwritten)
{
    bed.add_client("Ada Lovelace", "ada@crm.example.test", "+441632960000");
    Extraction found = somebody(0.99);
    found.client.full_name = fact("Somebody Else");
    found.client.phone = fact("+12025550143");
    found.client.nationality = fact("British");
    EXPECT_TRUE(process(found).client_updated);
    const SeenClient client = bed.clients().at(0);
    EXPECT_EQ(client.full_name, "Ada Lovelace");
    EXPECT_EQ(client.phone, "+441632960000");
    EXPECT_EQ(client.nationality, "British");
    EXPECT_EQ(bed.count("evidence"), 1) << "only what was taken has evidence";
}

TEST_P(AutoCrmRules, a_case_is_opened_from_a_confidence_of_seven_tenths)
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

TEST_P(AutoCrmRules, the_same_case_is_asked_for_again_within_seven_days_to_the_microsecond)
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

TEST_P(AutoCrmRules, a_case_that_is_decided_is_not_the_same_case)
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

TEST_P(AutoCrmRules, a_conversation_that_grows_has_one_interaction_and_its_sentence_opens_one_case)
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

TEST_P(AutoCrmRules, an_interaction_that_grows_is_in_the_audit_and_one_that_is_read_again_is_not)
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

TEST_P(AutoCrmRules, a_summary_has_at_most_500_characters_and_never_none)
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

TEST_P(AutoCrmRules, each_value_has_the_sentence_it_came_from)
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

TEST_P(AutoCrmRules, who_is_signed_in_is_known_by_his_address)
{
    bed.extractor.script = [](const ExtractionInput&) { return somebody(0.9, "ada@another.example.test"); };
    const Uuid conversation = bed.conversation(bed.database.customer, {"hello"});
    const CrmResult first = bed.process(conversation, " " + email_of(bed.database.customer));
    EXPECT_TRUE(first.client_created);
    EXPECT_EQ(bed.clients().at(0).email, "ada.lovelace@crm.example.test");
    EXPECT_EQ(bed.clients().at(0).full_name, "ada.lovelace");
    EXPECT_EQ(
        bed.count("evidence",
                  "field = 'email' AND method = 'account' AND message_id IS NULL AND conversation_id IS NOT NULL"),
        1);
    const CrmResult second = bed.process(conversation, email_of(bed.database.customer));
    EXPECT_EQ(second.client_id, first.client_id);
    EXPECT_EQ(bed.extractor.seen.known.email, "ada.lovelace@crm.example.test") << "the extractor knows what is known";
    EXPECT_FALSE(bed.extractor.seen.known.full_name) << "a name made of the address is not known";
    EXPECT_EQ(bed.count("clients"), 1);
}

TEST_P(AutoCrmRules, nobody_of_the_staff_becomes_a_client)
{
    bed.extractor.script = [&](const ExtractionInput&) { return somebody(0.99, email_of(bed.database.admin)); };
    const Uuid conversation = bed.conversation(bed.database.staff, {"hello"});
    const CrmResult result = bed.process(conversation, email_of(bed.database.staff));
    EXPECT_TRUE(result.success);
    EXPECT_FALSE(result.client_id);
    EXPECT_EQ(bed.count("clients"), 0);
    EXPECT_EQ(bed.extractor.seen.staff_addresses.size(), 2u);
    EXPECT_EQ(bed.extractor.seen.default_region, "US");
}

TEST_P(AutoCrmRules, another_tenants_client_is_not_found)
{
    bed.add_client("Ada Lovelace", "ada@crm.example.test");
    bed.extractor.script = [](const ExtractionInput&) { return somebody(0.9); };
    const Uuid conversation = bed.conversation(bed.database.stranger, {"hello"});
    EXPECT_TRUE(bed.process(conversation).client_created);
    EXPECT_EQ(bed.count("clients"), 2);
}

TEST_P(AutoCrmRules, an_extractor_that_fails_found_nothing)
{
    bed.add_client("Ada Lovelace", "ada.lovelace@crm.example.test");
    bed.extractor.script = [](const ExtractionInput&) -> Extraction { throw std::runtime_error("no answer"); };
    const Uuid conversation = bed.conversation(bed.database.customer, {"hello"});
    const CrmResult result = bed.process(conversation, email_of(bed.database.customer));
    EXPECT_TRUE(result.success && result.interaction_id);
    EXPECT_FALSE(result.client_updated || result.client_created);
}

TEST_P(AutoCrmRules, a_failure_is_a_sentence_without_sql_and_writes_nothing)
{
    bed.database.run(bed.database.pool().execute("DROP TABLE interactions"));
    const CrmResult result = process(somebody(0.9));
    expect_nothing(result);
    EXPECT_EQ(result.error, "The database did not take the entry");
    EXPECT_EQ(bed.count("clients"), 0);
    const CrmResult gone = bed.database.run(bed.crm.process_conversation(db::new_uuid(), {}));
    expect_nothing(gone);
    EXPECT_EQ(gone.error, "The conversation is no longer there");
}

TEST_P(AutoCrmRules, two_at_once_with_the_same_new_address_make_one_client)
{
    bed.extractor.script = [](const ExtractionInput&) { return somebody(0.9); };
    std::vector<std::optional<CrmResult>> results(4);
    std::vector<std::vector<TranscriptMessage>> messages;
    std::vector<Uuid> conversations;
    for (std::size_t i = 0; i < results.size(); ++i) {
        conversations.push_back(bed.conversation(bed.database.staff, {"hello"}, "session " + std::to_string(i)));
        messages.push_back(bed.messages(conversations[i]));
    }
    TaskGroup group(bed.database.io.get_executor());
    for (std::size_t i = 0; i < results.size(); ++i) {
        auto processing = bed.crm.process_conversation(conversations[i], messages[i]);
        group.start("saving", ::trunkline::testing::detail::keep(std::move(processing), results[i]));
    }
    bed.database.run(group.join());
    EXPECT_EQ(bed.count("clients"), 1);
    EXPECT_EQ(bed.count("interactions"), 4);
    std::size_t made = 0;
    for (const auto& result : results) {
        EXPECT_TRUE(result->success) << result->error.value_or("");
        made += result->client_created;
    }
    EXPECT_EQ(made, 1u);
}

TEST_P(AutoCrmRules, staff_hear_of_the_client_after_the_commit)
{
    const events::Listener turing{bed.database.tenant, bed.database.staff.user_id, bed.database.staff.session_id, true};
    auto heard = bed.hub.subscribe(turing, {});
    EXPECT_EQ(bed.database.run(heard->next())->name, "hello");
    const CrmResult result = process(somebody(0.9));
    const auto news = bed.database.run(heard->next());
    EXPECT_EQ(news->name, "client");
    EXPECT_EQ(news->data, "{\"id\":\"" + db::to_string(*result.client_id) + "\"}");
}

TEST_P(AutoCrmRules, while_a_text_is_read_nobody_holds_the_only_connection)
{
    CrmBed narrow(GetParam(), 1);
    Gate gate(narrow.database);
    narrow.extractor.script = gate.before([](const ExtractionInput&) { return somebody(0.9); });
    const Uuid conversation = narrow.conversation(narrow.database.staff, {"hello"});
    const auto messages = narrow.messages(conversation);
    std::optional<CrmResult> result;
    TaskGroup group(narrow.database.io.get_executor());
    auto processing = narrow.crm.process_conversation(conversation, messages);
    group.start("reading", ::trunkline::testing::detail::keep(std::move(processing), result));
    gate.until_reached();
    EXPECT_EQ(narrow.database.pool().stats().in_use, 0u);
    EXPECT_EQ(narrow.count("conversations"), 1);
    EXPECT_FALSE(result);
    gate.open();
    narrow.database.run(group.join());
    EXPECT_TRUE(result->client_created);
}

TEST_P(AutoCrmRules, a_mail_is_a_conversation_and_is_processed_once)
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

TEST_P(AutoCrmRules, a_mail_joins_the_callers_transaction)
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

TEST_P(AutoCrmRules, a_mail_without_a_sender_is_refused_in_words)
{
    for (const char* sender : {"", "Ada Lovelace", "Ada <ada>", "Ada <ada@crm.example.test"}) {
        const CrmResult result = bed.database.run(bed.crm.process_email_interaction({"1", sender, "Hello", "…", {}}));
        expect_nothing(result);
        EXPECT_EQ(result.error, "The e-mail has no sender's address");
    }
    EXPECT_EQ(bed.count("conversations"), 0);
}

INSTANTIATE_TEST_SUITE_P(OnEveryEngine, AutoCrmRules, ::testing::Values(db::Engine::sqlite, db::Engine::postgresql),
                         [](const auto& info) { return std::string(db::to_string(info.param)); });

} // namespace trunkline::extraction::testing
