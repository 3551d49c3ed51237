// SPDX-License-Identifier: MIT
#include <conversations/messages.hpp>

#include <base/task_group.hpp>
#include <support/database.hpp>

#include <gtest/gtest.h>

namespace trunkline::conversations {

namespace {

using namespace std::chrono_literals;
using Ids = std::vector<Uuid>;

struct ConversationsTest : ::testing::TestWithParam<db::Engine> {
    trunkline::testing::Database database{GetParam()};
    db::Pool& pool = database.pool();
    const Owner ada{database.customer.tenant_id, database.customer.user_id, "Ada Lovelace"};
    const Owner charles{database.other_customer.tenant_id, database.other_customer.user_id, "Charles Babbage"};
    const Owner stranger{database.stranger.tenant_id, database.stranger.user_id, "Konrad Zuse"};

    Time now() const { return database.clock.now(); }
    Conversation make(const Owner& owner, NewConversation input = {})
    {
        return database.run(create(pool, owner, input, now()));
    }
    NewConversation titled(std::string title) { return {Text<1, title_chars_max>(std::move(title)), {}}; }
    NewConversation with_agent(std::string agent) { return {{}, Text<1, 50>(std::move(agent))}; }
    Saved say(const Owner& owner, const Uuid& id, std::string content, Sender sender = Sender::user)
    {
        Draft draft;
        draft.sender = sender;
        draft.content = std::move(content);
        draft.created_at = now();
        auto saved = database.run(save_message(pool, owner, id, draft, {}));
        if (!saved) throw std::runtime_error(saved.refusal().detail);
        return *saved;
    }
    std::optional<Conversation> look(const Owner& owner, const Uuid& id) { return database.run(find(pool, owner, id)); }
    Conversation fresh(const Owner& owner, std::string agent = "assistant")
    {
        return database.run(create_or_get_fresh(pool, owner, std::move(agent), now()));
    }
    Outcome<ConversationPage> page(const Owner& owner, ConversationFilter filter = {})
    {
        return database.run(list(pool, owner, filter));
    }
    Ids ids(const Owner& owner, ConversationFilter filter = {})
    {
        Ids ids;
        const auto found = page(owner, std::move(filter));
        for (const Conversation& one : found->items) ids.push_back(one.id);
        return ids;
    }
    std::int64_t messages_of(const Uuid& id)
    {
        return database.run(
            pool.fetch_value<std::int64_t>("SELECT count(*) FROM messages WHERE conversation_id = $1", id));
    }
};

ConversationFilter including_empty()
{
    ConversationFilter filter;
    filter.include_empty = true;
    return filter;
}

ConversationFilter pages_of(std::int64_t size, std::optional<std::string> after = {})
{
    ConversationFilter filter;
    filter.limit = Bounded<1, 200, 50>(size);
    filter.after = std::move(after);
    return filter;
}

} // namespace

TEST_P(ConversationsTest, a_new_one_has_a_title_of_its_agent_or_of_a_person)
{
    const Conversation plain = make(ada);
    EXPECT_EQ(plain.agent_type, "assistant");
    EXPECT_EQ(plain.title, "Assistant Chat");
    EXPECT_EQ(plain.title_source, "default");
    EXPECT_EQ(plain.created_at, now());
    EXPECT_EQ(plain.message_count + plain.last_seq, 0);
    EXPECT_EQ(make(ada, with_agent("market")).title, "Market Chat");
    const Conversation named = make(ada, titled("My visa"));
    EXPECT_EQ(named.title, "My visa");
    EXPECT_EQ(named.title_source, "user");
    EXPECT_EQ(serialize(to_json(*look(ada, named.id))), serialize(to_json(named)));
}

// -- Whose it is -----------------------------------------------------------------

TEST_P(ConversationsTest, anothers_is_not_found_by_any_way_and_stays_as_it_is)
{
    const Uuid id = make(ada).id;
    say(ada, id, "secret");
    const std::string before = serialize(to_json(*look(ada, id)));
    Owner same_user_elsewhere = ada; // a mixed-up pair is nobody
    same_user_elsewhere.tenant_id = database.other_tenant;
    for (const Owner& other : {charles, stranger, same_user_elsewhere}) {
        EXPECT_FALSE(look(other, id));
        EXPECT_TRUE(ids(other, including_empty()).empty());
        EXPECT_EQ(database.run(rename(pool, other, id, "mine")).refusal().why, Refused::not_found);
        EXPECT_EQ(database.run(generate_title(pool, other, id)).refusal().why, Refused::not_found);
        EXPECT_EQ(database.run(list_messages(pool, other, id, {})).refusal().why, Refused::not_found);
        EXPECT_EQ(database.run(messages_for_agent(pool, other, id, 50)).refusal().why, Refused::not_found);
        EXPECT_EQ(database.run(save_message(pool, other, id, {.content = "x", .created_at = now()}, {true, true, 2s}))
                      .refusal()
                      .why,
                  Refused::not_found);
        EXPECT_FALSE(database.run(clear(pool, other, id)));
        EXPECT_FALSE(database.run(remove(pool, other, id)));
        EXPECT_EQ(database.run(remove_empty(pool, other, now() + 1h)), 0u);
    }
    EXPECT_EQ(serialize(to_json(*look(ada, id))), before);
    EXPECT_EQ(messages_of(id), 1);
    EXPECT_EQ(database.run(pool.fetch_value<std::int64_t>("SELECT count(*) FROM outbox")), 0);
}

TEST_P(ConversationsTest, one_that_is_not_there_looks_like_anothers)
{
    const Uuid nothing = db::new_uuid(), hers = make(ada).id;
    const auto why = [&](const Uuid& id) { return database.run(rename(pool, charles, id, "x")).refusal(); };
    EXPECT_EQ(why(nothing).why, why(hers).why);
    EXPECT_EQ(why(nothing).detail, why(hers).detail);
}

// -- The fresh one ----------------------------------------------------------------

TEST_P(ConversationsTest, the_fresh_one_is_the_same_until_it_is_used)
{
    const Conversation first = fresh(ada);
    EXPECT_EQ(first.title, std::nullopt);
    EXPECT_EQ(fresh(ada).id, first.id);
    EXPECT_NE(fresh(ada, "market").id, first.id);
    EXPECT_NE(fresh(charles).id, first.id);
    say(ada, first.id, "hello");
    const Uuid second = fresh(ada).id;
    EXPECT_NE(second, first.id);
    EXPECT_TRUE(database.run(rename(pool, ada, second, "A name")));
    EXPECT_NE(fresh(ada).id, second);
}

TEST_P(ConversationsTest, one_that_was_cleared_or_just_made_is_not_the_fresh_one)
{
    const Uuid used = fresh(ada).id;
    say(ada, used, "hello");
    EXPECT_TRUE(database.run(clear(pool, ada, used)));
    const Uuid made = make(ada).id;
    const Uuid next = fresh(ada).id;
    EXPECT_NE(next, used);
    EXPECT_NE(next, made);
}

TEST_P(ConversationsTest, tabs_that_ask_at_once_get_the_same_fresh_one)
{
    std::vector<std::optional<Conversation>> tabs(20);
    TaskGroup asking(database.io.get_executor());
    for (auto& tab : tabs)
        asking.start("tab", trunkline::testing::detail::keep(create_or_get_fresh(pool, ada, "assistant", now()), tab));
    database.until([&] { return asking.size() == 0; });
    for (const auto& tab : tabs) {
        ASSERT_TRUE(tab);
        EXPECT_EQ(tab->id, tabs[0]->id);
    }
    EXPECT_EQ(ids(ada, including_empty()).size(), 1u);
}

TEST(FreshOnPostgresql, one_that_is_taken_into_use_while_a_tab_asks_is_replaced_by_another)
{
    trunkline::testing::Database database(db::Engine::postgresql);
    db::Pool& pool = database.pool();
    const Owner ada{database.customer.tenant_id, database.customer.user_id, "Ada"};
    const Uuid first = database.run(create_or_get_fresh(pool, ada, "assistant", database.clock.now())).id;
    // Another tab's first message falls between the two statements: once, after the INSERT that did nothing.
    (void)database.run(pool.execute("CREATE TABLE falls_between (id uuid)"));
    (void)database.run(pool.execute("INSERT INTO falls_between (id) VALUES ($1)", first));
    (void)database.run(
        pool.execute("CREATE FUNCTION fall_between() RETURNS trigger LANGUAGE plpgsql AS $do$ BEGIN"
                     " UPDATE conversations SET is_fresh = false WHERE id IN (SELECT id FROM falls_between);"
                     " RETURN NULL; END $do$"));
    (void)database.run(pool.execute("CREATE TRIGGER between AFTER INSERT ON conversations FOR EACH STATEMENT"
                                    " EXECUTE FUNCTION fall_between()"));
    const Uuid second = database.run(create_or_get_fresh(pool, ada, "assistant", database.clock.now())).id;
    EXPECT_NE(second, first);
    EXPECT_EQ(database.run(create_or_get_fresh(pool, ada, "assistant", database.clock.now())).id, second);
}

// -- The list -----------------------------------------------------------------------

TEST_P(ConversationsTest, the_list_has_the_newest_activity_first_and_no_empty_ones)
{
    const Uuid a = make(ada).id;
    database.clock.advance(1s);
    const Uuid b = make(ada).id;
    database.clock.advance(1s);
    const Uuid empty = make(ada).id;
    say(ada, b, "hello");
    database.clock.advance(1s);
    say(ada, a, "hello");
    EXPECT_EQ(ids(ada), (Ids{a, b}));
    EXPECT_EQ(ids(ada, including_empty()).size(), 3u);
    say(ada, b, "an answer", Sender::bot);
    database.clock.advance(1s);
    say(ada, empty, "first");
    EXPECT_EQ(ids(ada).front(), empty);
}

TEST_P(ConversationsTest, pages_show_each_once_also_when_all_happened_in_the_same_moment)
{
    Ids made;
    for (int i = 0; i < 7; ++i) made.push_back(make(ada).id);
    for (const Uuid& id : made) say(ada, id, "hello");
    const Ids all = ids(ada);
    ASSERT_EQ(all.size(), 7u);
    Ids seen;
    std::optional<std::string> after;
    int pages = 0;
    do {
        const auto next = page(ada, pages_of(3, after));
        ASSERT_TRUE(next);
        for (const Conversation& one : next->items) seen.push_back(one.id);
        after = next->next;
        ++pages;
    } while (after && pages < 10);
    EXPECT_EQ(pages, 3);
    EXPECT_EQ(seen, all);
    EXPECT_FALSE(page(ada, pages_of(7))->next); // exactly full is the last one
}

TEST_P(ConversationsTest, pages_go_by_activity_and_not_by_age)
{
    Ids made;
    for (int i = 0; i < 4; ++i) made.push_back(make(ada).id);
    for (const std::size_t i : {2, 3, 1, 0}) { // the oldest spoke last
        say(ada, made[i], "hello");
        database.clock.advance(1s);
    }
    Ids seen;
    std::optional<std::string> after;
    for (int pages = 0; pages < 4; ++pages) {
        const auto next = page(ada, pages_of(1, after));
        for (const Conversation& one : next->items) seen.push_back(one.id);
        after = next->next;
    }
    EXPECT_EQ(seen, (Ids{made[0], made[1], made[3], made[2]}));
}

TEST_P(ConversationsTest, what_becomes_active_between_two_pages_hides_nothing)
{
    Ids made;
    for (int i = 0; i < 4; ++i) {
        made.push_back(make(ada).id);
        say(ada, made.back(), "hello");
        database.clock.advance(1s);
    }
    const auto first = page(ada, pages_of(2));
    say(ada, made[0], "again"); // the oldest moves to the front
    EXPECT_EQ(ids(ada, pages_of(2, first->next)), Ids{made[1]});
}

TEST_P(ConversationsTest, a_cursor_that_is_none_of_ours_is_refused)
{
    for (const char* wrong : {"", "x", "123", "123_", "_", "123_not-an-id", "99999999999999999999999999_x",
                              "123_0192f3a4-5678-7abc-8def-0123456789ab-more"}) {
        const auto refused = page(ada, pages_of(2, wrong));
        ASSERT_FALSE(refused) << wrong;
        EXPECT_EQ(refused.refusal().why, Refused::invalid);
        EXPECT_EQ(refused.refusal().fields.at(0).pointer, "/after");
    }
}

TEST_P(ConversationsTest, the_list_can_be_of_one_agent)
{
    const Uuid market = make(ada, with_agent("market")).id;
    make(ada);
    ConversationFilter filter = including_empty();
    filter.agent_type = Text<1, 50>("market");
    EXPECT_EQ(ids(ada, filter), Ids{market});
}

// -- Titles ---------------------------------------------------------------------------

TEST_P(ConversationsTest, the_first_words_of_the_user_become_the_title_and_a_persons_title_stays)
{
    const Uuid id = make(ada).id;
    say(ada, id, "Welcome!", Sender::bot);
    EXPECT_EQ(look(ada, id)->title, "Assistant Chat");
    say(ada, id, "I need a work permit for my brother");
    EXPECT_EQ(look(ada, id)->title, "I need a work permit for...");
    EXPECT_EQ(look(ada, id)->title_source, "auto");
    say(ada, id, "Another subject");
    EXPECT_EQ(look(ada, id)->title, "I need a work permit for...");
    EXPECT_EQ(database.run(rename(pool, ada, id, "Brother"))->title, "Brother");
    say(ada, id, "And one more");
    const auto again = database.run(generate_title(pool, ada, id));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->title, "Brother");
    EXPECT_EQ(look(ada, id)->title_source, "user");
}

