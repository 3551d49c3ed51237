// SPDX-License-Identifier: MIT
#include <crm/support/crm_house.hpp>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

namespace trunkline::crm::testing {

namespace {

using http::Method;
using Texts = std::vector<std::string>;

struct Cases : ::testing::TestWithParam<db::Engine> {
    CrmHouse house{GetParam()};
    Uuid type = house.add_case_type("WP-1");
    Uuid client = house.add_client("Ada", "ada@crm.example.test");

    json::object about(std::string code = "WP-1")
    {
        return {{"client_id", db::to_string(client)}, {"case_type_code", code}};
    }
    static std::string pointer(const json::value& problem) { return text_of(problem.at("errors").at(0), "pointer"); }
};

json::value euros(std::int64_t amount) { return json::object{{"amount", amount}, {"currency", "EUR"}}; }

} // namespace

TEST_P(Cases, a_type_has_words_and_a_price)
{
    const auto types = house.get("/case-types");
    ASSERT_EQ(types.at("items").as_array().size(), 1u);
    const auto& one = types.at("items").at(0);
    EXPECT_EQ(serialize(one.at("keywords")), R"(["work permit","working visa"])");
    EXPECT_EQ(one.at("base_price"), euros(150000));
    EXPECT_EQ(one.at("active"), true);
    EXPECT_TRUE(types.at("next").is_null());
}

TEST_P(Cases, a_code_is_given_once_and_has_a_form)
{
    json::object body{{"code", "WP-1"}, {"name", "Again"}, {"category", "visa"}};
    house.expect(409, Method::post, "/case-types", {.body = body});
    body["code"] = "a code";
    EXPECT_EQ(pointer(house.expect(400, Method::post, "/case-types", {.body = body})), "/code");
    body["code"] = "WP-2";
    house.post("/case-types", body);
    EXPECT_EQ(column(house.get("/case-types"), "code"), (Texts{"WP-1", "WP-2"}));
}

TEST_P(Cases, a_price_has_amount_and_currency_or_is_none)
{
    json::object body{
        {"code", "WP-2"}, {"name", "Permit"}, {"category", "visa"}, {"base_price", json::object{{"amount", 1}}}};
    EXPECT_EQ(pointer(house.expect(400, Method::post, "/case-types", {.body = body})), "/base_price/currency");
    body["base_price"] = json::object{{"amount", -1}, {"currency", "EUR"}};
    EXPECT_EQ(pointer(house.expect(400, Method::post, "/case-types", {.body = body})), "/base_price/amount");
    body["base_price"] = json::object{{"amount", 1}, {"currency", "euro"}};
    EXPECT_EQ(pointer(house.expect(400, Method::post, "/case-types", {.body = body})), "/base_price/currency");
    body["base_price"] = nullptr;
    EXPECT_TRUE(house.post("/case-types", body).at("base_price").is_null());
}

TEST_P(Cases, a_type_is_changed_and_its_change_audited)
{
    const auto changed =
        house.patch("/case-types/{id}", type,
                    json::object{{"active", false}, {"base_price", nullptr}, {"description", "For a year"}});
    EXPECT_EQ(changed.at("active"), false);
    EXPECT_TRUE(changed.at("base_price").is_null());
    EXPECT_EQ(text_of(changed, "name"), "Work permit");
    EXPECT_EQ(house.get("/case-types").at("items").at(0), changed);
    house.expect(400, Method::patch, "/case-types/{id}", {.ids = {type}, .body = json::object{}});
    const auto last = house.audit().back();
    EXPECT_EQ(last.action + " " + last.entity, "updated case_type");
    EXPECT_EQ(json::parse(last.changes.text()).at("base_price").at("before"), euros(150000));
}

TEST_P(Cases, one_is_opened_at_the_price_of_its_type)
{
    const auto made = house.post("/cases", about());
    EXPECT_EQ(text_of(made, "client_name"), "Ada");
    EXPECT_EQ(text_of(made, "case_type_name"), "Work permit");
    EXPECT_EQ(text_of(made, "status"), "inquiry");
    EXPECT_EQ(text_of(made, "priority"), "normal");
    EXPECT_EQ(made.at("quoted_price"), euros(150000));
    EXPECT_EQ(text_of(made, "created_by"), "Alan Turing");
    EXPECT_EQ(house.get("/cases/{id}", {.ids = {id_of(made)}}), made);
    const auto record = house.get("/clients/{id}", {.ids = {client}});
    EXPECT_EQ(record.at("cases").at(0), made);
    EXPECT_EQ(text_of(record.at("client"), "last_interaction_at"), db::to_rfc3339(house.database.clock.now()));
    const auto last = house.audit().back();
    EXPECT_EQ(last.action + " " + last.entity, "created case");
}

TEST_P(Cases, one_needs_a_client_and_a_type_that_are_there)
{
    house.expect(404, Method::post, "/cases", {.body = about("WP-9")});
    json::object nobody = about();
    nobody["client_id"] = db::to_string(db::new_uuid());
    house.expect(404, Method::post, "/cases", {.body = nobody});
    house.patch("/case-types/{id}", type, json::object{{"active", false}});
    house.expect(404, Method::post, "/cases", {.body = about()}); // no longer offered
    EXPECT_TRUE(house.get("/cases").at("items").as_array().empty());
}

TEST_P(Cases, a_patch_changes_what_it_gives)
{
    const Uuid one = id_of(house.post("/cases", about()));
    const auto changed = house.patch("/cases/{id}", one,
                                     json::object{{"status", "approved"},
                                                  {"priority", "urgent"},
                                                  {"notes", "soon"},
                                                  {"quoted_price", nullptr},
                                                  {"assigned_to", "Alan.Turing@crm.example.test"}});
    EXPECT_EQ(text_of(changed, "status"), "approved");
    EXPECT_EQ(text_of(changed, "assigned_to"), "alan.turing@crm.example.test");
    EXPECT_TRUE(changed.at("quoted_price").is_null());
    EXPECT_EQ(text_of(house.patch("/cases/{id}", one, json::object{{"notes", ""}}), "notes"), "null");
    house.expect(400, Method::patch, "/cases/{id}", {.ids = {one}, .body = json::object{}});
    EXPECT_EQ(pointer(house.expect(400, Method::patch, "/cases/{id}",
                                   {.ids = {one}, .body = json::object{{"status", "done"}}})),
              "/status");
    const auto last = house.audit().back();
    EXPECT_EQ(json::parse(last.changes.text()), json::parse(R"({"notes": {"before": "soon", "after": null}})"));
}

TEST_P(Cases, a_repeated_request_opens_one)
{
    const Ask ask{.body = about(), .key = "once"};
    EXPECT_EQ(house.respond(Method::post, "/cases", ask).body, house.respond(Method::post, "/cases", ask).body);
    EXPECT_EQ(house.get("/cases").at("items").as_array().size(), 1u);
}

TEST_P(Cases, lists_are_filtered_and_go_from_the_newest)
{
    house.add_case_type("WP-2");
    const Uuid other = house.add_client("Charles", "charles@crm.example.test");
    const std::string first = text_of(house.post("/cases", about()), "id");
    json::object of_other = about("WP-2");
    of_other["client_id"] = db::to_string(other);
    of_other["priority"] = "high";
    of_other["status"] = "in_progress";
    of_other["assigned_to"] = "alan@crm.example.test";
    const std::string second = text_of(house.post("/cases", of_other), "id");
    const auto listed = [&](std::vector<std::pair<std::string, std::string>> query) {
        return column(house.get("/cases", {.query = query}), "id");
    };
    EXPECT_EQ(listed({}), (Texts{second, first}));
    EXPECT_EQ(listed({{"client_id", db::to_string(client)}}), Texts{first});
    EXPECT_EQ(listed({{"status", "in_progress"}}), Texts{second});
    EXPECT_EQ(listed({{"case_type", "WP-1"}}), Texts{first});
    EXPECT_EQ(listed({{"priority", "high"}}), Texts{second});
    EXPECT_EQ(listed({{"assigned_to", "ALAN@crm.example.test"}}), Texts{second});
    const auto page = house.get("/cases", {.query = {{"limit", "1"}}});
    EXPECT_EQ(column(page, "id"), Texts{second});
    EXPECT_EQ(listed({{"limit", "1"}, {"after", text_of(page, "next")}}), Texts{first});
}

INSTANTIATE_TEST_SUITE_P(OnEveryEngine, Cases, ::testing::Values(db::Engine::sqlite, db::Engine::postgresql),
                         [](const auto& info) { return std::string(db::to_string(info.param)); });

} // namespace trunkline::crm::testing
