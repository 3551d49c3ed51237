// SPDX-License-Identifier: MIT
#include <accounts/account_routes.hpp>

#include <http/call_builder.hpp>
#include <http/openapi.hpp>
#include <support/database.hpp>

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

namespace trunkline::accounts {

namespace {

using http::Access;
using http::Method;

/// What a route answered, and what it asked the browser to keep.
struct Answered {
    int status = 0;
    json::value body;
    std::optional<http::Call::SessionCookie> cookie;
};

struct RoutesOfAccounts : ::testing::TestWithParam<db::Engine> {
    trunkline::testing::Database database{GetParam()};
    db::Pool& pool = database.pool();
    Passwords passwords;
    Accounts accounts{database.clock, passwords, Registration::open, "GB"};
    events::Hub hub{database.io.get_executor()};
    AccountRoutes routes{pool, accounts, database.clock, hub};
    std::vector<http::Route> table = routes.table();
    SessionAuthenticator authenticator{pool, database.clock};

    Answered ask(std::optional<http::Actor> actor, Method method, std::string path, std::string body = {},
                 std::optional<Uuid> id = {}, std::vector<std::pair<std::string, std::string>> query = {})
    {
        const auto route = std::ranges::find_if(
            table, [&](const http::Route& each) { return each.method == method && each.path == "/api/v1" + path; });
        if (route == table.end()) throw std::runtime_error("no such route: " + path);
        http::Call call =
            http::CallBuilder().actor(std::move(actor)).route(path).peer("192.0.2.7").user_agent("Browser/1.0").build();
        http::RawInput input;
        if (id) input.path.emplace_back("id", db::to_string(*id));
        input.query = std::move(query);
        input.body = body;
        const auto response = database.run(route->handle(call, input));
        return {response.status, response.body.empty() ? json::value() : json::parse(response.body),
                call.session_cookie()};
    }
    Answered post(std::string path, std::string body)
    {
        return ask({}, Method::post, std::move(path), std::move(body));
    }
    std::optional<http::Actor> actor_of(const std::string& token)
    {
        return database.run(authenticator.authenticate({token, std::nullopt}));
    }
    /// Registers a customer, who is signed in then.
    http::Actor new_customer(std::string email = "new@crm.example.test")
    {
        const auto made =
            post("/auth/register", R"({"name":"Ada","email":")" + email + R"(","password":"Analytical 1843"})");
        if (made.status != 201) throw std::runtime_error(serialize(made.body));
        return *actor_of(made.cookie->token);
    }
    /// Whether a stream was ended by signing out. Ends all others.
    bool ended(events::Subscription& subscription)
    {
        hub.close();
        std::vector<std::string> names;
        while (auto heard = database.run(subscription.next())) names.push_back(heard->name);
        return names.back() == "signed_out";
    }
    std::unique_ptr<events::Subscription> listen(const http::Actor& actor)
    {
        return hub.subscribe({actor.tenant_id, actor.user_id, actor.session_id, false}, std::nullopt);
    }
};

} // namespace

TEST_P(RoutesOfAccounts, are_open_only_where_nobody_is_signed_in_yet)
{
    for (const http::Route& route : table) {
        const bool administration = route.path.starts_with("/api/v1/admin/");
        const bool outside = route.path == "/api/v1/setup" || route.path == "/api/v1/auth/registration" ||
                             route.path == "/api/v1/auth/register" || route.path == "/api/v1/auth/login";
        EXPECT_EQ(route.access, administration ? Access::admin
                                : outside      ? Access::anyone
                                               : Access::signed_in)
            << route.path;
    }
    EXPECT_NO_THROW((void)http::openapi_document(table, "1"));
}

TEST_P(RoutesOfAccounts, guessing_is_slow)
{
    for (const http::Route& route : table)
        if (route.method == Method::post && route.access == Access::anyone)
            EXPECT_EQ(route.options.per_minute_max, 5) << route.path;
}

TEST_P(RoutesOfAccounts, signing_in_gives_the_browser_a_token_and_the_answer_none)
{
    new_customer();
    const auto in = post("/auth/login", R"({"email":"NEW@crm.example.test","password":"Analytical 1843"})");
    EXPECT_EQ(in.status, 200) << serialize(in.body);
    ASSERT_TRUE(in.cookie);
    EXPECT_EQ(in.cookie->max_age, session_age_max);
    EXPECT_TRUE(actor_of(in.cookie->token));
    EXPECT_EQ(in.body.at("email").as_string(), "new@crm.example.test");
    EXPECT_EQ(serialize(in.body).find(in.cookie->token), std::string::npos);
    EXPECT_EQ(serialize(in.body).find("argon"), std::string::npos);
}

TEST_P(RoutesOfAccounts, a_wrong_password_and_an_unknown_address_have_the_same_answer)
{
    new_customer();
    const auto wrong = post("/auth/login", R"({"email":"new@crm.example.test","password":"Wrong 1843 word"})");
    const auto unknown = post("/auth/login", R"({"email":"old@crm.example.test","password":"Wrong 1843 word"})");
    EXPECT_EQ(wrong.status, 401);
    EXPECT_EQ(unknown.status, 401);
    EXPECT_EQ(serialize(unknown.body), serialize(wrong.body));
    EXPECT_FALSE(wrong.cookie || unknown.cookie);
}

TEST_P(RoutesOfAccounts, signing_out_ends_the_session_its_streams_and_the_cookie)
{
    const http::Actor ada = new_customer();
    const auto stream = listen(ada);
    const auto out = ask(ada, Method::post, "/auth/logout");
    EXPECT_EQ(out.status, 204);
    ASSERT_TRUE(out.cookie);
    EXPECT_EQ(out.cookie->token, "");
    EXPECT_EQ(out.cookie->max_age, std::chrono::seconds(0));
    EXPECT_TRUE(ended(*stream));
    EXPECT_TRUE(database.run(list_sessions(pool, ada.user_id, database.clock.now())).empty());
}

TEST_P(RoutesOfAccounts, a_browser_is_signed_out_from_another_one)
{
    const http::Actor here = new_customer();
    const auto in = post("/auth/login", R"({"email":"new@crm.example.test","password":"Analytical 1843"})");
    const http::Actor there = *actor_of(in.cookie->token);
    const auto stream = listen(there);
    const auto sessions = ask(here, Method::get, "/auth/sessions").body.at("items").as_array();
    ASSERT_EQ(sessions.size(), 2u);
    for (const auto& one : sessions)
        EXPECT_EQ(one.at("current").as_bool(), one.at("id").as_string() == db::to_string(here.session_id));
    EXPECT_EQ(sessions[0].at("peer").as_string(), "192.0.2.7");
    EXPECT_EQ(ask(here, Method::del, "/auth/sessions/{id}", "", there.session_id).status, 204);
    EXPECT_FALSE(actor_of(in.cookie->token));
    EXPECT_TRUE(ended(*stream));
    EXPECT_EQ(ask(here, Method::del, "/auth/sessions/{id}", "", there.session_id).status, 404);
}

TEST_P(RoutesOfAccounts, anothers_session_is_not_found_and_goes_on)
{
    const http::Actor ada = new_customer(), eve = new_customer("eve@crm.example.test");
    EXPECT_EQ(ask(eve, Method::del, "/auth/sessions/{id}", "", ada.session_id).status, 404);
    EXPECT_EQ(database.run(list_sessions(pool, ada.user_id, database.clock.now())).size(), 1u);
}

TEST_P(RoutesOfAccounts, the_page_before_the_first_administrator_says_so)
{
    EXPECT_FALSE(ask({}, Method::get, "/setup").body.at("needed").as_bool());
    (void)database.run(pool.execute("DELETE FROM users"));
    (void)database.run(pool.execute("DELETE FROM tenants"));
    EXPECT_TRUE(ask({}, Method::get, "/setup").body.at("needed").as_bool());
    const std::string code = database.run(accounts.new_setup_code(pool));
    const auto made = post("/setup", R"({"code":")" + code +
                                         R"(","name":"Grace","email":"g@crm.example.test","password":"Cobol 1959 x"})");
    EXPECT_EQ(made.status, 201) << serialize(made.body);
    EXPECT_EQ(made.body.at("role").as_string(), "admin");
    ASSERT_TRUE(made.cookie);
    EXPECT_EQ(actor_of(made.cookie->token)->role, Role::admin);
    EXPECT_FALSE(ask({}, Method::get, "/setup").body.at("needed").as_bool());
}

TEST_P(RoutesOfAccounts, an_administrator_pages_through_his_own_tenants_users)
{
    std::vector<std::string> names;
    std::vector<std::pair<std::string, std::string>> query = {{"limit", "3"}};
    for (int pages = 0; pages < 5; ++pages) {
        const auto page = ask(database.admin, Method::get, "/admin/users", "", {}, query);
        ASSERT_EQ(page.status, 200) << serialize(page.body);
        EXPECT_LE(page.body.at("items").as_array().size(), 3u);
        for (const auto& user : page.body.at("items").as_array()) names.emplace_back(user.at("name").as_string());
        if (page.body.at("next").is_null()) break;
        query = {{"limit", "3"}, {"after", std::string(page.body.at("next").as_string())}};
    }
    std::ranges::sort(names);
    EXPECT_EQ(names, (std::vector<std::string>{"Ada Lovelace", "Alan Turing", "Charles Babbage", "Grace Hopper"}));
}

INSTANTIATE_TEST_SUITE_P(OnEveryEngine, RoutesOfAccounts, ::testing::Values(db::Engine::sqlite, db::Engine::postgresql),
                         [](const auto& info) { return std::string(db::to_string(info.param)); });

} // namespace trunkline::accounts
