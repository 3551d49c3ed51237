// SPDX-License-Identifier: MIT
#include <conversations/contacts.hpp>
#include <conversations/transcripts.hpp>

#include <base/task_group.hpp>
#include <support/database.hpp>

#include <gtest/gtest.h>

namespace trunkline::conversations {

namespace {

using namespace std::chrono_literals;
using Texts = std::vector<std::string>;

struct Kept : ::testing::TestWithParam<db::Engine> {
    trunkline::testing::Database database{GetParam()};
    db::Pool& pool = database.pool();
    const Owner ada{database.customer.tenant_id, database.customer.user_id, "Ada Lovelace"};
    const Owner charles{database.other_customer.tenant_id, database.other_customer.user_id, "Charles Babbage"};

    Outcome<SavedTranscript> save(const Transcript& transcript, const Owner& owner, const Topics& topics = {})
    {
        return database.run(save_transcript(pool, owner, transcript, topics, database.clock.now()));
    }
    Outcome<SavedTranscript> save(const Transcript& transcript) { return save(transcript, ada); }
    std::int64_t count(db::Sql<> sql) { return database.run(pool.fetch_value<std::int64_t>(sql)); }
    Texts contents(const Uuid& id)
    {
        return database.run(
            pool.fetch<std::string>("SELECT content FROM messages WHERE conversation_id = $1 ORDER BY seq", id));
    }
    FirstContact mail(std::string key)
    {
        return {database.tenant, "email", std::move(key), "A visa", "I need a visa", database.clock.now()};
    }
};

/// Lines that alternate between user and assistant.
Transcript transcript(std::optional<std::string> session, Texts texts)
{
    Transcript made;
    if (session) made.session_id = Text<1, 200>(*session);
    for (std::size_t i = 0; i < texts.size(); ++i)
        made.messages.push_back({i % 2 == 0 ? TranscriptRole::user : TranscriptRole::assistant,
                                 Text<0, message_chars_max>(std::move(texts[i]))});
    return made;
}

} // namespace

// -- Transcripts ----------------------------------------------------------------

TEST_P(Kept, a_transcript_becomes_a_conversation_with_its_messages)
{
    const auto saved = save(transcript("s1", {"I need a visa", "For whom?", "For me"}));
    ASSERT_TRUE(saved);
    EXPECT_EQ(saved->added.size(), 3u);
    EXPECT_EQ(saved->added[1].sender, Sender::bot);
    EXPECT_EQ(saved->added[2].seq, 3);
    EXPECT_EQ(saved->conversation.message_count, 3);
    EXPECT_EQ(saved->conversation.title, "I need a visa");
    EXPECT_EQ(contents(saved->conversation.id), (Texts{"I need a visa", "For whom?", "For me"}));
}

TEST_P(Kept, a_session_grows_and_the_same_again_adds_nothing)
{
    const auto first = save(transcript("s1", {"one", "two"}));
    const auto same = save(transcript("s1", {"one", "two"}));
    ASSERT_TRUE(same);
    EXPECT_TRUE(same->added.empty());
    const auto grown = save(transcript("s1", {"one", "two", "three"}));
    ASSERT_TRUE(grown);
    EXPECT_EQ(grown->added.size(), 1u);
    EXPECT_EQ(grown->conversation.id, first->conversation.id);
    EXPECT_EQ(count("SELECT count(*) FROM messages"), 3);
}

TEST_P(Kept, a_transcript_that_departs_from_what_was_saved_is_a_conflict_and_changes_nothing)
{
    const auto first = save(transcript("s1", {"one", "two"}));
    Transcript other_role = transcript("s1", {"one", "two"});
    other_role.messages[1].role = TranscriptRole::user;
    for (const Transcript& wrong :
         {transcript("s1", {"one", "2", "three"}), transcript("s1", {"one"}), transcript("s1", {}), other_role}) {
        const auto refused = save(wrong);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.refusal().why, Refused::conflict);
    }
    EXPECT_EQ(contents(first->conversation.id), (Texts{"one", "two"}));
}

TEST_P(Kept, a_session_is_of_one_user_and_one_without_a_name_is_always_new)
{
    const auto hers = save(transcript("s1", {"one"}));
    const auto his = save(transcript("s1", {"another"}), charles);
    ASSERT_TRUE(his);
    EXPECT_NE(his->conversation.id, hers->conversation.id);
    EXPECT_NE(save(transcript({}, {"one"}))->conversation.id, save(transcript({}, {"one"}))->conversation.id);
    EXPECT_EQ(count("SELECT count(*) FROM conversations"), 4);
}

