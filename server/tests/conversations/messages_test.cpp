// SPDX-License-Identifier: MIT
#include <conversations/conversation_routes.hpp>
#include <conversations/messages.hpp>
#include <conversations/news.hpp>

#include <base/crypto.hpp>
#include <base/task_group.hpp>
#include <http/call_builder.hpp>
#include <support/database.hpp>
#include <trunkline/db/error.hpp>
#include <trunkline/db/transaction.hpp>

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

namespace trunkline::conversations {

namespace {

using namespace std::chrono_literals;
using Seqs = std::vector<std::int64_t>;

struct OutboxRow {
    std::string topic;
    Uuid order_key;
    std::int64_t seq = 0;
    std::string payload;
    Time next_at;
    std::optional<Time> done_at;
};
BOOST_DESCRIBE_STRUCT(OutboxRow, (), (topic, order_key, seq, payload, next_at, done_at))

struct Messages : ::testing::TestWithParam<db::Engine> {
    trunkline::testing::Database database{GetParam()};
    db::Pool& pool = database.pool();
    const Owner ada{database.customer.tenant_id, database.customer.user_id, "Ada Lovelace"};
    const Uuid id = database.run(create(pool, ada, {}, database.clock.now())).id;

    Time now() const { return database.clock.now(); }
    Draft draft(std::string content, Sender sender = Sender::user) const
    {
        Draft made;
        made.sender = sender;
        made.content = std::move(content);
        made.created_at = now();
        return made;
    }
    Saved save(const Draft& draft, const Topics& topics = {})
    {
        auto saved = database.run(save_message(pool, ada, id, draft, topics));
        if (!saved) throw std::runtime_error(saved.refusal().detail);
        return *saved;
    }
    void save_many(int count)
    {
        for (int i = 1; i <= count; ++i) save(draft(std::to_string(i), i % 2 == 1 ? Sender::user : Sender::bot));
    }
    Outcome<MessagePage> page(std::int64_t limit, std::optional<std::int64_t> before = {},
                              std::optional<std::int64_t> after = {})
    {
        return database.run(list_messages(pool, ada, id, {Bounded<1, 200, 50>(limit), before, after}));
    }
    Conversation conversation() { return *database.run(find(pool, ada, id)); }
    std::vector<OutboxRow> outbox()
    {
        return database.run(pool.fetch<OutboxRow>(
            "SELECT topic, order_key, seq, payload, next_at, done_at FROM outbox ORDER BY topic, seq"));
    }
};

Seqs seqs_of(const MessagePage& page)
{
    Seqs seqs;
    for (const Message& message : page.items) seqs.push_back(message.seq);
    return seqs;
}

} // namespace

TEST_P(Messages, one_that_is_saved_has_the_next_place_and_the_conversation_knows)
{
    save(draft("Hello"));
    database.clock.advance(1s);
    Draft answer = draft("How can I help?", Sender::bot);
    answer.agent_type = "assistant";
    const Saved saved = save(answer);
    EXPECT_EQ(saved.message.id, answer.id);
    EXPECT_EQ(saved.message.conversation_id, id);
    EXPECT_EQ(saved.message.seq, 2);
    EXPECT_EQ(saved.message.sender, Sender::bot);
    EXPECT_EQ(saved.message.content, "How can I help?");
    EXPECT_EQ(saved.message.agent_type, "assistant");
    EXPECT_EQ(saved.message.created_at, now());
    EXPECT_EQ(saved.conversation.last_seq, 2);
    EXPECT_EQ(saved.conversation.message_count, 2);
    EXPECT_EQ(saved.conversation.last_message_at, now());
    EXPECT_EQ(saved.conversation.preview, "Hello"); // the user's last
    EXPECT_EQ(serialize(to_json(conversation())), serialize(to_json(saved.conversation)));
}

TEST_P(Messages, saved_at_once_have_all_places_without_a_gap)
{
    const Topics none;
    std::vector<Draft> drafts;
    for (int i = 0; i < 20; ++i) drafts.push_back(draft(std::to_string(i)));
    std::vector<std::optional<Outcome<Saved>>> saved(drafts.size());
    TaskGroup saving(database.io.get_executor());
    for (std::size_t i = 0; i < drafts.size(); ++i)
        saving.start("save", trunkline::testing::detail::keep(save_message(pool, ada, id, drafts[i], none), saved[i]));
    database.until([&] { return saving.size() == 0; });
    Seqs seqs, all;
    for (const auto& one : saved) seqs.push_back((*one)->message.seq);
    std::ranges::sort(seqs);
    for (int i = 1; i <= 20; ++i) all.push_back(i);
    EXPECT_EQ(seqs, all);
    EXPECT_EQ(conversation().message_count, 20);
}

TEST_P(Messages, the_same_draft_saved_again_is_refused_whole)
{
    const Draft once = draft("Hello");
    save(once, {true, true, 2s});
    EXPECT_THROW((void)save(once, {true, true, 2s}), db::UniqueViolation);
    EXPECT_EQ(conversation().last_seq, 1);
    EXPECT_EQ(conversation().message_count, 1);
    EXPECT_EQ(outbox().size(), 2u);
}

TEST_P(Messages, what_is_not_saved_leaves_no_work_behind)
{
    const auto refused = database.run(save_message(pool, ada, db::new_uuid(), draft("x"), {true, true, 2s}));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.refusal().why, Refused::not_found);
    EXPECT_TRUE(outbox().empty());
    auto save_and_undo = [](Messages& test) -> asio::awaitable<void> {
        auto tx = co_await test.pool.begin();
        const Draft draft = test.draft("x");
        (void)co_await save_message(tx, test.ada, test.id, draft, {true, true, 2s});
        co_await tx.rollback();
    };
    database.run(save_and_undo(*this));
    EXPECT_TRUE(outbox().empty());
    EXPECT_EQ(conversation().last_seq, 0);
}

