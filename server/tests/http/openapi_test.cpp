// SPDX-License-Identifier: MIT
#include "support/routes.hpp"
#include "support/running_server.hpp"

#include <http/openapi.hpp>

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace trunkline::http::testing {

namespace {

struct OpenApi : ::testing::Test {
    ThingRoutes things;
    Documentation documentation{things.routes(), "0.1.0"};

    std::vector<Route> all()
    {
        auto rows = things.routes();
        for (Route& row : documentation.routes()) rows.push_back(std::move(row));
        return rows;
    }
    RunningServer server{all()};
    json::value document = json::parse(server.get("/api/v1/openapi.json").body);

    const json::object& operation(std::string_view path, std::string_view method)
    {
        return document.at("paths").at(path).at(method).as_object();
    }
    static std::set<std::string> statuses(const json::object& operation)
    {
        std::set<std::string> all;
        for (const auto& answer : operation.at("responses").as_object()) all.insert(std::string(answer.key()));
        return all;
    }
};

} // namespace

TEST_F(OpenApi, names_every_route_of_the_api_and_no_page)
{
    std::size_t operations = 0;
    for (const auto& path : document.at("paths").as_object()) operations += path.value().as_object().size();
    EXPECT_EQ(operations, things.routes().size() + 1);
    EXPECT_FALSE(document.at("paths").as_object().contains("/docs"));
}

TEST_F(OpenApi, says_what_a_route_takes_and_answers)
{
    const json::object& create = operation("/api/v1/things", "post");
    EXPECT_EQ(create.at("tags").at(0).as_string(), "things");
    EXPECT_EQ(create.at("requestBody").at("content").at("application/json").at("schema").at("$ref").as_string(),
              "#/components/schemas/NewThing");
    EXPECT_EQ(create.at("parameters").at(0).at("name").as_string(), "Idempotency-Key");
    EXPECT_EQ(create.at("responses").at("201").at("content").at("application/json").at("schema").at("$ref").as_string(),
              "#/components/schemas/Thing");
    EXPECT_EQ(statuses(create),
              (std::set<std::string>{"201", "400", "401", "403", "409", "413", "415", "429", "500", "503"}));
    EXPECT_EQ(statuses(operation("/api/v1/things/{id}", "get")),
              (std::set<std::string>{"200", "400", "401", "404", "429", "500", "503"}));
    EXPECT_EQ(operation("/api/v1/things", "get").at("parameters").as_array().size(), 3u);
}

TEST_F(OpenApi, says_who_may_call)
{
    EXPECT_EQ(operation("/api/v1/seen", "get").at("security").as_array().size(), 0u);
    EXPECT_EQ(operation("/api/v1/things", "get").at("security"), json::parse(R"([{"cookie":[]},{"bearer":[]}])"));
    EXPECT_EQ(operation("/api/v1/things/{id}", "delete").at("x-access").as_string(), "admin");
}

TEST_F(OpenApi, the_page_shows_every_operation_without_script)
{
    const Answer page = server.get("/docs");
    EXPECT_EQ(page.header("Content-Type"), "text/html; charset=utf-8");
    EXPECT_EQ(page.body.find("<script"), std::string::npos);
    EXPECT_EQ(page.body.find("style="), std::string::npos);
    EXPECT_NE(page.body.find("/api/v1/things/{id}"), std::string::npos);
    EXPECT_NE(page.body.find("id=\"schema-NewThing\""), std::string::npos);
    EXPECT_EQ(server.get("/docs/docs.css").header("Content-Type"), "text/css; charset=utf-8");
}

TEST_F(OpenApi, is_valid_to_a_public_validator)
{
    const char* tools = std::getenv("TRUNKLINE_OPENAPI_TOOLS"); // the folder tools/openapi, after npm ci
    if (!tools) GTEST_SKIP() << "TRUNKLINE_OPENAPI_TOOLS does not name tools/openapi";
    const std::string file = ::testing::TempDir() + "trunkline-openapi-test.json";
    std::ofstream(file) << serialize(document);
    EXPECT_EQ(std::system(("node '" + std::string(tools) + "/validate.mjs' '" + file + "'").c_str()), 0);
}

} // namespace trunkline::http::testing
