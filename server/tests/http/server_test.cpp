// SPDX-License-Identifier: MIT
#include "support/routes.hpp"
#include "support/running_server.hpp"

#include <gtest/gtest.h>

namespace trunkline::http::testing {

using namespace std::chrono_literals;

namespace {

struct ServerTest : ::testing::Test {
    ThingRoutes things;
    RunningServer server{things.routes()};

    std::string get(std::string_view target) const { return request("GET", target, server.port()); }
};

} // namespace

TEST_F(ServerTest, keeps_a_connection_for_many_requests)
{
    Client client = server.connect();
    for (int n = 0; n < 50; ++n) EXPECT_EQ(client.ask(get("/api/v1/seen?limit=" + std::to_string(n + 1))).status, 200);
}

TEST_F(ServerTest, answers_pipelined_requests_in_their_order)
{
    Client client = server.connect();
    std::string all;
    for (int n = 1; n <= 100; ++n) all += get("/api/v1/seen?limit=" + std::to_string(n));
    client.send(all);
    for (int n = 1; n <= 100; ++n)
        EXPECT_NE(client.read_answer().body.find("\"limit\":" + std::to_string(n) + "}"), std::string::npos);
}

TEST_F(ServerTest, closes_when_the_client_asks_for_it)
{
    Client client = server.connect();
    const Answer answer = client.ask(request("GET", "/api/v1/seen", server.port(), {"Connection: close"}));
    EXPECT_EQ(answer.header("Connection"), "close");
    EXPECT_TRUE(client.closed());
}

TEST_F(ServerTest, speaks_http_1_1_only)
{
    Client client = server.connect();
    EXPECT_EQ(client.ask("GET / HTTP/1.0\r\n\r\n").status, 505);
    Client rubbish = server.connect();
    const Answer answer = rubbish.ask("\x16\x03\x01 this is no http\r\n\r\n");
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(answer.header("Content-Type"), "application/problem+json");
    EXPECT_TRUE(rubbish.closed());
}

TEST_F(ServerTest, refuses_a_head_that_is_too_large)
{
    Client client = server.connect();
    const std::string big(17 * 1024, 'a');
    const Answer answer = client.ask(request("GET", "/", server.port(), {"X-Big: " + big}));
    EXPECT_EQ(answer.status, 431);
    EXPECT_TRUE(client.closed());
    Client just_fits = server.connect();
    EXPECT_EQ(
        just_fits.ask(request("GET", "/api/v1/seen", server.port(), {"X-Big: " + big.substr(0, 15 * 1024)})).status,
        200);
}

TEST_F(ServerTest, refuses_a_body_that_is_too_large_before_it_is_sent)
{
    Client client = server.connect();
    client.send("POST /api/v1/small HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
                "\r\nContent-Type: application/json\r\nContent-Length: 101\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(client.read_answer().status, 413);
}

TEST_F(ServerTest, refuses_a_chunked_body_when_it_grows_too_large)
{
    Client client = server.connect();
    client.send("POST /api/v1/small HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
                "\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
    const std::string piece = "32\r\n" + std::string(50, ' ') + "\r\n";
    client.send(piece + piece + piece);
    EXPECT_EQ(client.read_answer().status, 413);
}

TEST_F(ServerTest, reads_a_chunked_body)
{
    Client client = server.connect();
    client.send("POST /api/v1/small HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
                "\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
                "10\r\n{\"name\": \"lamp\",\r\n11\r\n\"colour\": \"red\" }\r\n0\r\n\r\n");
    EXPECT_EQ(client.read_answer().status, 201);
    EXPECT_EQ(client.ask(get("/api/v1/seen")).status, 200) << "and the connection goes on";
}

TEST_F(ServerTest, asks_for_the_body_of_who_waits_for_that)
{
    Client client = server.connect();
    client.send("POST /api/v1/small HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
                "\r\nContent-Type: application/json\r\nContent-Length: 30\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(client.read_answer().status, 100);
    client.send(R"({"name":"lamp","colour":"red"})");
    EXPECT_EQ(client.read_answer().status, 201);
}

TEST_F(ServerTest, does_not_ask_for_a_body_that_it_refuses_anyway)
{
    Client client = server.connect();
    client.send("POST /api/v1/small HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
                "\r\nContent-Type: text/plain\r\nContent-Length: 30\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(client.read_answer().status, 415);
    EXPECT_TRUE(client.closed());
}

TEST_F(ServerTest, refuses_two_lengths_for_one_body)
{
    Client client = server.connect();
    const Answer answer = client.ask(
        "POST /api/v1/small HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    EXPECT_EQ(answer.status, 400);
    EXPECT_TRUE(client.closed());
}

TEST_F(ServerTest, a_refused_request_with_a_large_body_still_gets_its_answer)
{
    Client client = server.connect();
    client.send("POST /api/v1/nothing HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
                "\r\nContent-Length: 300000\r\n\r\n");
    EXPECT_TRUE(client.try_send(std::string(300'000, 'x')));
    EXPECT_EQ(client.read_answer().status, 404);
}

TEST_F(ServerTest, a_slow_head_is_told_so_and_dropped)
{
    Client client = server.connect();
    client.send("GET /api/v1/seen HT");
    ASSERT_TRUE(server.eventually([](Server& running) { return running.connections() == 1; }));
    server.advance(5s);
    client.send("TP/1.1\r\n");
    server.advance(6s);
    EXPECT_EQ(client.read_answer().status, 408);
    EXPECT_TRUE(client.closed());
}

TEST_F(ServerTest, a_slow_body_is_told_so_and_dropped)
{
    Client client = server.connect();
    client.send("POST /api/v1/small HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
                "\r\nContent-Type: application/json\r\nContent-Length: 30\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(client.read_answer().status, 100);
    client.send("{");
    server.advance(61s);
    EXPECT_EQ(client.read_answer().status, 408);
    EXPECT_TRUE(client.closed());
}

TEST_F(ServerTest, an_idle_connection_is_closed_after_its_time)
{
    Client client = server.connect();
    EXPECT_EQ(client.ask(get("/api/v1/seen")).status, 200);
    server.advance(70s);
    EXPECT_EQ(client.ask(get("/api/v1/seen")).status, 200);
    server.advance(76s);
    EXPECT_TRUE(client.closed());
}

TEST_F(ServerTest, a_client_that_sends_nothing_at_all_is_closed_too)
{
    Client client = server.connect();
    ASSERT_TRUE(server.eventually([](Server& running) { return running.connections() == 1; }));
    server.advance(76s);
    EXPECT_TRUE(client.closed());
}

TEST(ServerWithFewPlaces, says_so_when_there_are_too_many_connections)
{
    ThingRoutes things;
    RunningServer server(things.routes(), {.connections_max = 2});
    Client first = server.connect(), second = server.connect();
    EXPECT_EQ(first.ask(request("GET", "/api/v1/seen", server.port())).status, 200);
    EXPECT_EQ(second.ask(request("GET", "/api/v1/seen", server.port())).status, 200);
    Client third = server.connect();
    const Answer refused = third.read_answer();
    EXPECT_EQ(refused.status, 503);
    EXPECT_FALSE(refused.header("Retry-After").empty());
    first.close();
    third.close();
    ASSERT_TRUE(server.eventually([](Server& running) { return running.connections() == 1; }));
    EXPECT_EQ(server.get("/api/v1/seen").status, 200);
}

TEST_F(ServerTest, stopping_closes_idle_connections_at_once)
{
    Client client = server.connect();
    EXPECT_EQ(client.ask(get("/api/v1/seen")).status, 200);
    server.stop();
    EXPECT_TRUE(client.closed());
    EXPECT_TRUE(server.stopped());
}

TEST_F(ServerTest, stopping_accepts_nobody_new)
{
    server.stop();
    ASSERT_TRUE(server.stopped());
    EXPECT_THROW(server.connect(), std::runtime_error);
}

TEST_F(ServerTest, stopping_waits_for_what_runs_and_cuts_it_when_its_time_is_over)
{
    Client client = server.connect();
    client.send(get("/api/v1/slow"));
    ASSERT_TRUE(server.eventually([](Server& running) { return running.connections() == 1; }));
    server.stop();
    server.advance(9s);
    EXPECT_FALSE(server.stopped(0s));
    server.advance(2s);
    EXPECT_TRUE(server.stopped());
    EXPECT_TRUE(client.closed());
}

TEST(Listening, names_the_address_that_cannot_be_had)
{
    ThingRoutes things;
    RunningServer taken(things.routes());
    asio::io_context io;
    ManualClock clock{Time{}};
    TokenAuthenticator authenticator;
    Router router({}, authenticator, clock);
    for (const std::string& text :
         {"127.0.0.1:" + std::to_string(taken.port()), std::string("nowhere"), std::string("127.0.0.1:99999")}) {
        Server server(io.get_executor(), clock, router, {.listen = {text}});
        try {
            server.listen();
            FAIL() << text;
        } catch (const std::runtime_error& error) {
            EXPECT_NE(std::string(error.what()).find(text), std::string::npos);
        }
    }
}

} // namespace trunkline::http::testing