TEST_P(Messages, any_text_comes_back_as_it_was)
{
    for (const std::string text : {"", " ", "'; DROP TABLE messages; --", "$1 \\ %s ? {}", "grüße 👋🏽\n\ttab"})
        EXPECT_EQ(save(draft(text)).message.content, text);
    const std::string longest(message_chars_max, 'x');
    EXPECT_EQ(save(draft(longest)).message.content, longest);
}

// -- Pages --------------------------------------------------------------------

TEST_P(Messages, the_newest_come_first_as_a_page_and_older_ones_before_it)
{
    save_many(7);
    const auto newest = page(3);
    EXPECT_EQ(seqs_of(*newest), (Seqs{5, 6, 7}));
    EXPECT_EQ(newest->next, "5");
    const auto older = page(3, 5);
    EXPECT_EQ(seqs_of(*older), (Seqs{2, 3, 4}));
    const auto oldest = page(3, 2);
    EXPECT_EQ(seqs_of(*oldest), Seqs{1});
    EXPECT_EQ(oldest->next, std::nullopt);
    EXPECT_EQ(page(7)->next, std::nullopt); // exactly full is the last one
    EXPECT_TRUE(page(3, 1)->items.empty());
}

TEST_P(Messages, after_a_seq_the_oldest_come_first)
{
    save_many(7);
    const auto next = page(3, {}, 2);
    EXPECT_EQ(seqs_of(*next), (Seqs{3, 4, 5}));
    EXPECT_EQ(next->next, "5");
    EXPECT_EQ(seqs_of(*page(3, {}, 5)), (Seqs{6, 7}));
    EXPECT_EQ(page(3, {}, 5)->next, std::nullopt);
    EXPECT_TRUE(page(3, {}, 7)->items.empty()); // nothing new is not a refusal
    EXPECT_EQ(seqs_of(*page(200, {}, -5)).size(), 7u);
}