TEST_P(ConversationsTest, a_title_is_made_again_from_the_first_message_and_not_from_nothing)
{
    const Uuid id = fresh(ada).id;
    EXPECT_EQ(database.run(generate_title(pool, ada, id))->title, std::nullopt);
    EXPECT_EQ(fresh(ada).id, id); // nothing changed
    say(ada, id, "one");
    say(ada, id, "two");
    (void)database.run(pool.execute("UPDATE conversations SET title = 'spoiled' WHERE id = $1", id));
    EXPECT_EQ(database.run(generate_title(pool, ada, id))->title, "one");
    EXPECT_EQ(look(ada, id)->title, "one");
}

// -- Clearing, deleting, cleaning up ---------------------------------------------------

TEST_P(ConversationsTest, clearing_keeps_the_conversation_and_its_place_in_seq)
{
    const Uuid id = make(ada).id, other = make(ada).id;
    say(ada, id, "one");
    say(ada, id, "two");
    say(ada, other, "stays");
    EXPECT_TRUE(database.run(clear(pool, ada, id)));
    const auto cleared = look(ada, id);
    ASSERT_TRUE(cleared);
    EXPECT_EQ(cleared->message_count, 0);
    EXPECT_EQ(cleared->preview, "");
    EXPECT_FALSE(cleared->last_message_at);
    EXPECT_EQ(messages_of(id), 0);
    EXPECT_EQ(messages_of(other), 1);
    EXPECT_EQ(say(ada, id, "three").message.seq, 3);
}

