// SPDX-License-Identifier: MIT
#include "support/routes.hpp"
#include "support/running_server.hpp"

#include <http/same_origin.hpp>

#include <gtest/gtest.h>

namespace trunkline::http::testing {

namespace {

constexpr const char* cookie = "Cookie: __Host-trunkline=customer";
constexpr const char* bearer = "Authorization: Bearer customer";
constexpr const char* json_type = "Content-Type: application/json";
constexpr const char* thing = R"({"name":"lamp","colour":"red"})";

struct SameOrigin : ::testing::Test {
    ThingRoutes things;
    RunningServer server{things.routes()};
    std::string own_origin = "Origin: http://127.0.0.1:" + std::to_string(server.port());

    int post(std::vector<std::string> headers, const std::string& target = "/api/v1/things") const
    {
        return server.ask("POST", target, headers, thing).status;
    }
};

} // namespace

TEST_F(SameOrigin, a_browser_of_our_own_pages_may_write)
{
    EXPECT_EQ(post({cookie, json_type, "Sec-Fetch-Site: same-origin"}), 201);
    EXPECT_EQ(post({cookie, json_type, "Sec-Fetch-Site: none"}), 201);
    EXPECT_EQ(post({cookie, json_type, own_origin}), 201);
}

TEST_F(SameOrigin, another_site_may_not)
{
    EXPECT_EQ(post({cookie, json_type, "Sec-Fetch-Site: cross-site", own_origin}), 403);
    EXPECT_EQ(post({cookie, json_type, "Sec-Fetch-Site: same-site"}), 403);
    EXPECT_EQ(post({cookie, json_type, "Origin: https://evil.example.test"}), 403);
    EXPECT_EQ(post({cookie, json_type, "Origin: http://127.0.0.1:1"}), 403);
    EXPECT_EQ(post({cookie, json_type, "Origin: null"}), 403);
}

TEST_F(SameOrigin, neither_may_it_sign_a_visitor_in)
{
    EXPECT_EQ(post({json_type, "Sec-Fetch-Site: cross-site"}, "/api/v1/sign-in"), 403);
    EXPECT_EQ(post({json_type, "Origin: https://evil.example.test"}, "/api/v1/sign-in"), 403);
    EXPECT_EQ(post({json_type, "Sec-Fetch-Site: same-origin"}, "/api/v1/sign-in"), 204);
}

TEST_F(SameOrigin, a_program_without_a_cookie_need_not_say_where_it_comes_from)
{
    EXPECT_EQ(post({json_type}, "/api/v1/sign-in"), 204);
    EXPECT_EQ(post({json_type}), 401);
}

TEST_F(SameOrigin, a_program_with_our_cookie_has_to) { EXPECT_EQ(post({cookie, json_type}), 403); }

TEST_F(SameOrigin, a_bearer_token_is_proof_enough_and_the_cookie_beside_it_is_not_looked_at)
{
    EXPECT_EQ(post({bearer, json_type, "Sec-Fetch-Site: cross-site"}), 201);
    EXPECT_EQ(post({"Authorization: Bearer unknown", cookie, json_type, "Sec-Fetch-Site: cross-site"}), 401);
}

TEST_F(SameOrigin, what_writes_has_to_be_json)
{
    EXPECT_EQ(post({cookie, "Sec-Fetch-Site: same-origin"}), 415);
    EXPECT_EQ(post({cookie, "Sec-Fetch-Site: same-origin", "Content-Type: text/plain"}), 415);
    EXPECT_EQ(post({cookie, "Sec-Fetch-Site: same-origin", "Content-Type: application/jsonx"}), 415);
    EXPECT_EQ(post({cookie, "Sec-Fetch-Site: same-origin", "Content-Type: Application/JSON; charset=utf-8"}), 201);
    EXPECT_EQ(post({bearer, "Content-Type: text/plain"}), 415);
    EXPECT_EQ(server.ask("POST", "/api/v1/sign-out", {cookie, "Sec-Fetch-Site: same-origin"}).status, 415);
}

TEST_F(SameOrigin, a_get_that_writes_is_asked_the_same_and_one_that_reads_is_not)
{
    EXPECT_EQ(server.get("/api/v1/written-by-get", {cookie, "Sec-Fetch-Site: cross-site"}).status, 403);
    EXPECT_EQ(server.get("/api/v1/written-by-get", {cookie, "Sec-Fetch-Site: same-origin"}).status, 204);
    EXPECT_EQ(server.get("/api/v1/things", {cookie, "Sec-Fetch-Site: cross-site"}).status, 200);
}

TEST_F(SameOrigin, a_cookie_without_the_host_prefix_is_never_accepted)
{
    EXPECT_EQ(server.get("/api/v1/things", {"Cookie: trunkline=customer"}).status, 401);
    EXPECT_EQ(server.get("/api/v1/things", {"Cookie: a=b; __host-trunkline=customer"}).status, 401);
    EXPECT_EQ(server.get("/api/v1/things", {"Cookie: a=b; __Host-trunkline=customer; c=d"}).status, 200);
}

TEST_F(SameOrigin, the_session_cookie_is_kept_for_this_host_alone)
{
    const Answer in = server.post("/api/v1/sign-in", "{}");
    EXPECT_EQ(in.header("Set-Cookie"),
              "__Host-trunkline=customer; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=3600");
    const Answer out = server.post("/api/v1/sign-out", "{}");
    EXPECT_EQ(out.header("Set-Cookie"), "__Host-trunkline=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0");
}

TEST_F(SameOrigin, only_our_own_host_names_are_answered)
{
    const std::string port = ":" + std::to_string(server.port());
    EXPECT_EQ(server.get("/api/v1/seen", {"Host: localhost" + port}).status, 200);
    EXPECT_EQ(server.get("/api/v1/seen", {"Host: [::1]" + port}).status, 200);
    EXPECT_EQ(server.get("/api/v1/seen", {"Host: evil.example.test" + port}).status, 421);
    EXPECT_EQ(server.get("/api/v1/seen", {"Host: 127.0.0.1:1"}).status, 421);
    EXPECT_EQ(server.get("/api/v1/seen", {"Host: 127.0.0.1" + port, "Host: 127.0.0.1" + port}).status, 400);
    Client client = server.connect();
    EXPECT_EQ(client.ask("GET /api/v1/seen HTTP/1.1\r\n\r\n").status, 400);
}

TEST(PublicUrl, is_a_host_of_ours_with_or_without_its_standard_port)
{
    ThingRoutes things;
    RunningServer server(things.routes(), {}, {.public_url = PublicUrl::parse("https://CRM.example.test/")});
    EXPECT_EQ(server.get("/api/v1/seen", {"Host: crm.example.test"}).status, 200);
    EXPECT_EQ(server.get("/api/v1/seen", {"Host: crm.example.test:443"}).status, 200);
    EXPECT_EQ(server.get("/api/v1/seen", {"Host: crm.example.test:80"}).status, 421);
    EXPECT_FALSE(PublicUrl::parse("https://crm.example.test/path"));
    EXPECT_FALSE(PublicUrl::parse("crm.example.test"));
}

TEST(TrustedProxies, say_who_the_client_is_and_others_do_not)
{
    const auto proxies = TrustedProxies::parse("127.0.0.1, 10.0.0.0/8, fd00::/8");
    EXPECT_EQ(proxies.client_of("203.0.113.9", "198.51.100.1"), "203.0.113.9");
    EXPECT_EQ(proxies.client_of("127.0.0.1", "198.51.100.1"), "198.51.100.1");
    EXPECT_EQ(proxies.client_of("127.0.0.1", "1.2.3.4, 198.51.100.1, 10.1.2.3"), "198.51.100.1");
    EXPECT_EQ(proxies.client_of("127.0.0.1", "198.51.100.1, rubbish"), "127.0.0.1");
    EXPECT_EQ(proxies.client_of("fd12::1", "10.9.9.9"), "10.9.9.9");
    EXPECT_FALSE(proxies.contain("11.0.0.1"));
    for (const std::string bad : {"10.0.0.0/33", "host", "10.0.0.0/", "::1/129", "10.0.0.0/-1"})
        EXPECT_THROW(TrustedProxies::parse(bad), std::invalid_argument) << bad;
}

TEST(TrustedProxies, are_believed_by_the_server)
{
    ThingRoutes things;
    const std::vector<std::string> forwarded{"X-Forwarded-For: 198.51.100.7"};
    {
        RunningServer server(things.routes());
        EXPECT_NE(server.get("/api/v1/seen", forwarded).body.find("\"127.0.0.1\""), std::string::npos);
    }
    ServerOptions options;
    options.trusted_proxies = TrustedProxies::parse("127.0.0.0/8");
    RunningServer server(things.routes(), options);
    EXPECT_NE(server.get("/api/v1/seen", forwarded).body.find("\"198.51.100.7\""), std::string::npos);
}

TEST(RateLimit, counts_a_whole_ipv6_network_as_one_client_and_stays_small)
{
    EXPECT_EQ(rate_limit_peer("2001:db8:1:2:3:4:5:6"), rate_limit_peer("2001:db8:1:2::9"));
    EXPECT_NE(rate_limit_peer("2001:db8:1:2::9"), rate_limit_peer("2001:db8:1:3::9"));
    EXPECT_EQ(rate_limit_peer("192.0.2.1"), "192.0.2.1");
    RateLimit limit(100);
    for (int key = 0; key < 1000; ++key) limit.take(std::to_string(key), 10, Time(std::chrono::seconds(key)));
    EXPECT_LE(limit.size(), 101u);
}

} // namespace trunkline::http::testing
