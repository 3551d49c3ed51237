// SPDX-License-Identifier: MIT
#include <support/postgres_bench.hpp>
#include <support/postgres_server.hpp>

#include <trunkline/db/testing/fault_proxy.hpp>

#include <gtest/gtest.h>

namespace trunkline::db::testing {
namespace {

using namespace std::chrono_literals;

/// Two hosts of one URL, which lead to one server as long as nothing is done to them.
class Hosts : public ::testing::Test {
protected:
    std::string url(const std::string& more = "", const std::string& user = "postgres") const
    {
        return "postgresql://" + user + "@" + at(first.port()) + "," + at(second.port()) +
               "/postgres?gssencmode=disable" + more;
    }
    static std::string at(int port) { return "127.0.0.1:" + std::to_string(port); }

    FaultProxy first{PostgresServer::shared().port()};
    FaultProxy second{PostgresServer::shared().port()};
};

TEST_F(Hosts, are_tried_in_the_order_of_the_url)
{
    PostgresBench bench(url());
    const auto connection = bench.connect();
    EXPECT_EQ(first.counts().connections, 1u);
    EXPECT_EQ(second.counts().connections, 0u);
    EXPECT_EQ(connection->server(), at(first.port()));
    EXPECT_EQ(connection->role(), Role::primary);
}

TEST_F(Hosts, one_that_answers_nothing_costs_its_share_of_the_time_and_comes_last_afterwards)
{
    first.freeze();
    PostgresBench bench(url());
    const auto slowly = bench.connect(1s);
    EXPECT_EQ(slowly->server(), at(second.port()));
    const auto at_once = bench.connect(1s);
    EXPECT_EQ(at_once->server(), at(second.port()));
    EXPECT_EQ(first.counts().connections, 1u) << "nobody waits for it a second time";
}

TEST_F(Hosts, the_limit_bounds_the_whole_search)
{
    first.freeze();
    second.freeze();
    PostgresBench bench(url());
    const auto began = std::chrono::steady_clock::now();
    EXPECT_THROW(bench.connect(400ms), ConnectFailed);
    EXPECT_LT(std::chrono::steady_clock::now() - began, 10s);
    EXPECT_EQ(first.counts().connections, 1u);
    EXPECT_EQ(second.counts().connections, 1u) << "the first one left time for it";
}

TEST_F(Hosts, a_failure_says_what_became_of_each)
{
    first.refuse();
    second.refuse();
    PostgresBench bench(url());
    try {
        (void)bench.connect();
        FAIL() << "nobody was there";
    } catch (const ConnectFailed& failure) {
        const std::string message = failure.what();
        EXPECT_NE(message.find(std::to_string(first.port())), std::string::npos) << message;
        EXPECT_NE(message.find(std::to_string(second.port())), std::string::npos) << message;
        EXPECT_EQ(failure.outcome(), Outcome::not_sent);
    }
}

TEST_F(Hosts, a_user_who_is_refused_by_one_is_not_tried_at_the_next)
{
    PostgresBench bench(url("&password=wrong", "locksmith"));
    try {
        (void)bench.connect();
        FAIL() << "a wrong password is enough";
    } catch (const ConnectFailed& failure) {
        EXPECT_EQ(failure.sqlstate(), "28P01");
    }
    EXPECT_EQ(second.counts().connections, 0u);
}

TEST_F(Hosts, in_any_order_all_are_used)
{
    Options options;
    options.random_hosts = true;
    PostgresBench bench(url(), options);
    for (int i = 0; i < 40 && (first.counts().connections == 0 || second.counts().connections == 0); ++i)
        (void)bench.connect();
    EXPECT_GT(first.counts().connections, 0u);
    EXPECT_GT(second.counts().connections, 0u);
}

TEST_F(Hosts, who_wants_a_standby_finds_none_and_who_only_prefers_one_takes_a_primary)
{
    PostgresBench strict(url("&target_session_attrs=standby"));
    EXPECT_THROW(strict.connect(), ConnectFailed);
    EXPECT_EQ(first.counts().connections, 1u);
    EXPECT_EQ(second.counts().connections, 1u);
    EXPECT_FALSE(strict.driver().takes_writes());
    PostgresBench lenient(url("&target_session_attrs=prefer-standby"));
    EXPECT_EQ(lenient.connect()->role(), Role::primary);
}

} // namespace
} // namespace trunkline::db::testing