TEST_P(Messages, before_and_after_together_are_refused)
{
    const auto refused = page(3, 5, 2);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.refusal().why, Refused::invalid);
}

TEST_P(Messages, an_empty_conversation_has_an_empty_page)
{
    ASSERT_TRUE(page(3));
    EXPECT_TRUE(page(3)->items.empty());
}

TEST_P(Messages, an_agent_reads_the_newest_with_roles_and_plain_text)
{
    save(draft("too old"));
    save(draft(R"({"type":"string","value":"Hello"})"));
    save(draft("Hi!", Sender::bot));
    const auto seen = database.run(messages_for_agent(pool, ada, id, 2));
    ASSERT_TRUE(seen);
    ASSERT_EQ(seen->size(), 2u);
    EXPECT_EQ((*seen)[0].role, "user");
    EXPECT_EQ((*seen)[0].content, "Hello");
    EXPECT_EQ((*seen)[1].role, "assistant");
    EXPECT_EQ((*seen)[1].timestamp, now());
}

// -- Work that follows ----------------------------------------------------------

TEST_P(Messages, each_leaves_a_row_for_the_mirror_with_all_that_the_copy_needs)
{
    const Draft question = draft("Hello"), answer = draft("Hi!", Sender::bot);
    save(question, {.mirror = true});
    save(answer, {.mirror = true});
    const auto rows = outbox();
    ASSERT_EQ(rows.size(), 2u);
    for (const OutboxRow& row : rows) {
        EXPECT_EQ(row.topic, "mirror");
        EXPECT_EQ(row.order_key, id);
        EXPECT_EQ(row.next_at, now());
    }
    EXPECT_EQ(rows[1].seq, 2);
    const json::value in = json::parse(rows[0].payload), out = json::parse(rows[1].payload);
    EXPECT_EQ(in.at("message_id").as_string(), db::to_string(question.id));
    EXPECT_EQ(in.at("direction").as_string(), "in");
    EXPECT_EQ(in.at("user_id").as_string(), db::to_string(ada.user_id));
    EXPECT_EQ(in.at("username").as_string(), "Ada Lovelace");
    EXPECT_EQ(in.at("message").as_string(), "Hello");
    EXPECT_EQ(in.at("created_at").as_string(), db::to_rfc3339(now()));
    EXPECT_EQ(out.at("direction").as_string(), "out");
    EXPECT_EQ(out.at("username").as_string(), "Ada Lovelace"); // the customer's, never the business's
}

TEST_P(Messages, a_conversation_has_one_row_for_extraction_that_moves_with_it_and_opens_again)
{
    save(draft("one"), {.extraction = true});
    database.clock.advance(1s);
    save(draft("two"), {.extraction = true});
    auto rows = outbox();
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows[0].topic, "extraction");
    EXPECT_EQ(rows[0].seq, 0);
    EXPECT_EQ(rows[0].next_at, now() + 2s);
    (void)database.run(pool.execute("UPDATE outbox SET done_at = $1, attempts = 3", now()));
    save(draft("three"), {.extraction = true});
    rows = outbox();
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows[0].done_at, std::nullopt);
    EXPECT_EQ(database.run(pool.fetch_value<std::int64_t>("SELECT attempts FROM outbox")), 0);
}

TEST_P(Messages, topics_that_are_off_leave_nothing)
{
    save(draft("one"));
    EXPECT_TRUE(outbox().empty());
}

// -- The routes -------------------------------------------------------------------

namespace {

struct Desk {
    explicit Desk(trunkline::testing::Database& database) : database(database) {}

    trunkline::testing::Database& database;
    events::Hub hub{database.io.get_executor()};
    ConversationRoutes routes{database.pool(), database.clock, hub, {}};
    std::vector<http::Route> table = routes.table();

