// SPDX-License-Identifier: MIT
#include <crm/support/crm_desk.hpp>

#include <http/openapi.hpp>

namespace trunkline::crm::testing {

namespace {

struct Tenants : CrmDesk {};

} // namespace

TEST_P(Tenants, every_struct_of_the_routes_has_a_name_of_its_own)
{
    EXPECT_EQ(routes.size(), 17u);
    EXPECT_NO_THROW((void)http::openapi_document(routes, "1"));
}

TEST_P(Tenants, what_creates_takes_a_key)
{
    for (const http::Route& route : routes)
        EXPECT_EQ(route.options.idempotency_key, route.method == Method::post) << route.path;
}

TEST_P(Tenants, none_reaches_what_is_anothers_by_any_route)
{
    const Uuid client = add_client("Ada");
    const Uuid type = add_case_type("WP-1");
    const json::object about{{"client_id", db::to_string(client)}, {"case_type_code", "WP-1"}};
    const json::object note{{"client_id", db::to_string(client)}, {"interaction_type", "note"}, {"summary", "x"}};
    const Uuid one = make("/cases", about).id();
    const Uuid noted = make("/interactions", note).id();
    const Uuid talk = add_conversation({"I am Ada"});
    add_evidence(client, talk, "full_name", "Ada");
    const std::int64_t audited = count("SELECT count(*) FROM audit");

    asking = database.stranger;
    EXPECT_EQ(get(at("/clients", client)).status, 404);
    EXPECT_EQ(patch(at("/clients", client), json::object{{"notes", "x"}}).status, 404);
    EXPECT_EQ(del(at("/clients", client)).status, 404);
    EXPECT_EQ(get(at("/clients", client) + "/timeline").status, 404);
    EXPECT_EQ(get(at(at("/clients", client) + "/conversations", talk)).status, 404);
    EXPECT_EQ(patch(at("/case-types", type), json::object{{"active", false}}).status, 404);
    EXPECT_EQ(get(at("/cases", one)).status, 404);
    EXPECT_EQ(patch(at("/cases", one), json::object{{"status", "approved"}}).status, 404);
    EXPECT_EQ(get(at("/interactions", noted)).status, 404);
    EXPECT_EQ(post("/cases", about).status, 404);
    EXPECT_EQ(post("/interactions", note).status, 404);
    for (const char* list : {"/clients", "/case-types", "/cases", "/interactions"})
        EXPECT_TRUE(read(list)["/items"].as_array().empty()) << list;
    asking = database.staff;
    EXPECT_EQ(count("SELECT count(*) FROM audit"), audited);
}

TEST_P(Tenants, each_has_codes_and_addresses_of_its_own)
{
    add_client("Ada");
    add_case_type("WP-1");
    asking = database.stranger;
    const Uuid client = add_client("Ada");
    add_case_type("WP-1");
    const json::object about{{"client_id", db::to_string(client)}, {"case_type_code", "WP-1"}};
    EXPECT_EQ(make("/cases", about).text("/created_by"), "Konrad Zuse");
}

TEST_P(Tenants, a_refusal_is_not_kept_under_its_key)
{
    const Uuid first = add_client("Ada");
    const json::object ada{{"full_name", "Ada"}, {"email", "ada@crm.example.test"}};
    EXPECT_EQ(post("/clients", ada, "again").status, 409);
    change(at("/clients", first), json::object{{"email", "byron@crm.example.test"}});
    EXPECT_EQ(post("/clients", ada, "again").status, 201);
}

INSTANTIATE_TEST_SUITE_P(OnEveryEngine, Tenants, ::testing::Values(db::Engine::sqlite, db::Engine::postgresql),
                         [](const auto& info) { return std::string(db::to_string(info.param)); });

} // namespace trunkline::crm::testing
