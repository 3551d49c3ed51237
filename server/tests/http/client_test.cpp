// SPDX-License-Identifier: MIT
#include <http/client.hpp>

#include <support/run.hpp>
#include <support/scripted_server.hpp>
#include <trunkline/db/error.hpp>
#include <trunkline/db/task.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <cstdlib>

namespace trunkline::http {

using trunkline::testing::http_answer;
using trunkline::testing::ScriptedCall;
using trunkline::testing::ScriptedServer;
using namespace std::chrono_literals;
using Kind = ClientError::Kind;

namespace {

struct OutgoingTest : ::testing::Test {
    asio::io_context io{1};
    Client client{io.get_executor()};

    void run(asio::awaitable<void> work) { db::testing::run(io, std::move(work), 20s); }

    static asio::awaitable<void> ask(Client& client, ClientRequest request, std::string& body, int& status)
    {
        auto response = co_await client.send(std::move(request));
        status = response.status();
        body = co_await response.read_rest(request_all);
    }
    static constexpr std::size_t request_all = 64 * 1024 * 1024;

    std::string body_of(ClientRequest request)
    {
        std::string body;
        int status = 0;
        run(ask(client, std::move(request), body, status));
        EXPECT_EQ(status, 200);
        return body;
    }
    std::string body_of(std::string url)
    {
        ClientRequest request;
        request.url = std::move(url);
        return body_of(std::move(request));
    }
    /// How a request fails.
    ClientError failure_of(ClientRequest request)
    {
        std::string body;
        int status = 0;
        try {
            run(ask(client, std::move(request), body, status));
        } catch (const ClientError& failure) {
            return failure;
        }
        throw std::runtime_error("it did not fail");
    }
};

ScriptedServer::Script say(std::string answer)
{
    return [answer](ScriptedCall& call) { return call.write(answer); };
}

asio::awaitable<void> fall_silent(ScriptedCall& call)
{
    co_await call.write(http_answer("first"));
    co_await call.until_closed();
}

asio::awaitable<void> say_nothing(ScriptedCall& call) { co_await call.until_closed(); }

asio::awaitable<void> break_off(ScriptedCall& call)
{
    co_await call.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this");
}

} // namespace

TEST_F(OutgoingTest, an_answer_has_status_headers_and_body)
{
    ScriptedServer server(io, say(http_answer("hello", "text/plain")));
    EXPECT_EQ(body_of(server.url("/path?q=1")), "hello");
    ASSERT_EQ(server.requests().size(), 1u);
    EXPECT_TRUE(server.requests()[0].starts_with("GET /path?q=1 HTTP/1.1\r\n")) << server.requests()[0];
}

TEST_F(OutgoingTest, a_post_sends_headers_and_body_without_asking_first)
{
    ScriptedServer server(io, say(http_answer("ok")));
    ClientRequest request{.method = "POST",
                          .url = server.url(),
                          .headers = {{"Content-Type", "application/json"}, {"X-Empty", ""}},
                          .body = std::string(3000, 'x'),
                          .limits = {}};
    EXPECT_EQ(body_of(std::move(request)), "ok");
    const std::string sent = server.requests().at(0);
    EXPECT_TRUE(sent.starts_with("POST / HTTP/1.1\r\n"));
    EXPECT_NE(sent.find("Content-Type: application/json\r\n"), std::string::npos);
    EXPECT_NE(sent.find("X-Empty:"), std::string::npos);
    EXPECT_EQ(sent.find("Expect"), std::string::npos);
    EXPECT_TRUE(sent.ends_with(std::string(3000, 'x')));
}

TEST_F(OutgoingTest, headers_are_found_in_any_case)
{
    ScriptedServer server(io, say(http_answer("{}", "application/json")));
    ClientRequest request;
    request.url = server.url();
    auto look = [](Client& client, ClientRequest request) -> asio::awaitable<void> {
        const auto response = co_await client.send(std::move(request));
        EXPECT_EQ(response.header("CONTENT-type"), "application/json");
        EXPECT_EQ(response.header("nothing"), "");
    };
    run(look(client, std::move(request)));
}

TEST_F(OutgoingTest, a_body_is_read_while_it_comes)
{
    bool may_go_on = false;
    ScriptedServer server(io, [&](ScriptedCall& call) -> asio::awaitable<void> {
        co_await call.write(http_answer("one "));
        while (!may_go_on) co_await asio::post(io, asio::use_awaitable);
        co_await call.write("two");
    });
    auto read = [&](ClientRequest request) -> asio::awaitable<void> {
        auto response = co_await client.send(std::move(request));
        std::string first = co_await response.read_some();
        EXPECT_EQ(first, "one ");
        may_go_on = true;
        const std::string rest = co_await response.read_rest(100);
        EXPECT_EQ(rest, "two");
        const std::string end = co_await response.read_some();
        EXPECT_EQ(end, "");
    };
    ClientRequest request;
    request.url = server.url();
    run(read(std::move(request)));
}

TEST_F(OutgoingTest, what_nobody_reads_stays_with_its_sender)
{
    constexpr std::size_t large = 32 * 1024 * 1024;
    std::size_t written = 0;
    ScriptedServer server(io, [&](ScriptedCall& call) -> asio::awaitable<void> {
        co_await call.write(http_answer(""));
        const std::string block(64 * 1024, 'b');
        for (; written < large; written += block.size()) co_await call.write(block);
    });
    std::size_t read = 0;
    auto slowly = [&](ClientRequest request) -> asio::awaitable<void> {
        auto response = co_await client.send(std::move(request));
        asio::steady_timer pause(io, 200ms);
        co_await pause.async_wait(asio::use_awaitable);
        EXPECT_LT(written, large / 2); // the sockets' buffers and no more
        for (std::string some = "x"; !some.empty(); read += some.size()) some = co_await response.read_some();
    };
    ClientRequest request;
    request.url = server.url();
    request.limits.body_bytes_max = 2 * large;
    run(slowly(std::move(request)));
    EXPECT_EQ(read, large);
}

TEST_F(OutgoingTest, silence_ends_at_the_idle_timeout)
{
    ScriptedServer server(io, fall_silent);
    ClientRequest request;
    request.url = server.url();
    request.limits.idle_timeout = 50ms;
    const ClientError failure = failure_of(std::move(request));
    EXPECT_EQ(failure.kind(), Kind::timed_out);
    EXPECT_STREQ(failure.what(), "127.0.0.1 sent nothing for 50 ms");
}

TEST_F(OutgoingTest, an_answer_that_never_begins_ends_too)
{
    ScriptedServer server(io, say_nothing);
    ClientRequest request;
    request.url = server.url();
    request.limits.connect_timeout = 30ms;
    request.limits.idle_timeout = 30ms;
    EXPECT_EQ(failure_of(std::move(request)).kind(), Kind::timed_out);
}

TEST_F(OutgoingTest, the_whole_answer_has_a_limit_of_time)
{
    ScriptedServer server(io, fall_silent);
    ClientRequest request;
    request.url = server.url();
    request.limits.total_timeout = 60ms;
    const ClientError failure = failure_of(std::move(request));
    EXPECT_EQ(failure.kind(), Kind::timed_out);
    EXPECT_STREQ(failure.what(), "127.0.0.1 took too long to answer");
}

TEST_F(OutgoingTest, too_large_a_body_is_refused)
{
    ScriptedServer server(io, say(http_answer(std::string(5000, 'x'))));
    ClientRequest request;
    request.url = server.url();
    request.limits.body_bytes_max = 4999;
    EXPECT_EQ(failure_of(std::move(request)).kind(), Kind::too_large);
}

TEST_F(OutgoingTest, a_connection_that_breaks_off_is_said_to_be_broken)
{
    ScriptedServer server(io, break_off);
    ClientRequest request;
    request.url = server.url();
    EXPECT_EQ(failure_of(std::move(request)).kind(), Kind::broken);
}

TEST_F(OutgoingTest, nobody_there_is_unreachable)
{
    ClientRequest request;
    request.url = "http://127.0.0.1:1/secret?key=hidden";
    const ClientError failure = failure_of(std::move(request));
    EXPECT_EQ(failure.kind(), Kind::unreachable);
    EXPECT_EQ(std::string(failure.what()).find("hidden"), std::string::npos);
}

TEST_F(OutgoingTest, only_http_and_https_are_asked)
{
    for (const char* url :
         {"file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "not a url", "http://a\r\nb/", ""}) {
        ClientRequest request;
        request.url = url;
        EXPECT_EQ(failure_of(std::move(request)).kind(), Kind::refused) << url;
    }
}

TEST_F(OutgoingTest, a_header_cannot_smuggle_another)
{
    ScriptedServer server(io, say(http_answer("")));
    for (const auto& header : {std::pair<std::string, std::string>("X", "a\r\nY: b"), {"X: y", "z"}, {"", "z"}}) {
        ClientRequest request;
        request.url = server.url();
        request.headers.push_back(header);
        EXPECT_EQ(failure_of(std::move(request)).kind(), Kind::refused);
    }
    EXPECT_TRUE(server.requests().empty());
}

TEST_F(OutgoingTest, a_redirect_is_an_answer)
{
    ScriptedServer server(io, say("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"));
    std::string body;
    int status = 0;
    ClientRequest request;
    request.url = server.url();
    run(ask(client, std::move(request), body, status));
    EXPECT_EQ(status, 302);
}

TEST_F(OutgoingTest, a_proxy_of_the_environment_is_not_used)
{
    ::setenv("http_proxy", "http://127.0.0.1:1", 1);
    ScriptedServer server(io, say(http_answer("direct")));
    EXPECT_EQ(body_of(server.url()), "direct");
    ::unsetenv("http_proxy");
}

TEST_F(OutgoingTest, giving_up_closes_the_connection)
{
    ScriptedServer server(io, fall_silent);
    auto give_up = [&](ClientRequest request) -> asio::awaitable<void> {
        auto response = co_await client.send(std::move(request));
        (void)co_await response.read_some();
    };
    ClientRequest request;
    request.url = server.url();
    run(give_up(std::move(request)));
    const auto bound = std::chrono::steady_clock::now() + 10s;
    while (server.ended() == 0 && std::chrono::steady_clock::now() < bound) {
        io.restart();
        io.run_one_until(bound);
    }
    EXPECT_EQ(server.ended(), 1u);
}

TEST_F(OutgoingTest, a_caller_can_be_cancelled)
{
    ScriptedServer server(io, say_nothing);
    ClientRequest request;
    request.url = server.url();
    std::string body;
    int status = 0;
    auto bounded = [&]() -> asio::awaitable<void> {
        asio::steady_timer soon(io, 50ms);
        const auto won =
            co_await race(ask(client, std::move(request), body, status), soon.async_wait(asio::use_awaitable));
        EXPECT_EQ(won, 1u);
    };
    run(bounded());
    EXPECT_EQ(status, 0);
}

TEST_F(OutgoingTest, two_hundred_at_once)
{
    int waiting = 0;
    ScriptedServer server(io, [&](ScriptedCall& call) -> asio::awaitable<void> {
        ++waiting;
        while (waiting < 200) co_await asio::post(io, asio::use_awaitable); // nobody is answered before all are there
        co_await call.write(http_answer("ok"));
    });
    TaskGroup all(io.get_executor());
    std::vector<std::string> bodies(200);
    std::vector<int> statuses(200);
    for (std::size_t i = 0; i < 200; ++i) {
        ClientRequest request;
        request.url = server.url();
        all.start("ask", ask(client, std::move(request), bodies[i], statuses[i]));
    }
    run(all.join());
    for (const std::string& body : bodies) EXPECT_EQ(body, "ok");
}

TEST_F(OutgoingTest, who_holds_a_connection_may_not_wait_for_others)
{
    ScriptedServer server(io, say(http_answer("")));
    auto hold = [&]() -> asio::awaitable<void> {
        const db::TaskPtr task = db::task_of(co_await asio::this_coro::executor);
        const auto held = task->hold(std::source_location::current());
        ClientRequest request;
        request.url = server.url();
        auto sending = client.send(std::move(request));
        EXPECT_THROW((void)co_await std::move(sending), db::UsageError);
        task->release(held);
    };
    run(hold());
    EXPECT_TRUE(server.requests().empty());
}

} // namespace trunkline::http
