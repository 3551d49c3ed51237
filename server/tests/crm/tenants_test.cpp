// SPDX-License-Identifier: MIT
#include <crm/support/crm_house.hpp>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <http/openapi.hpp>

namespace trunkline::crm::testing {

namespace {

using http::Method;

struct Tenants : ::testing::TestWithParam<db::Engine> {
    CrmHouse house{GetParam()};
};

} // namespace

TEST_P(Tenants, every_struct_of_the_routes_has_a_name_of_its_own)
{
    EXPECT_EQ(house.table.size(), 17u);
    EXPECT_NO_THROW((void)http::openapi_document(house.table, "1"));
}

TEST_P(Tenants, what_creates_takes_a_key)
{
    for (const http::Route& route : house.table)
        EXPECT_EQ(route.options.idempotency_key, route.method == Method::post) << route.path;
}

TEST_P(Tenants, none_reaches_what_is_anothers_by_any_route)
{
    const Uuid client = house.add_client("Ada", "ada@crm.example.test");
    const Uuid type = house.add_case_type("WP-1");
    const json::value about = json::object{{"client_id", db::to_string(client)}, {"case_type_code", "WP-1"}};
    const json::value note =
        json::object{{"client_id", db::to_string(client)}, {"interaction_type", "note"}, {"summary", "x"}};
    const Uuid one = id_of(house.post("/cases", about));
    const Uuid noted = id_of(house.post("/interactions", note));
    const Uuid talk = house.add_conversation({"I am Ada"});
    house.add_evidence(client, talk, "full_name", "Ada");
    const std::size_t audited = house.audit().size();

    house.caller = house.database.stranger;
    house.expect(404, Method::get, "/clients/{id}", {.ids = {client}});
    house.expect(404, Method::patch, "/clients/{id}", {.ids = {client}, .body = json::object{{"notes", "x"}}});
    house.expect(404, Method::del, "/clients/{id}", {.ids = {client}});
    house.expect(404, Method::get, "/clients/{id}/timeline", {.ids = {client}});
    house.expect(404, Method::get, "/clients/{id}/conversations/{conversation_id}", {.ids = {client, talk}});
    house.expect(404, Method::patch, "/case-types/{id}", {.ids = {type}, .body = json::object{{"active", false}}});
    house.expect(404, Method::get, "/cases/{id}", {.ids = {one}});
    house.expect(404, Method::patch, "/cases/{id}", {.ids = {one}, .body = json::object{{"status", "approved"}}});
    house.expect(404, Method::get, "/interactions/{id}", {.ids = {noted}});
    house.expect(404, Method::post, "/cases", {.body = about});
    house.expect(404, Method::post, "/interactions", {.body = note});
    for (const char* list : {"/clients", "/case-types", "/cases", "/interactions"})
        EXPECT_TRUE(house.get(list).at("items").as_array().empty()) << list;
    house.caller = house.database.staff;
    EXPECT_EQ(house.audit().size(), audited);
}

TEST_P(Tenants, each_has_codes_and_addresses_of_its_own)
{
    house.add_client("Ada", "ada@crm.example.test");
    house.add_case_type("WP-1");
    house.caller = house.database.stranger;
    const Uuid client = house.add_client("Ada", "ada@crm.example.test");
    house.add_case_type("WP-1");
    const json::value about = json::object{{"client_id", db::to_string(client)}, {"case_type_code", "WP-1"}};
    EXPECT_EQ(text_of(house.post("/cases", about), "created_by"), "Konrad Zuse");
}

TEST_P(Tenants, a_refusal_is_not_kept_under_its_key)
{
    const Uuid first = house.add_client("Ada", "ada@crm.example.test");
    const Ask ask{.body = json::object{{"full_name", "Ada"}, {"email", "ada@crm.example.test"}}, .key = "again"};
    house.expect(409, Method::post, "/clients", ask);
    house.patch("/clients/{id}", first, json::object{{"email", "byron@crm.example.test"}});
    house.expect(201, Method::post, "/clients", ask);
}

INSTANTIATE_TEST_SUITE_P(OnEveryEngine, Tenants, ::testing::Values(db::Engine::sqlite, db::Engine::postgresql),
                         [](const auto& info) { return std::string(db::to_string(info.param)); });

} // namespace trunkline::crm::testing
