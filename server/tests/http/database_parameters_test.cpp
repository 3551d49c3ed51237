// SPDX-License-Identifier: MIT
// A route that takes DatabaseParameters, as its database saw it.
#include "support/routes.hpp"

#include <http/call_builder.hpp>
#include <http/openapi.hpp>
#include <support/postgres_server.hpp>
#include <support/run.hpp>
#include <trunkline/db/pool.hpp>
#include <trunkline/db/testing/fault_proxy.hpp>

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

namespace trunkline::http::testing {

namespace {

using db::testing::FaultProxy;
using db::testing::PostgresServer;

struct Sum {
    std::int64_t plain = 0, bound = 0;
};
BOOST_DESCRIBE_STRUCT(Sum, (), (plain, bound))

/// Asks its database twice: once without a parameter, and once with the limit that the request gave.
class SumRoutes {
public:
    explicit SumRoutes(db::Pool& pool) : pool_(pool) {}

    std::vector<Route> table()
    {
        return {route(Method::get, "/api/v1/sums", "Two numbers", Access::anyone, this, &SumRoutes::sum),
                route(Method::get, "/api/v1/sums/plain", "A number", Access::anyone, this, &SumRoutes::plain)};
    }

private:
    asio::awaitable<Outcome<Sum>> sum(Call&, Params<Filter> filter, DatabaseParameters database)
    {
        auto db = database.on(pool_);
        Sum sum;
        sum.plain = co_await db.fetch_value<std::int64_t>("SELECT 1::bigint AS plain_sum");
        sum.bound = co_await db.fetch_value<std::int64_t>("SELECT $1::bigint AS bound_sum", filter->limit.value());
        co_return sum;
    }
    asio::awaitable<Outcome<Sum>> plain(Call&, DatabaseParameters database)
    {
        auto db = database.on(pool_);
        co_return Sum{co_await db.fetch_value<std::int64_t>("SELECT 1::bigint AS plain_sum"), 0};
    }

    db::Pool& pool_;
};

struct DatabaseParametersOfARequest : ::testing::Test {
    DatabaseParametersOfARequest()
    {
        db::Options options =
            db::Options::parse("postgresql://postgres@127.0.0.1:" + std::to_string(proxy.port()) + "/postgres");
        options.min_size = options.max_size = 1;
        pool.emplace(io.get_executor(), options);
        sums.emplace(*pool);
        rows = sums->table();
    }

    /// What the route answers, without a server in between.
    Response ask(std::vector<std::pair<std::string, std::string>> query, std::size_t row = 0)
    {
        RawInput raw;
        raw.query = std::move(query);
        Call call = CallBuilder().build();
        proxy.forget();
        std::optional<Response> response;
        db::testing::run(io, keep(rows[row].handle(call, raw), response));
        return std::move(*response);
    }
    static asio::awaitable<void> keep(asio::awaitable<Response> work, std::optional<Response>& response)
    {
        response.emplace(co_await std::move(work));
    }
    /// The messages that reached the database: Q is a text, P a statement that is parsed, B one that is bound.
    std::string sent() const
    {
        std::string letters;
        for (const auto& message : proxy.said())
            if (message.from == db::testing::From::client) letters += message.type;
        return letters;
    }
    std::int64_t named()
    {
        auto careful = pool->with({});
        std::optional<std::int64_t> count;
        db::testing::run(io, keep_number(careful.fetch_value<std::int64_t>(
                                             "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%_sum%'"
                                             " AND statement NOT LIKE '%pg_prepared%'"),
                                         count));
        return *count;
    }
    static asio::awaitable<void> keep_number(asio::awaitable<std::int64_t> work, std::optional<std::int64_t>& number)
    {
        number.emplace(co_await std::move(work));
    }
    static std::set<std::string> wrong_fields(const Response& response)
    {
        EXPECT_EQ(response.status, 400);
        EXPECT_EQ(response.content_type, "application/problem+json");
        std::set<std::string> pointers;
        const auto document = json::parse(response.body);
        for (const auto& error : document.at("errors").as_array())
            pointers.insert(std::string(error.at("pointer").as_string()));
        return pointers;
    }

