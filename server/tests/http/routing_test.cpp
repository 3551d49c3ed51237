// SPDX-License-Identifier: MIT
#include "support/routes.hpp"
#include "support/running_server.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

namespace trunkline::http::testing {

namespace {

struct Routing : ::testing::Test {
    ThingRoutes things;
    RunningServer server{things.routes()};
    const std::vector<std::string> customer{"Authorization: Bearer customer"};
    const std::vector<std::string> admin{"Authorization: Bearer admin"};

    static json::value problem_of(const Answer& answer)
    {
        EXPECT_EQ(answer.header("Content-Type"), "application/problem+json");
        return json::parse(answer.body);
    }
    static std::string first_pointer(const Answer& answer)
    {
        return std::string(problem_of(answer).at("errors").at(0).at("pointer").as_string());
    }
};

} // namespace

TEST_F(Routing, an_answer_is_the_struct_as_json)
{
    const Answer answer = server.get("/api/v1/things?limit=7", customer);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.header("Content-Type"), "application/json");
    EXPECT_EQ(
        answer.body,
        R"({"items":[{"id":"00000000-0000-0000-0000-000000000000","name":"lamp 7","colour":"green"}],"next":null})");
}

TEST_F(Routing, a_body_is_decoded_and_a_created_thing_answers_201)
{
    const Answer answer = server.post("/api/v1/things", R"({"name":"lamp","colour":"green"})", customer);
    EXPECT_EQ(answer.status, 201);
    EXPECT_EQ(json::parse(answer.body).at("colour").as_string(), "green");
}

TEST_F(Routing, a_wrong_body_is_refused_with_every_field_that_is_wrong)
{
    const Answer answer =
        server.post("/api/v1/things", R"({"name":"","colour":"blue","email":"no","nmae":1})", customer);
    EXPECT_EQ(answer.status, 400);
    const auto document = problem_of(answer);
    EXPECT_EQ(document.at("type").as_string(), "/problems/invalid");
    EXPECT_EQ(document.at("instance").as_string(), answer.header("X-Request-Id"));
    std::set<std::string> pointers;
    for (const auto& error : document.at("errors").as_array())
        pointers.insert(std::string(error.at("pointer").as_string()));
    EXPECT_EQ(pointers, (std::set<std::string>{"/name", "/colour", "/email", "/nmae"}));
}

TEST_F(Routing, a_body_that_is_not_json_is_refused)
{
    for (const std::string body : {"{", "[1,2", "nope", "{\"name\":\"\xff\"}"}) {
        const Answer answer = server.post("/api/v1/things", body, customer);
        EXPECT_EQ(answer.status, 400) << body;
        EXPECT_FALSE(problem_of(answer).at("errors").as_array().empty());
    }
}

TEST_F(Routing, parameters_are_read_as_what_they_are)
{
    EXPECT_EQ(first_pointer(server.get("/api/v1/things?limit=many", customer)), "/limit");
    EXPECT_EQ(first_pointer(server.get("/api/v1/things?limit=0", customer)), "/limit");
    EXPECT_EQ(first_pointer(server.get("/api/v1/things?limit=201", customer)), "/limit");
    EXPECT_EQ(first_pointer(server.get("/api/v1/things?archived=yes", customer)), "/archived");
    EXPECT_EQ(first_pointer(server.get("/api/v1/things?colour=blue", customer)), "/colour");
    EXPECT_EQ(server.get("/api/v1/things?archived=true&colour=red&limit=200", customer).status, 200);
}

TEST_F(Routing, an_unknown_parameter_is_refused_with_the_nearest_known_one)
{
    const auto document = problem_of(server.get("/api/v1/things?limt=3", customer));
    EXPECT_EQ(document.at("errors").at(0).at("pointer").as_string(), "/limt");
    EXPECT_NE(document.at("errors").at(0).at("detail").as_string().find("limit"), std::string::npos);
}

TEST_F(Routing, a_parameter_that_is_given_twice_is_refused)
{
    EXPECT_EQ(first_pointer(server.get("/api/v1/things?limit=3&limit=4", customer)), "/limit");
}

