// SPDX-License-Identifier: MIT
#include <accounts/accounts.hpp>

#include <support/database.hpp>

#include <gtest/gtest.h>

namespace trunkline::accounts {

namespace {

using namespace std::chrono_literals;

constexpr const char* good_password = "Analytical 1843";

Text<1, 100> named(std::string name) { return Text<1, 100>(std::move(name)); }
bool is_full(std::exception_ptr failure)
{
    try {
        std::rethrow_exception(failure);
    } catch (const db::Lane::Full&) {
        return true;
    }
}
Email mail(std::string_view text) { return *Email::parse(text); }

/// A call that goes on while the test does something else.
template <class T>
struct Started {
    std::optional<T> outcome;
    std::exception_ptr failure;
    bool ended = false;
};

/// A database with nobody in it, or with the people of `Database`, and the services of this room.
struct AccountsTest : ::testing::TestWithParam<db::Engine> {
    trunkline::testing::Database database{GetParam()};
    db::Pool& pool = database.pool();
    Passwords passwords;
    Accounts accounts{database.clock, passwords, Registration::open, "GB"};
    SessionAuthenticator authenticator{pool, database.clock};

    void empty()
    {
        (void)database.run(pool.execute("DELETE FROM users"));
        (void)database.run(pool.execute("DELETE FROM tenants"));
    }
    std::string setup_code() { return database.run(accounts.new_setup_code(pool)); }
    Outcome<SignedIn> set_up(std::string code, std::string_view address = "grace@crm.example.test",
                             std::string password = good_password)
    {
        return database.run(accounts.set_up(
            pool, {std::move(code), named("Grace Hopper"), mail(address), std::move(password)}, {"127.0.0.1", "test"}));
    }
    Outcome<Registered> enrol(Accounts& by, std::string_view address, std::string password = good_password)
    {
        return database.run(
            by.register_user(pool, {named("Ada"), mail(address), std::move(password)}, {"127.0.0.1", "test"}));
    }
    Outcome<SignedIn> log_in(std::string_view address, std::string password = good_password)
    {
        return database.run(accounts.log_in(pool, {mail(address), std::move(password)}, {"192.0.2.7", "Browser/1.0"}));
    }
    std::optional<http::Actor> actor_of(const NewSession& session)
    {
        return database.run(authenticator.authenticate({session.token, std::nullopt}));
    }
    /// Puts some hashes in line before whoever comes next.
    void keep_lane_busy()
    {
        hashed = 0;
        for (int i = 0; i < hashes; ++i)
            asio::co_spawn(database.io, passwords.hash("x"), [this](std::exception_ptr, std::string) { ++hashed; });
        database.settle();
    }
    static constexpr int hashes = 5;
    int hashed = 0;
    template <class T>
    void start(asio::awaitable<T> work, Started<T>& into)
    {
        asio::co_spawn(database.io, trunkline::testing::detail::keep(std::move(work), into.outcome),
                       [&into](std::exception_ptr failure) { into.failure = failure, into.ended = true; });
    }
    std::int64_t count(db::Sql<> sql) { return database.run(pool.fetch_value<std::int64_t>(sql)); }
};

} // namespace

// -- The first administrator --------------------------------------------------

TEST_P(AccountsTest, the_code_from_the_log_makes_the_first_administrator_and_the_tenant)
{
    empty();
    EXPECT_FALSE(database.run(has_users(pool)));
    const auto made = set_up(setup_code());
    ASSERT_TRUE(made) << made.refusal().detail;
    EXPECT_EQ(made->user.role, Role::admin);
    EXPECT_EQ(made->user.status, UserStatus::active);
    EXPECT_EQ(made->user.created_at, database.clock.now());
    EXPECT_TRUE(database.run(has_users(pool)));
    EXPECT_EQ(count("SELECT count(*) FROM tenants WHERE default_region = 'GB'"), 1);
    const auto actor = actor_of(made->session);
    ASSERT_TRUE(actor);
    EXPECT_EQ(actor->user_id, made->user.id);
    EXPECT_EQ(actor->role, Role::admin);
    EXPECT_TRUE(log_in("grace@crm.example.test"));
}

TEST_P(AccountsTest, a_code_is_good_once)
{
    empty();
    const std::string code = setup_code();
    ASSERT_TRUE(set_up(code));
    const auto again = set_up(code, "eve@crm.example.test");
    ASSERT_FALSE(again);
    EXPECT_EQ(again.refusal().why, Refused::forbidden);
    EXPECT_EQ(count("SELECT count(*) FROM users"), 1);
}

TEST_P(AccountsTest, no_code_makes_a_second_administrator)
{
    const auto made = set_up(setup_code()); // there are users already
    ASSERT_FALSE(made);
    EXPECT_EQ(made.refusal().why, Refused::forbidden);
    EXPECT_EQ(count("SELECT count(*) FROM users WHERE role = 'admin'"), 1);
    EXPECT_EQ(count("SELECT count(*) FROM tenants"), 2);
}

TEST_P(AccountsTest, a_code_is_good_for_an_hour)
{
    empty();
    const std::string code = setup_code();
    database.clock.advance(1h);
    const auto late = set_up(code);
    ASSERT_FALSE(late);
    EXPECT_EQ(late.refusal().why, Refused::forbidden);
    const std::string next = setup_code();
    database.clock.advance(1h - 1us);
    EXPECT_TRUE(set_up(next));
}

TEST_P(AccountsTest, a_wrong_code_and_one_that_was_made_before_are_void)
{
    empty();
    const std::string old = setup_code();
    const std::string code = setup_code();
    for (const std::string& wrong : {old, std::string(), code + "x", std::string("' OR '1'='1")}) {
        const auto refused = set_up(wrong);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.refusal().why, Refused::forbidden);
    }
    EXPECT_EQ(count("SELECT count(*) FROM users"), 0);
    EXPECT_TRUE(set_up(code));
}

