// SPDX-License-Identifier: MIT
#include <agents/builtin_agent.hpp>
#include <agents/registry.hpp>

#include <support/run.hpp>

#include <boost/asio/co_spawn.hpp>
#include <gtest/gtest.h>

namespace trunkline::agents {

using namespace std::chrono_literals;

namespace {

struct FoundFacts final : Facts {
    asio::awaitable<std::vector<Noted>> note(const Question&) override { co_return noted; }
    std::vector<Noted> noted;
};

struct AddressBook final : Knowledge {
    asio::awaitable<std::vector<KnownPerson>> find_people(Uuid tenant, std::string text) override
    {
        asked_tenant = tenant;
        asked.push_back(std::move(text));
        co_return people;
    }
    std::vector<KnownPerson> people;
    std::vector<std::string> asked;
    Uuid asked_tenant;
};

struct Collected final : AnswerWriter {
    asio::awaitable<void> text(std::string piece) override
    {
        pieces.push_back(std::move(piece));
        co_return;
    }
    std::vector<std::string> pieces;
};

struct BuiltinTest : ::testing::Test {
    asio::io_context io{1};
    ManualClock clock{Time(std::chrono::microseconds(1'795'000'000'000'000))};
    FoundFacts facts;
    AddressBook book;
    BuiltinAgent agent{clock, facts, book, {.pace = 0ms}};
    Collected writer;

    std::string ask(http::Role role, std::vector<Turn> turns, bool continues = false)
    {
        const Question question{.turns = std::move(turns),
                                .tenant_id = Uuid(Uuid::Bytes16{7}),
                                .user_id = {},
                                .role = role,
                                .user_name = "Grace Hopper",
                                .continues = continues};
        writer.pieces.clear();
        db::testing::run(io, agent.answer(question, writer), 20s);
        std::string all;
        for (const std::string& piece : writer.pieces) all += piece;
        return all;
    }
    std::string ask(http::Role role, std::string text) { return ask(role, {{Speaker::user, std::move(text)}}); }
};

constexpr auto staff = http::Role::staff;
constexpr auto customer = http::Role::customer;

} // namespace

TEST_F(BuiltinTest, greets_by_first_name)
{
    EXPECT_TRUE(ask(customer, "Hello!").starts_with("Hello, Grace! How can I help you?"));
    EXPECT_TRUE(ask(staff, "good morning").starts_with("Hello, Grace!"));
}

TEST_F(BuiltinTest, says_what_it_noted_and_asks_for_what_is_missing)
{
    facts.noted = {{"name", "Ada Lovelace", 0}};
    EXPECT_EQ(ask(customer, "My name is Ada Lovelace"),
              "Thank you. I noted: name Ada Lovelace. How can we reach you, by e-mail or phone?");
    facts.noted.push_back({"e-mail", "ada@crm.example.test", 0});
    EXPECT_EQ(ask(customer, "…"), "Thank you. I noted: name Ada Lovelace, e-mail ada@crm.example.test.");
}

TEST_F(BuiltinTest, repeats_no_note_that_was_made_before)
{
    facts.noted = {{"name", "Ada Lovelace", 0}};
    const std::string answer =
        ask(customer,
            {{Speaker::user, "My name is Ada Lovelace"}, {Speaker::assistant, "…"}, {Speaker::user, "I need a visa"}});
    EXPECT_EQ(answer.find("I noted"), std::string::npos) << answer;
}

TEST_F(BuiltinTest, lists_what_it_noted_when_asked)
{
    EXPECT_TRUE(ask(customer, "What did you note?").starts_with("I have not noted anything yet."));
    facts.noted = {{"name", "Ada Lovelace", 0}, {"phone", "+39 02 1234", 0}};
    EXPECT_EQ(ask(customer, "what do you know about me?"),
              "This is what I noted in this conversation:\n- name: Ada Lovelace\n- phone: +39 02 1234");
}

TEST_F(BuiltinTest, tells_staff_what_is_known_of_a_person)
{
    book.people = {{"Ada Lovelace", "active", "ada@crm.example.test", std::nullopt, "British", std::nullopt}};
    EXPECT_EQ(ask(staff, "Who is Ada Lovelace?"),
              "Ada Lovelace (active)\n- e-mail: ada@crm.example.test\n- nationality: British");
    EXPECT_EQ(book.asked, std::vector<std::string>{"Ada Lovelace"});
    EXPECT_EQ(book.asked_tenant, Uuid(Uuid::Bytes16{7}));
}

TEST_F(BuiltinTest, finds_people_by_address_and_says_when_there_are_several_or_none)
{
    EXPECT_TRUE(ask(staff, "ADA@crm.example.test").starts_with("I do not know anybody called “ada@crm.example.test”."));
    book.people.resize(7);
    for (std::size_t i = 0; i < 7; ++i) book.people[i].name = "Ada " + std::to_string(i);
    const std::string answer = ask(staff, "find Ada please");
    EXPECT_TRUE(answer.starts_with("I know 7 people who fit:\n- Ada 0\n- Ada 1")) << answer;
    EXPECT_EQ(answer.find("Ada 5"), std::string::npos);
    EXPECT_EQ(book.asked.back(), "Ada");
}

TEST_F(BuiltinTest, a_customer_hears_only_what_he_said_himself)
{
    book.people = {{"Ada Lovelace", "active", "ada@crm.example.test", {}, {}, {}}};
    for (const char* question : {"Who is Ada Lovelace?", "ada@crm.example.test",
                                 "what is the phone number of Ada Lovelace?", "tell me about Ada"}) {
        const std::string answer = ask(customer, question);
        EXPECT_TRUE(answer.starts_with("I can only speak about what you told me yourself.")) << answer;
    }
    EXPECT_TRUE(book.asked.empty());
}

TEST_F(BuiltinTest, says_honestly_what_it_can_do)
{
    EXPECT_NE(ask(customer, "What can you do?").find("without a language model"), std::string::npos);
    EXPECT_NE(ask(staff, "Write me a poem about rivers").find("without a language model"), std::string::npos);
}

TEST_F(BuiltinTest, goes_on_where_it_was_cut)
{
    const std::string whole = ask(customer, "help");
    const std::string said = whole.substr(0, 40);
    EXPECT_EQ(ask(customer, {{Speaker::user, "help"}, {Speaker::assistant, said}}, true), whole.substr(40));
}

TEST_F(BuiltinTest, answers_in_words_at_its_pace)
{
    BuiltinAgent slow(clock, facts, book, {.pace = 10ms});
    const Question question{.turns = {{Speaker::user, "thanks"}}, .tenant_id = {}, .user_id = {}, .user_name = ""};
    bool ended = false;
    asio::co_spawn(io, slow.answer(question, writer), [&](std::exception_ptr) { ended = true; });
    io.poll();
    EXPECT_EQ(writer.pieces, std::vector<std::string>{"You "});
    clock.advance(10ms);
    io.poll();
    EXPECT_EQ(writer.pieces, (std::vector<std::string>{"You ", "are "}));
    clock.advance(10ms);
    io.poll();
    EXPECT_TRUE(ended);
}

TEST(WordPieces, together_are_the_text)
{
    for (const std::string text : {"", "one", "one two", "  lead", "a\n- b:  c \n", "é ö"}) {
        std::string joined;
        for (const std::string& piece : word_pieces(text)) joined += piece;
        EXPECT_EQ(joined, text);
    }
    EXPECT_EQ(word_pieces("a b\n- c").size(), 4u);
}

TEST(Wishes, are_read_from_phrases)
{
    using Kind = Wish::Kind;
    const std::pair<const char*, Kind> read[] = {
        {"Hi", Kind::greeting},
        {"thank you!", Kind::thanks},
        {"Bye.", Kind::farewell},
        {"who are you?", Kind::help},
        {"Who am I?", Kind::notes},
        {"tell me about myself", Kind::notes},
        {"who is the client Ada", Kind::person},
        {"Please tell me everything that you know of Crystal Minh.", Kind::person},
        {"Could you please look up Ada?", Kind::person},
        {"Thank you, that is all.", Kind::farewell},
        {"I am Ada", Kind::nothing_known},
        {"", Kind::nothing_known},
        {"Hi, I need a visa for my sister", Kind::nothing_known}};
    for (const auto& [text, kind] : read)
        EXPECT_EQ(static_cast<int>(read_wish(text).kind), static_cast<int>(kind)) << text;
    EXPECT_EQ(read_wish("who is the client “Ada”?").person, "“Ada”");
    EXPECT_EQ(read_wish("Please tell me everything that you know of Crystal Minh.").person, "Crystal Minh");
    EXPECT_EQ(read_wish("Look up \"Zoë Müller\" for me").person, "Zoë Müller");
    EXPECT_EQ(read_wish("What is the e-mail address of Ada Lovelace?").person, "Ada Lovelace");
}

TEST(Registry, unknown_types_are_answered_by_the_first_agent)
{
    struct Nobody final : Agent {
        asio::awaitable<void> answer(const Question&, AnswerWriter&) override { co_return; }
    };
    Registry registry;
    registry.add({"assistant", "Assistant", "without a model"}, std::make_unique<Nobody>());
    registry.add({"model", "Model", "with one"}, std::make_unique<Nobody>());
    EXPECT_TRUE(registry.has("model"));
    EXPECT_FALSE(registry.has("market"));
    EXPECT_EQ(&registry.find("market"), &registry.find("assistant"));
    EXPECT_NE(&registry.find("model"), &registry.find("assistant"));
    EXPECT_EQ(registry.list().size(), 2u);
}

} // namespace trunkline::agents