TEST_F(Routing, a_route_without_parameters_refuses_all_of_them)
{
    EXPECT_EQ(first_pointer(server.get("/api/v1/things/00000000-0000-0000-0000-000000000001?x=1", customer)), "/x");
}

TEST_F(Routing, an_id_in_the_path_has_to_be_an_id)
{
    EXPECT_EQ(first_pointer(server.get("/api/v1/things/17", customer)), "/id");
    EXPECT_EQ(server.get("/api/v1/things/00000000-0000-0000-0000-000000000000", customer).status, 404);
    EXPECT_EQ(server.get("/api/v1/things/%30%300000000-0000-0000-0000-000000000001", customer).status, 400);
    EXPECT_EQ(server.get("/api/v1/things/%30%30000000-0000-0000-0000-000000000001", customer).status, 200);
}

TEST_F(Routing, a_malformed_address_is_400)
{
    for (const std::string target : {"/api/v1/things?limit=%zz", "/api/%", "/api/%4", "/%ff", "/api/%00", "api"})
        EXPECT_EQ(server.get(target, customer).status, 400) << target;
}

TEST_F(Routing, an_unknown_path_is_404_and_an_unknown_method_405_with_allow)
{
    EXPECT_EQ(server.get("/api/v1/nothing").status, 404);
    EXPECT_EQ(server.get("/api/v1/things/").status, 404);
    const Answer answer = server.ask("PATCH", "/api/v1/things", customer);
    EXPECT_EQ(answer.status, 405);
    EXPECT_EQ(answer.header("Allow"), "GET, HEAD, POST, OPTIONS");
    EXPECT_EQ(problem_of(answer).at("type").as_string(), "/problems/method-not-allowed");
    EXPECT_EQ(server.ask("BREW", "/api/v1/things").status, 405);
}

TEST_F(Routing, head_is_get_without_its_body)
{
    const Answer get = server.get("/api/v1/things", customer);
    Client client = server.connect();
    const Answer head = client.ask(request("HEAD", "/api/v1/things", server.port(), customer));
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.header("Content-Length"), std::to_string(get.body.size()));
    EXPECT_EQ(client.ask(request("GET", "/api/v1/things", server.port(), customer)).body, get.body);
}

TEST_F(Routing, options_says_what_a_path_answers)
{
    const Answer answer = server.ask("OPTIONS", "/api/v1/things/{id}");
    EXPECT_EQ(answer.status, 204);
    EXPECT_EQ(answer.header("Allow"), "GET, HEAD, DELETE, OPTIONS");
    EXPECT_EQ(server.ask("OPTIONS", "*").status, 204);
}

TEST_F(Routing, who_has_not_signed_in_gets_401_and_who_may_not_403)
{
    const Answer nobody = server.get("/api/v1/things");
    EXPECT_EQ(nobody.status, 401);
    EXPECT_TRUE(nobody.header("WWW-Authenticate").starts_with("Bearer"));
    EXPECT_EQ(server.get("/api/v1/things", {"Authorization: Bearer unknown"}).status, 401);
    EXPECT_EQ(
        server.ask("DELETE", "/api/v1/things/00000000-0000-0000-0000-000000000001", {"Authorization: Bearer staff"})
            .status,
        403);
    EXPECT_EQ(server.ask("DELETE", "/api/v1/things/00000000-0000-0000-0000-000000000001", admin).status, 204);
}

TEST_F(Routing, a_refusal_has_its_status)
{
    EXPECT_EQ(server.post("/api/v1/things", R"({"name":"ghost","colour":"red"})", customer).status, 409);
}

TEST_F(Routing, failures_become_problems_that_give_nothing_away)
{
    const Answer broken = server.get("/api/v1/broken");
    EXPECT_EQ(broken.status, 500);
    EXPECT_EQ(broken.body.find("secret"), std::string::npos);
    EXPECT_EQ(problem_of(broken).at("instance").as_string(), broken.header("X-Request-Id"));
    EXPECT_EQ(server.get("/api/v1/taken").status, 409);
    for (const std::string path : {"/api/v1/database-down", "/api/v1/fate-unknown", "/api/v1/busy"}) {
        const Answer answer = server.get(path);
        EXPECT_EQ(answer.status, 503) << path;
        EXPECT_FALSE(answer.header("Retry-After").empty()) << path;
        EXPECT_EQ(answer.body.find("secret"), std::string::npos);
    }
    EXPECT_NE(server.get("/api/v1/fate-unknown").body.find("Idempotency-Key"), std::string::npos);
}