TEST_P(ConversationsTest, deleting_takes_the_messages_along)
{
    const Uuid id = make(ada).id, other = make(ada).id;
    say(ada, id, "one");
    say(ada, other, "stays");
    EXPECT_TRUE(database.run(remove(pool, ada, id)));
    EXPECT_FALSE(look(ada, id));
    EXPECT_EQ(messages_of(id), 0);
    EXPECT_EQ(messages_of(other), 1);
    EXPECT_FALSE(database.run(remove(pool, ada, id)));
}

TEST_P(ConversationsTest, cleaning_up_takes_the_owners_old_and_empty_ones_only)
{
    const Uuid old_empty = make(ada).id, old_used = make(ada).id, his = make(charles).id;
    say(ada, old_used, "hello");
    database.clock.advance(1h);
    const Uuid young = make(ada).id;
    EXPECT_EQ(database.run(remove_empty(pool, ada, now())), 1u);
    EXPECT_FALSE(look(ada, old_empty));
    EXPECT_TRUE(look(ada, old_used) && look(ada, young) && look(charles, his));
    EXPECT_EQ(database.run(remove_empty(pool, ada, now())), 0u); // `before` itself is not before
}

TEST(CleanUpOnPostgresql, one_that_gains_a_message_meanwhile_stays)
{
    trunkline::testing::Database database(db::Engine::postgresql);
    db::Pool& pool = database.pool();
    const Owner ada{database.customer.tenant_id, database.customer.user_id, "Ada"};
    const Uuid id = database.run(create(pool, ada, {}, database.clock.now())).id;
    auto tx = database.run(pool.begin());
    EXPECT_TRUE(
        database.run(save_message(tx, ada, id, {.content = "just in time", .created_at = database.clock.now()}, {})));
    std::optional<std::uint64_t> removed;
    TaskGroup cleaning(database.io.get_executor());
    cleaning.start("clean up", trunkline::testing::detail::keep(
                                   remove_empty(pool, ada, database.clock.now() + std::chrono::hours(1)), removed));
    // It waits for the row that the message has locked.
    bool blocked = false;
    for (int i = 0; i < 1'000 && !blocked; ++i)
        blocked = database.run(pool.fetch_value<std::int64_t>(
                      "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                      " AND datname = current_database()")) > 0;
    EXPECT_TRUE(blocked);
    database.run(tx.commit());
    database.until([&] { return cleaning.size() == 0; });
    EXPECT_EQ(removed, 0u);
    EXPECT_TRUE(database.run(find(pool, ada, id)));
}

INSTANTIATE_TEST_SUITE_P(OnEveryEngine, ConversationsTest,
                         ::testing::Values(db::Engine::sqlite, db::Engine::postgresql),
                         [](const auto& info) { return std::string(db::to_string(info.param)); });

} // namespace trunkline::conversations
