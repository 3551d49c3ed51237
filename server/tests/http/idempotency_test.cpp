// SPDX-License-Identifier: MIT
#include <http/call_builder.hpp>
#include <http/idempotency.hpp>
#include <support/database.hpp>

#include <base/crypto.hpp>
#include <trunkline/db/task.hpp>

#include <gtest/gtest.h>

namespace trunkline::http::testing {

namespace {

struct Note {
    Uuid id;
    std::string text;
};
BOOST_DESCRIBE_STRUCT(Note, (), (id, text))

struct NewNote {
    std::string text;
};
BOOST_DESCRIBE_STRUCT(NewNote, (), (text))

using trunkline::testing::Database;

/// A route that writes a row each time its effect runs, and a database to write it to.
struct Idempotency : ::testing::TestWithParam<db::Engine> {
    Database database{GetParam()};
    Route notes = route(Method::post, "/api/v1/notes", "Write a note", Access::signed_in, this, &Idempotency::write,
                        {.idempotency_key = true});

    void SetUp() override { database.run(make_table()); }

    asio::awaitable<void> make_table() { co_await database.pool().execute("CREATE TABLE notes (text TEXT NOT NULL)"); }

    asio::awaitable<Outcome<Created<Note>>> write(Call& call, Body<NewNote> body)
    {
        auto effect = [&](db::Executor& db) { return insert(db, body->text); };
        co_return co_await once<Created<Note>>(database.pool(), database.clock, call, effect);
    }

    static asio::awaitable<Outcome<Created<Note>>> insert(db::Executor& db, std::string text)
    {
        co_await db.execute("INSERT INTO notes (text) VALUES ($1)", text);
        if (text == "refused") co_return conflict("not this one");
        if (text == "broken") throw std::runtime_error("broke after writing");
        co_return Created<Note>{{db::new_uuid(), text}};
    }

    /// A POST of `text` with that key, as the router would make it.
    asio::awaitable<Response> posted(const Actor* actor, std::optional<std::string> key, std::string text,
                                     std::string address = "/api/v1/notes")
    {
        const std::string body = serialize(to_json(NewNote{text}));
        CallBuilder builder;
        if (actor) builder.actor(*actor);
        builder.idempotency_key(std::move(key)).request_line("POST " + address).body_hash(sha256_hex(body));
        Call call = builder.build();
        RawInput raw;
        raw.body = body;
        co_return co_await notes.handle(call, raw);
    }
    Response post(const Actor& actor, std::optional<std::string> key, std::string text,
                  std::string address = "/api/v1/notes")
    {
        return database.run(posted(&actor, std::move(key), std::move(text), std::move(address)));
    }

    std::int64_t count()
    {
        return database.run(database.pool().fetch_value<std::int64_t>("SELECT count(*) FROM notes"));
    }
    std::int64_t keys()
    {
        return database.run(database.pool().fetch_value<std::int64_t>("SELECT count(*) FROM idempotency"));
    }

    static bool is_replay(const Response& response)
    {
        return std::ranges::count(response.headers, std::pair<std::string, std::string>("Idempotent-Replay", "true")) ==
               1;
    }
};

} // namespace

TEST_P(Idempotency, a_repeat_gets_the_same_bytes_and_does_nothing)
{
    const Response first = post(database.customer, "k", "hello");
    const Response second = post(database.customer, "k", "hello");
    EXPECT_EQ(first.status, 201);
    EXPECT_FALSE(is_replay(first));
    EXPECT_EQ(second.status, 201);
    EXPECT_EQ(second.body, first.body);
    EXPECT_TRUE(is_replay(second));
    EXPECT_EQ(count(), 1);
}

TEST_P(Idempotency, without_a_key_each_request_is_done)
{
    post(database.customer, std::nullopt, "hello");
    post(database.customer, std::nullopt, "hello");
    EXPECT_EQ(count(), 2);
    EXPECT_EQ(keys(), 0);
}

TEST_P(Idempotency, a_key_for_something_else_is_a_conflict)
{
    post(database.customer, "k", "hello");
    EXPECT_EQ(post(database.customer, "k", "other").status, 409);
    EXPECT_EQ(post(database.customer, "k", "hello", "/api/v1/notes/of/another").status, 409);
    EXPECT_EQ(count(), 1);
}

TEST_P(Idempotency, a_key_is_its_users_own)
{
    const Response mine = post(database.customer, "k", "hello");
    const Response theirs = post(database.other_customer, "k", "hello");
    EXPECT_EQ(theirs.status, 201);
    EXPECT_NE(theirs.body, mine.body);
    EXPECT_EQ(count(), 2);
}

TEST_P(Idempotency, a_refusal_stores_nothing_and_undoes_what_was_written)
{
    EXPECT_EQ(post(database.customer, "k", "refused").status, 409);
    EXPECT_EQ(count(), 0);
    EXPECT_EQ(keys(), 0);
    EXPECT_EQ(post(database.customer, "k", "better").status, 201) << "so the key is free";
}

TEST_P(Idempotency, a_failure_stores_nothing_and_undoes_what_was_written)
{
    EXPECT_THROW(post(database.customer, "k", "broken"), std::runtime_error);
    database.settle();
    EXPECT_EQ(count(), 0);
    EXPECT_EQ(keys(), 0);
}

TEST_P(Idempotency, an_answer_is_kept_for_a_day)
{
    post(database.customer, "k", "hello");
    database.clock.advance(std::chrono::hours(24) - std::chrono::seconds(1));
    EXPECT_TRUE(is_replay(post(database.customer, "k", "hello")));
    database.clock.advance(std::chrono::seconds(1));
    EXPECT_FALSE(is_replay(post(database.customer, "k", "hello")));
    EXPECT_EQ(count(), 2);
}

TEST_P(Idempotency, what_is_over_is_forgotten)
{
    post(database.customer, "old", "hello");
    database.clock.advance(std::chrono::hours(23));
    post(database.customer, "new", "hello");
    database.clock.advance(std::chrono::hours(2));
    EXPECT_EQ(database.run(forget_expired(database.pool(), database.clock.now())), 1u);
    EXPECT_EQ(keys(), 1);
}

TEST_P(Idempotency, of_many_at_once_one_is_done_and_the_others_get_its_answer_or_a_conflict)
{
    std::vector<Response> answers;
    for (int n = 0; n < 8; ++n) {
        auto note = [&](std::exception_ptr failure, Response response) {
            if (failure) response.status = 500;
            answers.push_back(std::move(response));
        };
        asio::co_spawn(db::with_task(database.io.get_executor(), "racer"), posted(&database.customer, "k", "hello"),
                       note);
    }
    database.until([&] { return answers.size() == 8; });
    EXPECT_EQ(count(), 1);
    EXPECT_EQ(std::ranges::count_if(answers, [](const Response& one) { return one.status == 201 && !is_replay(one); }),
              1);
    for (const Response& one : answers) EXPECT_TRUE(one.status == 201 || one.status == 409) << one.status << one.body;
}

INSTANTIATE_TEST_SUITE_P(Engines, Idempotency, ::testing::Values(db::Engine::sqlite, db::Engine::postgresql),
                         [](const auto& engine) { return std::string(db::to_string(engine.param)); });

} // namespace trunkline::http::testing