    http::Response ask(const http::Actor& actor, http::Method method, std::string path, std::optional<Uuid> id,
                       std::string body, std::optional<std::string> key = {})
    {
        const auto route = std::ranges::find_if(
            table, [&](const http::Route& each) { return each.method == method && each.path == path; });
        if (route == table.end()) throw std::runtime_error("no such route: " + path);
        http::Call call = http::CallBuilder()
                              .actor(actor)
                              .route(path)
                              .request_line(path + (id ? db::to_string(*id) : ""))
                              .body_hash(sha256_hex(body))
                              .idempotency_key(std::move(key))
                              .build();
        http::RawInput input;
        if (id) input.path.emplace_back("id", db::to_string(*id));
        input.body = body;
        return database.run(route->handle(call, input));
    }
    /// The names of what a browser of `actor` is told by `act`.
    template <class Act>
    std::vector<std::string> told(const http::Actor& actor, Act act)
    {
        const auto subscription =
            hub.subscribe({actor.tenant_id, actor.user_id, actor.session_id, false}, std::nullopt);
        act();
        hub.close(); // so that reading ends; a Desk tells once
        std::vector<std::string> names;
        while (auto heard = database.run(subscription->next())) names.push_back(heard->name);
        return names;
    }
};

constexpr const char* messages_path = "/api/v1/conversations/{id}/messages";

} // namespace

TEST_P(Messages, a_request_that_is_repeated_with_its_key_saves_once_and_answers_the_same)
{
    Desk desk(database);
    const auto post = [&](std::string body, std::string key) {
        return desk.ask(database.customer, http::Method::post, messages_path, id, std::move(body), std::move(key));
    };
    const std::string hello = R"({"sender":"user","content":"Hello"})";
    const auto first = post(hello, "k1"), again = post(hello, "k1");
    EXPECT_EQ(first.status, 201) << first.body;
    EXPECT_EQ(again.body, first.body);
    EXPECT_EQ(conversation().message_count, 1);
    EXPECT_EQ(post(R"({"sender":"user","content":"Other"})", "k1").status, 409);
    EXPECT_EQ(post(hello, "k2").status, 201);
    EXPECT_EQ(conversation().message_count, 2);
}

TEST_P(Messages, the_owner_hears_of_what_was_saved_and_nobody_of_what_was_not)
{
    const std::string hello = R"({"sender":"user","content":"Hello"})";
    Desk desk(database), others(database), refused(database);
    const auto save_at = [&](Desk& at, const http::Actor& by) {
        return [&] { (void)at.ask(by, http::Method::post, messages_path, id, hello, "k"); };
    };
    EXPECT_EQ(desk.told(database.customer, save_at(desk, database.customer)),
              (std::vector<std::string>{"hello", "message", "conversation"}));
    EXPECT_EQ(others.told(database.other_customer, save_at(others, database.customer)),
              std::vector<std::string>{"hello"});
    EXPECT_EQ(refused.told(database.customer, save_at(refused, database.other_customer)),
              std::vector<std::string>{"hello"});
}

TEST_P(Messages, none_of_the_routes_shows_anothers)
{
    Desk desk(database);
    save(draft("secret"));
    for (const http::Route& route : desk.table) {
        if (route.path.find("{id}") == std::string::npos) continue;
        const std::string body = route.method == http::Method::put ? R"({"title":"x"})"
                                 : route.path == messages_path && route.method == http::Method::post
                                     ? R"({"sender":"user","content":"x"})"
                                     : "";
        for (const http::Actor& other : {database.other_customer, database.staff, database.admin, database.stranger})
            EXPECT_EQ(desk.ask(other, route.method, route.path, id, body).status, 404) << route.path;
    }
    EXPECT_EQ(conversation().message_count, 1);
}

INSTANTIATE_TEST_SUITE_P(OnEveryEngine, Messages, ::testing::Values(db::Engine::sqlite, db::Engine::postgresql),
                         [](const auto& info) { return std::string(db::to_string(info.param)); });

} // namespace trunkline::conversations