TEST_P(Kept, a_transcript_that_is_too_long_is_refused)
{
    const auto refused = save(transcript("s1", Texts(transcript_messages_max + 1, "x")));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.refusal().why, Refused::invalid);
    EXPECT_EQ(count("SELECT count(*) FROM conversations"), 0);
}

TEST_P(Kept, a_transcript_saved_twice_at_once_is_saved_once)
{
    const Transcript talk = transcript("s1", {"one", "two", "three"});
    const Topics topics{true, true, 2s};
    std::vector<std::optional<Outcome<SavedTranscript>>> saved(5);
    TaskGroup saving(database.io.get_executor());
    for (auto& one : saved)
        saving.start("save", trunkline::testing::detail::keep(
                                 save_transcript(pool, ada, talk, topics, database.clock.now()), one));
    database.until([&] { return saving.size() == 0; });
    std::size_t added = 0;
    for (const auto& one : saved) {
        ASSERT_TRUE(one && *one);
        added += (*one)->added.size();
    }
    EXPECT_EQ(added, 3u);
    EXPECT_EQ(count("SELECT count(*) FROM messages"), 3);
    EXPECT_EQ(count("SELECT count(*) FROM outbox WHERE topic = 'mirror'"), 3);
    EXPECT_EQ(count("SELECT count(*) FROM outbox WHERE topic = 'extraction'"), 1);
}

TEST_P(Kept, a_transcript_is_read_for_the_crm_at_once)
{
    (void)save(transcript("s1", {"one", "two"}), ada, {false, true, 2s});
    EXPECT_EQ(database.run(pool.fetch_value<Time>("SELECT next_at FROM outbox")), database.clock.now());
}

// -- Contacts ---------------------------------------------------------------------

TEST_P(Kept, a_first_contact_begins_a_conversation_that_no_user_lists)
{
    const Begun begun = database.run(begin_with_contact(pool, mail("<1@crm.example.test>")));
    EXPECT_FALSE(begun.before);
    EXPECT_EQ(contents(begun.conversation_id), Texts{"I need a visa"});
    ConversationFilter all;
    all.include_empty = true;
    EXPECT_TRUE(database.run(list(pool, ada, all))->items.empty());
    EXPECT_FALSE(database.run(find(pool, ada, begun.conversation_id)));
}

TEST_P(Kept, the_same_contact_that_comes_again_writes_nothing)
{
    const Begun first = database.run(begin_with_contact(pool, mail("<1@crm.example.test>")));
    const Begun again = database.run(begin_with_contact(pool, mail("<1@crm.example.test>")));
    EXPECT_TRUE(again.before);
    EXPECT_EQ(again.conversation_id, first.conversation_id);
    EXPECT_EQ(again.message_id, first.message_id);
    EXPECT_EQ(count("SELECT count(*) FROM messages"), 1);
    FirstContact elsewhere = mail("<1@crm.example.test>");
    elsewhere.tenant_id = database.other_tenant;
    EXPECT_FALSE(database.run(begin_with_contact(pool, elsewhere)).before);
    EXPECT_FALSE(database.run(begin_with_contact(pool, mail("<2@crm.example.test>"))).before);
}

TEST_P(Kept, a_contact_that_comes_many_times_at_once_begins_one_conversation)
{
    const FirstContact contact = mail("<1@crm.example.test>");
    std::vector<std::optional<Begun>> begun(8);
    TaskGroup coming(database.io.get_executor());
    for (auto& one : begun)
        coming.start("contact", trunkline::testing::detail::keep(begin_with_contact(pool, contact), one));
    database.until([&] { return coming.size() == 0; });
    EXPECT_EQ(std::ranges::count_if(begun, [](const auto& one) { return one && !one->before; }), 1);
    for (const auto& one : begun) EXPECT_EQ(one->message_id, begun[0]->message_id);
    EXPECT_EQ(count("SELECT count(*) FROM messages"), 1);
}

INSTANTIATE_TEST_SUITE_P(OnEveryEngine, Kept, ::testing::Values(db::Engine::sqlite, db::Engine::postgresql),
                         [](const auto& info) { return std::string(db::to_string(info.param)); });

} // namespace trunkline::conversations