TEST_P(AccountsTest, a_code_is_not_spent_by_a_password_that_is_too_weak_and_is_stored_only_as_its_hash)
{
    empty();
    const std::string code = setup_code();
    const auto weak = set_up(code, "grace@crm.example.test", "short");
    ASSERT_FALSE(weak);
    EXPECT_EQ(weak.refusal().why, Refused::invalid);
    EXPECT_EQ(weak.refusal().fields.at(0).pointer, "/password");
    EXPECT_EQ(database.run(pool.fetch_value<std::string>("SELECT code_hash FROM setup_codes")), sha256_hex(code));
    EXPECT_TRUE(set_up(code));
}

TEST_P(AccountsTest, of_two_who_use_the_code_at_once_one_becomes_administrator)
{
    empty();
    const std::string code = setup_code();
    Started<Outcome<SignedIn>> one, two;
    start(accounts.set_up(pool, {code, named("One"), mail("one@crm.example.test"), good_password}, {"", ""}), one);
    start(accounts.set_up(pool, {code, named("Two"), mail("two@crm.example.test"), good_password}, {"", ""}), two);
    database.until([&] { return one.ended && two.ended; });
    ASSERT_TRUE(one.outcome && two.outcome);
    EXPECT_NE(bool(*one.outcome), bool(*two.outcome));
    EXPECT_EQ(count("SELECT count(*) FROM users"), 1);
    EXPECT_EQ(count("SELECT count(*) FROM tenants"), 1);
}

// -- Registering ----------------------------------------------------------------

TEST_P(AccountsTest, where_registration_is_closed_nobody_registers)
{
    Accounts closed{database.clock, passwords, Registration::closed, "GB"};
    const auto refused = enrol(closed, "new@crm.example.test");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.refusal().why, Refused::forbidden);
    EXPECT_EQ(count("SELECT count(*) FROM users"), 5);
}

TEST_P(AccountsTest, where_registration_is_open_who_registers_is_a_customer_and_signed_in)
{
    const auto made = enrol(accounts, "New@CRM.example.test");
    ASSERT_TRUE(made);
    EXPECT_EQ(made->user.role, Role::customer);
    EXPECT_EQ(made->user.status, UserStatus::active);
    EXPECT_EQ(made->user.email, "new@crm.example.test");
    EXPECT_EQ(made->user.tenant_id, std::min(database.tenant, database.other_tenant)); // the first: the default one
    ASSERT_TRUE(made->session);
    EXPECT_EQ(actor_of(*made->session)->user_id, made->user.id);
    EXPECT_TRUE(log_in("new@crm.example.test"));
}