TEST_F(Routing, a_database_that_is_down_while_signing_in_is_503_and_not_401)
{
    EXPECT_EQ(server.get("/api/v1/things", {"Authorization: Bearer broken"}).status, 503);
}

TEST_F(Routing, every_answer_has_a_request_id_and_the_security_headers)
{
    for (const std::string path : {"/api/v1/seen", "/api/v1/nothing", "/"}) {
        const Answer answer = server.get(path);
        EXPECT_EQ(answer.header("X-Request-Id").size(), 36u);
        EXPECT_EQ(answer.header("X-Content-Type-Options"), "nosniff");
        EXPECT_NE(answer.header("Content-Security-Policy").find("frame-ancestors 'none'"), std::string::npos);
        EXPECT_EQ(answer.header("Content-Security-Policy").find("unsafe"), std::string::npos);
        EXPECT_EQ(answer.header("Cross-Origin-Opener-Policy"), "same-origin");
        EXPECT_EQ(answer.header("Strict-Transport-Security"), "");
        EXPECT_EQ(answer.header("Date").substr(answer.header("Date").size() - 4), " GMT");
    }
}

TEST(PublicHttps, is_promised_to_browsers_for_a_year)
{
    ThingRoutes things;
    RunningServer server(things.routes(), {}, {.public_url = PublicUrl::parse("https://crm.example.test")});
    EXPECT_EQ(server.get("/api/v1/seen").header("Strict-Transport-Security"), "max-age=31536000");
}

TEST_F(Routing, more_calls_than_a_route_allows_are_429_until_time_has_passed)
{
    for (int call = 0; call < 3; ++call) EXPECT_EQ(server.get("/api/v1/rare").status, 204);
    const Answer refused = server.get("/api/v1/rare");
    EXPECT_EQ(refused.status, 429);
    EXPECT_EQ(refused.header("Retry-After"), "20");
    EXPECT_EQ(refused.header("RateLimit-Policy"), "\"route\";q=3;w=60");
    EXPECT_EQ(server.get("/api/v1/rare", customer).status, 204) << "somebody else has a bucket of his own";
    server.advance(std::chrono::seconds(20));
    EXPECT_EQ(server.get("/api/v1/rare").status, 204);
    EXPECT_EQ(server.get("/api/v1/rare").status, 429);
}

TEST_F(Routing, an_idempotency_key_has_visible_characters)
{
    const std::string body = R"({"name":"lamp","colour":"red"})";
    const auto with_key = [&](const std::string& key) {
        return server.post("/api/v1/things", body, {"Authorization: Bearer customer", "Idempotency-Key: " + key})
            .status;
    };
    EXPECT_EQ(with_key("a b"), 400);
    EXPECT_EQ(with_key("\xc3\xa4"), 400);
    EXPECT_EQ(with_key(std::string(256, 'k')), 400);
    EXPECT_EQ(with_key(std::string(255, 'k')), 201);
}

TEST(RouteTable, refuses_two_rows_for_the_same_method_and_shape)
{
    ThingRoutes things;
    auto rows = things.routes();
    rows.push_back(rows[2]);
    rows.back().path = "/api/v1/things/{thing_id}";
    EXPECT_THROW(RouteTable{rows}, std::logic_error);
}

TEST(RouteTable, prefers_the_literal_segment_and_keeps_each_rows_own_names)
{
    ThingRoutes things;
    auto rows = things.routes();
    rows.push_back(rows[0]);
    rows.back().path = "/api/v1/things/fresh";
    rows.push_back(rows[1]);
    rows.back().path = "/api/v1/things/{thing_id}";
    const RouteTable table(rows);
    EXPECT_EQ(table.find(*parse_target("/api/v1/things/fresh"), Method::get).route->path, "/api/v1/things/fresh");
    const auto post = table.find(*parse_target("/api/v1/things/17"), Method::post);
    EXPECT_EQ(post.path.at(0), (std::pair<std::string, std::string>("thing_id", "17")));
}

} // namespace trunkline::http::testing
