// SPDX-License-Identifier: MIT
#include <accounts/sessions.hpp>

#include <base/crypto.hpp>
#include <support/database.hpp>

#include <gtest/gtest.h>

namespace trunkline::accounts {

namespace {

using namespace std::chrono_literals;

struct Sessions : ::testing::TestWithParam<db::Engine> {
    trunkline::testing::Database database{GetParam()};
    db::Pool& pool = database.pool();
    SessionAuthenticator authenticator{pool, database.clock};
    const Uuid ada = database.customer.user_id;

    NewSession open(const Uuid& user, std::string agent = "Browser/1.0")
    {
        const auto found = database.run(find_user(pool, database.tenant, user));
        return database.run(open_session(pool, *found, database.clock.now(), "192.0.2.7", std::move(agent)));
    }
    NewSession open() { return open(ada); }
    std::optional<http::Actor> asks(const NewSession& session)
    {
        return database.run(authenticator.authenticate({session.token, std::nullopt}));
    }
    std::vector<Session> list(const Uuid& user)
    {
        return database.run(list_sessions(pool, user, database.clock.now()));
    }
    Time seen(const NewSession& session)
    {
        return database.run(pool.fetch_value<Time>("SELECT last_seen_at FROM sessions WHERE id = $1", session.id));
    }
    /// A request each day, so that the session is never idle.
    void use_daily(const NewSession& session, int days)
    {
        for (int day = 0; day < days; ++day) {
            database.clock.advance(24h);
            (void)asks(session);
        }
    }
};

} // namespace

TEST_P(Sessions, the_token_tells_who_asks)
{
    const NewSession session = open();
    EXPECT_EQ(session.token.size(), 43u);
    const auto actor = asks(session);
    ASSERT_TRUE(actor);
    EXPECT_EQ(actor->user_id, ada);
    EXPECT_EQ(actor->tenant_id, database.tenant);
    EXPECT_EQ(actor->session_id, session.id);
    EXPECT_EQ(actor->role, Role::customer);
    EXPECT_EQ(actor->name, "Ada Lovelace");
    const auto bearer = database.run(authenticator.authenticate({std::nullopt, session.token}));
    ASSERT_TRUE(bearer);
    EXPECT_EQ(bearer->session_id, session.id);
}

TEST_P(Sessions, the_database_knows_the_token_only_by_its_hash)
{
    const NewSession session = open();
    const auto stored = database.run(pool.fetch_value<std::string>("SELECT token_hash FROM sessions"));
    EXPECT_EQ(stored, sha256_hex(session.token));
    EXPECT_FALSE(asks({session.id, stored})); // who reads the database cannot sign in with it
}

TEST_P(Sessions, a_token_that_nobody_has_is_nobody)
{
    const NewSession session = open();
    EXPECT_FALSE(asks({session.id, session.token + "x"}));
    EXPECT_FALSE(asks({session.id, ""}));
    EXPECT_FALSE(database.run(authenticator.authenticate({})));
    // The cookie counts before the header, also when it is wrong.
    EXPECT_FALSE(database.run(authenticator.authenticate({"wrong", session.token})));
}

TEST_P(Sessions, one_that_rests_for_two_weeks_has_ended)
{
    const NewSession session = open(), used = open();
    database.clock.advance(session_idle_max - 1us);
    EXPECT_TRUE(asks(used)); // and was seen now
    database.clock.advance(1us);
    EXPECT_FALSE(asks(session));
    EXPECT_TRUE(asks(used));
    ASSERT_EQ(list(ada).size(), 1u);
    EXPECT_EQ(list(ada)[0].id, used.id);
}

TEST_P(Sessions, one_that_is_used_every_day_ends_after_sixty)
{
    const NewSession session = open();
    use_daily(session, 59);
    EXPECT_TRUE(asks(session));
    database.clock.advance(24h - 1us);
    EXPECT_TRUE(asks(session));
    database.clock.advance(1us);
    EXPECT_FALSE(asks(session));
    EXPECT_TRUE(list(ada).empty());
}

TEST_P(Sessions, being_seen_is_not_a_write_for_each_request)
{
    const NewSession session = open();
    const Time opened = database.clock.now();
    database.clock.advance(5min - 1us);
    EXPECT_TRUE(asks(session));
    EXPECT_EQ(seen(session), opened);
    database.clock.advance(1us);
    EXPECT_TRUE(asks(session));
    EXPECT_EQ(seen(session), database.clock.now());
}

TEST_P(Sessions, one_that_was_closed_is_nobodys)
{
    const NewSession session = open(), other = open();
    EXPECT_TRUE(database.run(close_session(pool, ada, session.id)));
    EXPECT_FALSE(asks(session));
    EXPECT_TRUE(asks(other));
    EXPECT_FALSE(database.run(close_session(pool, ada, session.id)));
}

TEST_P(Sessions, nobody_closes_or_sees_anothers)
{
    const NewSession session = open();
    EXPECT_FALSE(database.run(close_session(pool, database.other_customer.user_id, session.id)));
    EXPECT_TRUE(asks(session));
    EXPECT_TRUE(list(database.other_customer.user_id).empty());
}

TEST_P(Sessions, a_list_is_newest_first_and_a_long_browser_name_is_cut)
{
    const NewSession first = open(), second = open(ada, std::string(1'000, 'x'));
    const auto sessions = list(ada);
    ASSERT_EQ(sessions.size(), 2u);
    EXPECT_EQ(sessions[0].id, second.id);
    EXPECT_EQ(sessions[0].user_agent, std::string(300, 'x'));
    EXPECT_EQ(sessions[1].id, first.id);
    EXPECT_EQ(sessions[1].created_at, database.clock.now());
}

TEST_P(Sessions, those_that_ended_are_forgotten_and_no_others)
{
    const NewSession old = open();
    use_daily(old, 50);
    const NewSession idle = open();
    use_daily(old, 10); // its sixtieth day
    const NewSession fresh = open();
    EXPECT_FALSE(asks(old));
    EXPECT_EQ(database.run(forget_ended_sessions(pool, database.clock.now())), 1u); // old; idle has four days left
    EXPECT_TRUE(asks(fresh));
    database.clock.advance(4 * 24h);
    EXPECT_EQ(database.run(forget_ended_sessions(pool, database.clock.now())), 1u);
    EXPECT_FALSE(asks(idle));
    EXPECT_TRUE(asks(fresh));
}

TEST_P(Sessions, go_with_their_user)
{
    const NewSession session = open();
    (void)database.run(pool.execute("DELETE FROM users WHERE id = $1", ada));
    EXPECT_FALSE(asks(session));
    EXPECT_EQ(database.run(pool.fetch_value<std::int64_t>("SELECT count(*) FROM sessions")), 0);
}

TEST_P(Sessions, the_list_of_users_goes_from_the_newest_by_pages_and_stays_in_the_tenant)
{
    const auto all = database.run(list_users(pool, database.tenant, {}));
    ASSERT_EQ(all.size(), 4u);
    for (std::size_t i = 1; i < all.size(); ++i) EXPECT_LT(all[i].id, all[i - 1].id);
    UserFilter filter;
    filter.limit = Bounded<1, 200, 50>(2);
    const auto page = database.run(list_users(pool, database.tenant, filter));
    ASSERT_EQ(page.size(), 3u); // one more than wanted says that there are more
    filter.after = page[1].id;
    const auto next = database.run(list_users(pool, database.tenant, filter));
    ASSERT_EQ(next.size(), 2u);
    EXPECT_EQ(next[0].id, all[2].id);
    EXPECT_EQ(next[1].id, all[3].id);
    UserFilter pending;
    pending.status = UserStatus::pending;
    EXPECT_TRUE(database.run(list_users(pool, database.tenant, pending)).empty());
}

TEST_P(Sessions, the_addresses_of_staff_are_those_of_one_tenant_and_of_no_customer)
{
    auto addresses = database.run(staff_addresses(pool, database.tenant));
    std::ranges::sort(addresses);
    EXPECT_EQ(addresses, (std::vector<std::string>{"alan.turing@crm.example.test", "grace.hopper@crm.example.test"}));
}

TEST(PasswordRule, says_what_is_wrong)
{
    const auto problem = [](std::string_view password) {
        return password_problem(password, "ada1@crm.example.test").value_or("");
    };
    EXPECT_EQ(problem("Abcdef12"), "");
    EXPECT_NE(problem("Abcde12").find("at least 8"), std::string::npos);
    EXPECT_EQ(problem("Aä1öüßéç"), "must contain a lower-case letter"); // eight characters, more bytes
    EXPECT_EQ(problem("Aa1" + std::string(197, 'x')), "");
    EXPECT_NE(problem("Aa1" + std::string(198, 'x')).find("at most 200"), std::string::npos);
    EXPECT_NE(problem("abcdef12").find("upper-case"), std::string::npos);
    EXPECT_NE(problem("ABCDEF12").find("lower-case"), std::string::npos);
    EXPECT_NE(problem("Abcdefgh").find("digit"), std::string::npos);
    EXPECT_NE(problem("PassWord123").find("most common"), std::string::npos);
    EXPECT_NE(problem("Ada1@crm.example.test").find("e-mail"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(OnEveryEngine, Sessions, ::testing::Values(db::Engine::sqlite, db::Engine::postgresql),
                         [](const auto& info) { return std::string(db::to_string(info.param)); });

} // namespace trunkline::accounts
