// SPDX-License-Identifier: MIT
#include "support/routes.hpp"
#include "support/running_server.hpp"

#include <gtest/gtest.h>

#include <random>

namespace trunkline::http::testing {

namespace {

using Random = std::mt19937;

std::size_t below(Random& random, std::size_t limit) { return random() % limit; }

std::string random_bytes(Random& random, std::size_t size_max)
{
    std::string bytes(below(random, size_max), '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    return bytes;
}

/// A good request, damaged in one to five places: a byte changed, some taken out, some put in.
std::string damaged(Random& random, std::string text)
{
    for (std::size_t times = 1 + below(random, 5); times > 0; --times) {
        const std::size_t at = below(random, text.size());
        switch (random() % 3) {
        case 0: text[at] = static_cast<char>(random()); break;
        case 1: text.erase(at, 1 + below(random, 8)); break;
        default: text.insert(at, random_bytes(random, 12));
        }
        if (text.empty()) text = "G";
    }
    return text;
}

std::string random_request(Random& random, std::uint16_t port)
{
    static const std::vector<std::string> targets{"/", "/api/v1/things?limit=3&colour=red", "/api/v1/small",
                                                  "/api/v1/seen", "/api/v1/short-stream"};
    static const std::vector<std::string> methods{"GET", "POST", "HEAD", "OPTIONS", "PUT"};
    const std::string good =
        request(methods[below(random, methods.size())], targets[below(random, targets.size())], port,
                {"Content-Type: application/json", "Authorization: Bearer customer", "Accept-Encoding: gzip"},
                R"({"name":"lamp","colour":"red"})");
    switch (random() % 4) {
    case 0: return random_bytes(random, 2000);
    case 1: return good + random_bytes(random, 300);
    default: return damaged(random, good);
    }
}

} // namespace

TEST(RandomBytes, two_thousand_times_never_hang_or_break_the_server)
{
    ThingRoutes things;
    RunningServer server(things.routes());
    Random random(20261121);
    int answered = 0;
    for (int n = 0; n < 2000; ++n) {
        SCOPED_TRACE(n);
        Client client = server.connect();
        const std::string bytes = random_request(random, server.port());
        client.try_send(bytes);
        client.finish_sending();
        const std::string answer = client.read_all(); // throws when the server keeps it waiting
        answered += answer.starts_with("HTTP/1.1 ");
        EXPECT_TRUE(answer.empty() || answer.starts_with("HTTP/1.1 ")) << answer.substr(0, 80);
    }
    EXPECT_GT(answered, 1000);
    EXPECT_EQ(server.get("/api/v1/seen").status, 200);
    EXPECT_TRUE(server.eventually([](Server& running) { return running.connections() == 0; }));
}

} // namespace trunkline::http::testing