    FaultProxy proxy{PostgresServer::shared().port()};
    asio::io_context io{1};
    std::optional<db::Pool> pool;
    std::optional<SumRoutes> sums;
    std::vector<Route> rows;
};

} // namespace

TEST_F(DatabaseParametersOfARequest, by_default_they_are_true_true_and_zero)
{
    EXPECT_EQ(DatabaseParameters{}.options(), (db::StatementOptions{true, true, 0}));
    EXPECT_EQ(ask({{"limit", "7"}}).body, R"({"plain":1,"bound":7})");
    (void)ask({{"limit", "7"}}); // now the connection is there
    EXPECT_EQ(sent(), "QPBDES");
    EXPECT_EQ(named(), 0);
}

TEST_F(DatabaseParametersOfARequest, change_how_the_statements_of_that_request_run_and_of_no_other)
{
    (void)ask({});
    EXPECT_EQ(ask({{"raw_sql", "false"}}).status, 200);
    EXPECT_EQ(sent(), "PBDESPBDES");
    EXPECT_EQ(named(), 0);
    EXPECT_EQ(ask({{"raw_sql", "false"}, {"no_prepare", "false"}, {"statement_cache_size", "20"}}).status, 200);
    EXPECT_EQ(named(), 2);
    EXPECT_EQ(ask({{"raw_sql", "false"}, {"no_prepare", "false"}, {"statement_cache_size", "20"}}).status, 200);
    EXPECT_EQ(sent(), "BDESBDES") << "both were there by name";
    EXPECT_EQ(ask({}).status, 200);
    EXPECT_EQ(sent(), "QPBDES");
}

TEST_F(DatabaseParametersOfARequest, each_of_the_two_that_forbid_names_forbids_them_alone)
{
    (void)ask({{"raw_sql", "false"}, {"no_prepare", "true"}, {"statement_cache_size", "20"}});
    (void)ask({{"raw_sql", "false"}, {"no_prepare", "false"}, {"statement_cache_size", "0"}});
    EXPECT_EQ(named(), 0);
}

TEST_F(DatabaseParametersOfARequest, are_strict_and_each_mistake_is_named)
{
    for (const char* value : {"yes", "1", "TRUE", "True", "", "on", " true"}) {
        EXPECT_EQ(wrong_fields(ask({{"raw_sql", value}})), std::set<std::string>{"/raw_sql"}) << value;
        EXPECT_EQ(wrong_fields(ask({{"no_prepare", value}})), std::set<std::string>{"/no_prepare"}) << value;
    }
    for (const char* value : {"-1", "1.5", "many", "", "+1", "1000001", "99999999999999999999"})
        EXPECT_EQ(wrong_fields(ask({{"statement_cache_size", value}})), std::set<std::string>{"/statement_cache_size"})
            << value;
    EXPECT_EQ(wrong_fields(ask({{"raw_sql", "no"}, {"limit", "0"}, {"statement_cache_size", "-1"}})),
              (std::set<std::string>{"/raw_sql", "/limit", "/statement_cache_size"}));
    EXPECT_EQ(wrong_fields(ask({{"raw_sql", "true"}, {"raw_sql", "true"}})), std::set<std::string>{"/raw_sql"});
    EXPECT_EQ(sent(), "") << "a request that is refused asks the database nothing";
}

TEST_F(DatabaseParametersOfARequest, a_misspelled_one_is_refused_with_the_right_one_whatever_else_the_route_takes)
{
    for (const std::size_t row : {0, 1}) {
        for (const char* name : {"raw_sq", "noprepare", "statement_cach_size"}) {
            const Response response = ask({{name, "true"}}, row);
            EXPECT_EQ(wrong_fields(response), std::set<std::string>{std::string("/") + name});
            EXPECT_NE(response.body.find("did you mean"), std::string::npos) << response.body;
        }
        EXPECT_EQ(wrong_fields(ask({{"colours", "red"}}, row)), std::set<std::string>{"/colours"});
    }
    EXPECT_EQ(ask({{"raw_sql", "true"}}, 1).status, 200);
    EXPECT_EQ(wrong_fields(ask({{"limit", "7"}}, 1)), std::set<std::string>{"/limit"}) << "it takes no others";
}

TEST_F(DatabaseParametersOfARequest, are_in_the_document_with_their_defaults)
{
    const json::value document = openapi_document(rows, "0.1.0");
    const auto& parameters = document.at("paths").at("/api/v1/sums").at("get").at("parameters").as_array();
    ASSERT_EQ(parameters.size(), 6u);
    std::map<std::string, json::value> schemas;
    for (const auto& parameter : parameters) {
        EXPECT_EQ(parameter.at("in").as_string(), "query");
        EXPECT_FALSE(parameter.at("required").as_bool());
        schemas[std::string(parameter.at("name").as_string())] = parameter.at("schema");
    }
    EXPECT_EQ(schemas.at("raw_sql"), (json::value{{"type", "boolean"}, {"default", true}}));
    EXPECT_EQ(schemas.at("no_prepare"), (json::value{{"type", "boolean"}, {"default", true}}));
    EXPECT_EQ(schemas.at("statement_cache_size").at("default").as_int64(), 0);
    EXPECT_EQ(schemas.at("statement_cache_size").at("minimum").as_int64(), 0);
    EXPECT_FALSE(parameters[3].at("description").as_string().empty());
}

} // namespace trunkline::http::testing
