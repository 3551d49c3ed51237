// SPDX-License-Identifier: MIT
// Promise 4 on MariaDB: what is stopped stops there too, and a KILL never hits anybody else.
#include <support/cancel_storm.hpp>
#include <support/run.hpp>

#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

namespace trunkline::db {
namespace {

using testing::CancelStorm;
using testing::MariadbServer;

constexpr std::chrono::seconds storm_max{120};
constexpr std::size_t max_size = 6;

Options options_for(const MariadbServer& server)
{
    Options options = Options::parse(server.url("storm"));
    options.application_name = "cancels";
    options.min_size = 1;
    options.max_size = max_size;
    return options;
}

TEST(MysqlCancels, of_four_thousand_none_hits_a_later_query_and_the_pool_never_has_more_connections_than_max_size)
{
    const MariadbServer server(MariadbServer::Has::performance_schema);
    asio::io_context io{1};
    Pool pool(io.get_executor(), options_for(server));
    CancelStorm::prepare(server, "storm");
    CancelStorm storm(pool, {.tries = 4'000, .stoppers = 12, .bystanders = 8, .seed = 21});
    const testing::ConnectionWatch watch(server, "cancels"), stops(server, "trunkline-stop");
    testing::run(io, storm.run(), storm_max);
    testing::expect_calm_after(storm.tally());
    EXPECT_GT(watch.looks(), 0);
    EXPECT_GT(watch.most(), 0);
    EXPECT_LE(watch.most(), static_cast<int>(max_size));
    EXPECT_LE(stops.most(), static_cast<int>(max_size)) << "one for each connection at most";
    EXPECT_EQ(pool.stats().in_use, 0u);
    EXPECT_EQ(pool.stats().waiting, 0u);
    EXPECT_EQ(pool.stats().broken, 0u);
}

} // namespace
} // namespace trunkline::db
