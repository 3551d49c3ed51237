// SPDX-License-Identifier: MIT
#include <extraction/support/crm_bed.hpp>

#include <base/task_group.hpp>

namespace trunkline::extraction::testing {

namespace {

using ::trunkline::testing::Database;
using ::trunkline::testing::email_of;

/// Executors, failures, and who hears of it.
struct AutoCrmRuns : OnAnEngine {};

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

TEST_P(AutoCrmRuns, close_leaves_the_pool_open)
{
    EXPECT_TRUE(bed.crm.connect());
    bed.crm.close();
    EXPECT_EQ(bed.count("users"), 5);
    EXPECT_TRUE(process(somebody(0.9)).success);
}

TEST_P(AutoCrmRuns, the_calls_pool_wins)
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

TEST_P(AutoCrmRuns, a_callers_transaction_decides_whether_it_stays)
{
    bed.extractor.script = [](const ExtractionInput&) { return somebody(0.9); };
    const Uuid conversation = bed.conversation(bed.database.staff, {"hello"});
    EXPECT_TRUE(bed.database.run(process_and_roll_back(bed, conversation)).client_created);
    EXPECT_EQ(bed.count("clients"), 0);
}

TEST_P(AutoCrmRuns, an_extractor_that_fails_found_nothing)
{
    bed.add_client("Ada Lovelace", "ada.lovelace@crm.example.test");
    bed.extractor.script = [](const ExtractionInput&) -> Extraction { throw std::runtime_error("no answer"); };
    const Uuid conversation = bed.conversation(bed.database.customer, {"hello"});
    const CrmResult result = bed.process(conversation, email_of(bed.database.customer));
    EXPECT_TRUE(result.success && result.interaction_id);
    EXPECT_FALSE(result.client_updated || result.client_created);
}

TEST_P(AutoCrmRuns, a_failure_is_a_sentence_without_sql_and_writes_nothing)
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

TEST_P(AutoCrmRuns, staff_hear_of_the_client_after_the_commit)
{
    const events::Listener turing{bed.database.tenant, bed.database.staff.user_id, bed.database.staff.session_id, true};
    auto heard = bed.hub.subscribe(turing, {});
    EXPECT_EQ(bed.database.run(heard->next())->name, "hello");
    const CrmResult result = process(somebody(0.9));
    const auto news = bed.database.run(heard->next());
    EXPECT_EQ(news->name, "client");
    EXPECT_EQ(news->data, "{\"id\":\"" + db::to_string(*result.client_id) + "\"}");
}

TEST_P(AutoCrmRuns, while_a_text_is_read_nobody_holds_the_only_connection)
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

INSTANTIATE_TEST_SUITE_P(OnEveryEngine, AutoCrmRuns, ::testing::Values(db::Engine::sqlite, db::Engine::postgresql),
                         [](const auto& info) { return std::string(db::to_string(info.param)); });

} // namespace trunkline::extraction::testing