TEST_P(AccountsTest, where_registration_waits_for_approval_an_administrator_lets_people_in)
{
    Accounts approve{database.clock, passwords, Registration::approve, "GB"};
    const auto made = enrol(approve, "new@crm.example.test");
    ASSERT_TRUE(made);
    EXPECT_EQ(made->user.status, UserStatus::pending);
    EXPECT_FALSE(made->session);
    const auto early = log_in("new@crm.example.test");
    ASSERT_FALSE(early);
    EXPECT_EQ(early.refusal().why, Refused::forbidden);
    EXPECT_EQ(log_in("new@crm.example.test", "Wrong 1843 word").refusal().why, Refused::unauthenticated);
    EXPECT_EQ(count("SELECT count(*) FROM sessions"), 0);

    http::Actor admin = database.admin;
    admin.tenant_id = made->user.tenant_id;
    http::Actor stranger = database.admin;
    stranger.tenant_id = database.other_tenant == admin.tenant_id ? database.tenant : database.other_tenant;
    EXPECT_EQ(database.run(accounts.approve(pool, stranger, made->user.id)).refusal().why, Refused::not_found);
    const auto approved = database.run(accounts.approve(pool, admin, made->user.id));
    ASSERT_TRUE(approved);
    EXPECT_EQ(approved->status, UserStatus::active);
    EXPECT_TRUE(log_in("new@crm.example.test"));
    EXPECT_EQ(database.run(accounts.approve(pool, admin, made->user.id)).refusal().why, Refused::conflict);
    EXPECT_EQ(database.run(pool.fetch_value<Uuid>("SELECT approved_by FROM users WHERE id = $1", made->user.id)),
              admin.user_id);
}

TEST_P(AccountsTest, an_address_is_taken_once_in_the_whole_program)
{
    const auto taken = enrol(accounts, "KONRAD.ZUSE@crm.example.test"); // of the other tenant
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.refusal().why, Refused::conflict);
    EXPECT_EQ(count("SELECT count(*) FROM users"), 5);
    EXPECT_EQ(count("SELECT count(*) FROM sessions"), 0);
}

TEST_P(AccountsTest, before_the_set_up_nobody_registers)
{
    empty();
    const auto refused = enrol(accounts, "new@crm.example.test");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.refusal().why, Refused::unavailable);
    EXPECT_GT(refused.refusal().retry_after_seconds, 0);
}

// -- Signing in -----------------------------------------------------------------

TEST_P(AccountsTest, a_wrong_password_and_an_unknown_address_look_the_same)
{
    ASSERT_TRUE(enrol(accounts, "new@crm.example.test"));
    const auto wrong = log_in("new@crm.example.test", "Wrong 1843 word");
    const auto unknown = log_in("nobody@crm.example.test");
    ASSERT_FALSE(wrong);
    ASSERT_FALSE(unknown);
    EXPECT_EQ(wrong.refusal().why, Refused::unauthenticated);
    EXPECT_EQ(unknown.refusal().why, wrong.refusal().why);
    EXPECT_EQ(unknown.refusal().detail, wrong.refusal().detail);
    EXPECT_EQ(unknown.refusal().fields.size(), wrong.refusal().fields.size());
    EXPECT_EQ(unknown.refusal().retry_after_seconds, wrong.refusal().retry_after_seconds);
}

TEST_P(AccountsTest, an_unknown_address_stands_in_line_for_its_hash_too)
{
    ASSERT_TRUE(enrol(accounts, "new@crm.example.test"));
    for (const char* address : {"new@crm.example.test", "nobody@crm.example.test"}) {
        keep_lane_busy();
        const auto refused = log_in(address, "Wrong 1843 word");
        EXPECT_FALSE(refused);
        EXPECT_EQ(hashed, hashes) << address; // those before it in the lane are done
    }
}

TEST_P(AccountsTest, who_signs_in_is_noted_with_place_and_browser)
{
    ASSERT_TRUE(enrol(accounts, "new@crm.example.test"));
    const auto in = log_in("NEW@crm.example.test");
    ASSERT_TRUE(in);
    const auto sessions = database.run(list_sessions(pool, in->user.id, database.clock.now()));
    ASSERT_EQ(sessions.size(), 2u);
    EXPECT_EQ(sessions[0].id, in->session.id); // newest first
    EXPECT_EQ(sessions[0].peer, "192.0.2.7");
    EXPECT_EQ(sessions[0].user_agent, "Browser/1.0");
}

TEST_P(AccountsTest, a_disabled_account_is_shut_at_once)
{
    const auto made = enrol(accounts, "new@crm.example.test");
    ASSERT_TRUE(made);
    (void)database.run(pool.execute("UPDATE users SET status = 'disabled' WHERE id = $1", made->user.id));
    EXPECT_FALSE(actor_of(*made->session));
    EXPECT_EQ(log_in("new@crm.example.test").refusal().why, Refused::forbidden);
    EXPECT_EQ(log_in("new@crm.example.test", "Wrong 1843 word").refusal().why, Refused::unauthenticated);
}

