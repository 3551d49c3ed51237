// SPDX-License-Identifier: MIT
#include "support/crm_desk.hpp"

namespace trunkline::crm::testing {

namespace {

struct ClientsByDatabaseParameters : CrmDesk {
    /// On how many connections the list of clients is kept by name.
    std::int64_t kept_by_name() { return database.run(count_names()); }
    asio::awaitable<std::int64_t> count_names()
    {
        std::int64_t found = 0;
        std::vector<db::Connection> all;
        const std::size_t open = database.pool().stats().size;
        while (all.size() < open) all.push_back(co_await database.pool().acquire());
        for (db::Connection& connection : all)
            found += co_await connection.fetch_value<std::int64_t>(
                "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%FROM clients%'"
                " AND statement NOT LIKE '%pg_prepared_statements%'");
        co_return found;
    }
};

} // namespace

TEST_P(ClientsByDatabaseParameters, the_list_is_the_same_in_every_manner)
{
    add_client("Ada");
    add_client("Grace");
    const auto names = read("/clients").texts_of_items("full_name");
    EXPECT_EQ(names.size(), 2u);
    for (const std::string manner : {"raw_sql=true&no_prepare=true&statement_cache_size=0", "raw_sql=false",
                                     "no_prepare=false&statement_cache_size=50"})
        EXPECT_EQ(read("/clients?" + manner).texts_of_items("full_name"), names) << manner;
    EXPECT_EQ(get("/clients?raw_sql=maybe").wrong_fields(), Texts{"/raw_sql"});
    EXPECT_EQ(get("/clients?limit=0&statement_cache_size=-1").wrong_fields(),
              (Texts{"/limit", "/statement_cache_size"}));
}

struct ClientsByDatabaseParametersOnPostgresql : ClientsByDatabaseParameters {};

TEST_P(ClientsByDatabaseParametersOnPostgresql, a_name_is_left_on_the_server_only_by_a_request_that_asks_for_it)
{
    (void)read("/clients");
    (void)read("/clients?no_prepare=false");
    (void)read("/clients?statement_cache_size=50");
    EXPECT_EQ(kept_by_name(), 0);
    // Making the tables has left dozens of names on the connection.
    (void)read("/clients?no_prepare=false&statement_cache_size=100");
    EXPECT_EQ(kept_by_name(), 1);
}

INSTANTIATE_TEST_SUITE_P(Engines, ClientsByDatabaseParameters,
                         ::testing::Values(db::Engine::sqlite, db::Engine::postgresql),
                         [](const auto& info) { return std::string(db::to_string(info.param)); });
INSTANTIATE_TEST_SUITE_P(Names, ClientsByDatabaseParametersOnPostgresql, ::testing::Values(db::Engine::postgresql),
                         [](const auto& info) { return std::string(db::to_string(info.param)); });

} // namespace trunkline::crm::testing
