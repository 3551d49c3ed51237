// SPDX-License-Identifier: MIT
#include "support/routes.hpp"
#include "support/running_server.hpp"

#include <http/event_stream.hpp>
#include <trunkline/db/task.hpp>

#include <boost/asio/co_spawn.hpp>
#include <gtest/gtest.h>

namespace trunkline::http::testing {

using namespace std::chrono_literals;

namespace {

struct EventStreamTest : ::testing::Test {
    ThingRoutes things;
    RunningServer server{things.routes()};

    Client open(std::string_view target)
    {
        Client client = server.connect();
        client.send(request("GET", target, server.port()));
        return client;
    }
    bool ended(int streams)
    {
        return server.eventually(
            [&](Server& running) { return things.streams_ended == streams && running.streams() == 0; });
    }
};

} // namespace

TEST_F(EventStreamTest, sends_events_and_ends_properly)
{
    Client client = open("/api/v1/short-stream");
    const Answer head = client.read_answer();
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.header("Content-Type"), "text/event-stream");
    EXPECT_EQ(head.header("Cache-Control"), "no-cache, no-transform");
    EXPECT_EQ(head.header("X-Accel-Buffering"), "no");
    EXPECT_EQ(client.read_all(), "d\r\nretry: 2000\n\n\r\n"
                                 "22\r\nid: a-1\nevent: one\ndata: {\"n\":1}\n\n\r\n"
                                 "26\r\nevent: two\ndata: line 1\ndata: line 2\n\n\r\n"
                                 "0\r\n\r\n");
}

TEST_F(EventStreamTest, the_first_bytes_come_at_once)
{
    Client client = open("/api/v1/events");
    EXPECT_NE(client.read_until("retry: 2000\n\n").find("HTTP/1.1 200"), std::string::npos);
    EXPECT_NE(client.read_until("event: hello\ndata: {}\n\n").find("id: 1\n"), std::string::npos);
}

TEST_F(EventStreamTest, a_quiet_stream_has_a_comment_every_15_seconds)
{
    Client client = open("/api/v1/events");
    client.read_until("event: hello\ndata: {}\n\n\r\n");
    for (int beat = 0; beat < 3; ++beat) {
        server.advance(15s);
        EXPECT_EQ(client.read_until(":\n\n\r\n"), "3\r\n:\n\n\r\n");
    }
}

TEST_F(EventStreamTest, a_client_that_leaves_cancels_the_body)
{
    Client client = open("/api/v1/events");
    client.read_until("hello");
    client.close();
    EXPECT_TRUE(ended(1));
}

TEST_F(EventStreamTest, a_client_that_resets_the_connection_cancels_the_body)
{
    Client client = open("/api/v1/events");
    client.read_until("hello");
    client.reset_on_close();
    client.close();
    EXPECT_TRUE(ended(1));
}

TEST_F(EventStreamTest, a_client_that_talks_is_not_listened_to)
{
    Client client = open("/api/v1/events");
    client.read_until("hello\ndata: {}\n\n\r\n");
    client.send(std::string(10'000, 'x'));
    server.advance(15s);
    client.read_until(":\n\n");
    client.close();
    EXPECT_TRUE(ended(1));
}

TEST_F(EventStreamTest, a_client_that_takes_nothing_is_dropped_after_its_time)
{
    Client client = open("/api/v1/flood");
    client.read_until("flood");
    ASSERT_TRUE(server.eventually([](Server& running) { return running.streams() == 1; }));
    // The kernel's buffers fill, and then the writer waits: nothing more comes through while time passes.
    bool dropped = false;
    for (int minute = 0; minute < 1000 && !dropped; ++minute) {
        server.advance(61s);
        server.on_server([&](Server& running) { dropped = running.streams() == 0; });
    }
    EXPECT_TRUE(dropped);
}

TEST_F(EventStreamTest, stopping_the_server_ends_streams_properly)
{
    Client client = open("/api/v1/events");
    client.read_until("event: hello\ndata: {}\n\n\r\n");
    server.stop();
    EXPECT_EQ(client.read_all(), "0\r\n\r\n");
    EXPECT_TRUE(server.stopped());
    EXPECT_EQ(things.streams_ended, 1);
}

TEST_F(EventStreamTest, head_of_a_stream_opens_none)
{
    Client client = server.connect();
    EXPECT_EQ(client.ask(request("HEAD", "/api/v1/events", server.port())).status, 200);
    EXPECT_TRUE(
        server.eventually([](Server& running) { return running.connections() <= 1 && running.streams() == 0; }));
    EXPECT_EQ(things.streams_ended, 0);
}

TEST_F(EventStreamTest, a_stream_does_not_start_in_a_task_that_holds_a_connection)
{
    asio::io_context io;
    ManualClock clock{Time{}};
    const auto task = db::with_task(io.get_executor(), "greedy");
    db::task_of(task)->hold(std::source_location::current());
    asio::ip::tcp::socket socket(io);
    EventSocket writer(socket, clock, {15s, 60s});
    std::exception_ptr failure;
    asio::co_spawn(task, writer.run(EventStream{}), [&](std::exception_ptr ended) { failure = ended; });
    io.run();
    EXPECT_THROW(std::rethrow_exception(failure), db::UsageError);
}

TEST_F(EventStreamTest, two_hundred_streams_are_open_at_once)
{
    std::vector<Client> clients;
    for (int n = 0; n < 200; ++n) clients.push_back(open("/api/v1/events"));
    for (Client& client : clients) client.read_until("hello");
    EXPECT_TRUE(server.eventually([](Server& running) { return running.streams() == 200; }));
    EXPECT_EQ(server.get("/api/v1/seen").status, 200);
    clients.clear();
    EXPECT_TRUE(ended(200));
}

} // namespace trunkline::http::testing