TEST_P(AccountsTest, no_connection_is_held_while_a_password_is_hashed)
{
    keep_lane_busy();
    Started<Outcome<Registered>> registered;
    start(accounts.register_user(pool, {named("Ada"), mail("new@crm.example.test"), good_password}, {"", ""}),
          registered);
    database.until([&] { return hashed == hashes; }); // now it is its turn
    EXPECT_FALSE(registered.ended);
    EXPECT_EQ(pool.stats().in_use, 0u);
    database.until([&] { return registered.ended; });
    EXPECT_TRUE(registered.outcome && *registered.outcome);
}

TEST_P(AccountsTest, a_storm_of_log_ins_is_refused_and_passes)
{
    ASSERT_TRUE(enrol(accounts, "new@crm.example.test"));
    constexpr int storm = 60;
    std::vector<Started<Outcome<SignedIn>>> all(storm);
    for (auto& one : all) start(accounts.log_in(pool, {mail("new@crm.example.test"), good_password}, {"", ""}), one);
    database.until([&] { return std::ranges::all_of(all, [](const auto& one) { return one.ended; }); });
    const auto in = std::ranges::count_if(all, [](const auto& one) { return one.outcome && *one.outcome; });
    const auto refused =
        std::ranges::count_if(all, [](const auto& one) { return one.failure && is_full(one.failure); });
    EXPECT_EQ(in + refused, storm);
    EXPECT_GE(in, 32);
    EXPECT_GT(refused, 0);
    EXPECT_TRUE(log_in("new@crm.example.test"));
}

// -- Roles ------------------------------------------------------------------------

TEST_P(AccountsTest, a_new_role_counts_from_the_next_request)
{
    const auto in =
        database.run(open_session(pool, *database.run(find_user(pool, database.tenant, database.customer.user_id)),
                                  database.clock.now(), "", ""));
    EXPECT_EQ(actor_of(in)->role, Role::customer);
    const auto changed =
        database.run(accounts.change_role(pool, database.admin, database.customer.user_id, Role::staff));
    ASSERT_TRUE(changed);
    EXPECT_EQ(changed->role, Role::staff);
    EXPECT_EQ(actor_of(in)->role, Role::staff);
}

TEST_P(AccountsTest, an_administrator_keeps_his_own_role_and_reaches_no_other_tenant)
{
    const auto own = database.run(accounts.change_role(pool, database.admin, database.admin.user_id, Role::customer));
    ASSERT_FALSE(own);
    EXPECT_EQ(own.refusal().why, Refused::conflict);
    const auto strange =
        database.run(accounts.change_role(pool, database.admin, database.stranger.user_id, Role::customer));
    ASSERT_FALSE(strange);
    EXPECT_EQ(strange.refusal().why, Refused::not_found);
    EXPECT_EQ(count("SELECT count(*) FROM users WHERE role = 'admin'"), 1);
    EXPECT_EQ(count("SELECT count(*) FROM users WHERE role = 'staff'"), 2);
}

TEST_P(AccountsTest, of_two_administrators_who_take_the_role_from_each_other_one_remains)
{
    ASSERT_TRUE(database.run(accounts.change_role(pool, database.admin, database.staff.user_id, Role::admin)));
    {
        // Two connections are open, so that neither waits for the other's.
        auto first = database.run(pool.begin());
        const auto second = database.run(pool.begin({.read_only = true}));
        database.run(first.rollback());
    }
    Started<Outcome<User>> one, two;
    start(accounts.change_role(pool, database.admin, database.staff.user_id, Role::customer), one);
    start(accounts.change_role(pool, database.staff, database.admin.user_id, Role::customer), two);
    database.until([&] { return one.ended && two.ended; });
    ASSERT_TRUE(one.outcome && two.outcome);
    ASSERT_NE(bool(*one.outcome), bool(*two.outcome));
    EXPECT_EQ((*one.outcome ? *two.outcome : *one.outcome).refusal().why, Refused::forbidden);
    EXPECT_EQ(count("SELECT count(*) FROM users WHERE role = 'admin'"), 1);
}

INSTANTIATE_TEST_SUITE_P(OnEveryEngine, AccountsTest, ::testing::Values(db::Engine::sqlite, db::Engine::postgresql),
                         [](const auto& info) { return std::string(db::to_string(info.param)); });

} // namespace trunkline::accounts
