// SPDX-License-Identifier: MIT
#include <extraction/support/crm_bed.hpp>

#include <base/task_group.hpp>
#include <crm/clients.hpp>

namespace trunkline::extraction::testing {

namespace {

using ::trunkline::testing::email_of;

/// Whom a conversation is with, and what he is known by.
struct AutoCrmClients : OnAnEngine {};

} // namespace

TEST_P(AutoCrmClients, a_client_is_made_from_a_confidence_of_one_half)
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

TEST_P(AutoCrmClients, without_an_address_or_a_number_nobody_is_made)
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

TEST_P(AutoCrmClients, a_number_alone_makes_somebody_unknown_whose_name_can_follow)
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

TEST_P(AutoCrmClients, a_conversation_goes_on_about_the_same_client_until_an_address_or_number_says_otherwise)
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

TEST_P(AutoCrmClients, a_number_that_staff_typed_is_the_number_that_is_said)
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

TEST_P(AutoCrmClients, a_number_is_no_proof_against_an_address)
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

TEST_P(AutoCrmClients, a_name_made_of_the_address_gives_way_to_one_that_was_said)
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

TEST_P(AutoCrmClients, what_is_empty_is_filled_from_a_confidence_of_six_tenths)
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

TEST_P(AutoCrmClients, what_is_there_is_never_overwritten)
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

TEST_P(AutoCrmClients, who_is_signed_in_is_known_by_his_address)
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

TEST_P(AutoCrmClients, nobody_of_the_staff_becomes_a_client)
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

TEST_P(AutoCrmClients, another_tenants_client_is_not_found)
{
    bed.add_client("Ada Lovelace", "ada@crm.example.test");
    bed.extractor.script = [](const ExtractionInput&) { return somebody(0.9); };
    const Uuid conversation = bed.conversation(bed.database.stranger, {"hello"});
    EXPECT_TRUE(bed.process(conversation).client_created);
    EXPECT_EQ(bed.count("clients"), 2);
}

TEST_P(AutoCrmClients, two_at_once_with_the_same_new_address_make_one_client)
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

INSTANTIATE_TEST_SUITE_P(OnEveryEngine, AutoCrmClients, ::testing::Values(db::Engine::sqlite, db::Engine::postgresql),
                         [](const auto& info) { return std::string(db::to_string(info.param)); });

} // namespace trunkline::extraction::testing
