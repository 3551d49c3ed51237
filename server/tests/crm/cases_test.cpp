// SPDX-License-Identifier: MIT
#include <crm/support/crm_desk.hpp>

namespace trunkline::crm::testing {

namespace {

struct Cases : CrmDesk {
    Uuid type = add_case_type("WP-1");
    Uuid client = add_client("Ada");

    json::object about(std::string code = "WP-1")
    {
        return {{"client_id", db::to_string(client)}, {"case_type_code", code}};
    }
};

json::value euros(std::int64_t amount) { return json::object{{"amount", amount}, {"currency", "EUR"}}; }

} // namespace

TEST_P(Cases, a_type_has_words_and_a_price)
{
    const auto types = read("/case-types");
    ASSERT_EQ(types["/items"].as_array().size(), 1u);
    const auto& one = types["/items"].at(0);
    EXPECT_EQ(serialize(one.at("keywords")), R"(["work permit","working visa"])");
    EXPECT_EQ(one.at("base_price"), euros(150000));
    EXPECT_EQ(one.at("active"), true);
    EXPECT_TRUE(types["/next"].is_null());
}

TEST_P(Cases, a_code_is_given_once_and_has_a_form)
{
    json::object body{{"code", "WP-1"}, {"name", "Again"}, {"category", "visa"}};
    EXPECT_EQ(post("/case-types", body).status, 409);
    body["code"] = "a code";
    EXPECT_EQ(post("/case-types", body).wrong_fields(), Texts{"/code"});
    body["code"] = "WP-2";
    make("/case-types", body);
    EXPECT_EQ(read("/case-types").texts_of_items("code"), (Texts{"WP-1", "WP-2"}));
}

TEST_P(Cases, a_price_has_amount_and_currency_or_is_none)
{
    json::object body{
        {"code", "WP-2"}, {"name", "Permit"}, {"category", "visa"}, {"base_price", json::object{{"amount", 1}}}};
    EXPECT_EQ(post("/case-types", body).wrong_fields(), Texts{"/base_price/currency"});
    body["base_price"] = json::object{{"amount", -1}, {"currency", "EUR"}};
    EXPECT_EQ(post("/case-types", body).wrong_fields(), Texts{"/base_price/amount"});
    body["base_price"] = json::object{{"amount", 1}, {"currency", "euro"}};
    EXPECT_EQ(post("/case-types", body).wrong_fields(), Texts{"/base_price/currency"});
    body["base_price"] = nullptr;
    EXPECT_TRUE(make("/case-types", body)["/base_price"].is_null());
}

TEST_P(Cases, a_type_is_changed_and_its_change_audited)
{
    const auto changed =
        change(at("/case-types", type),
               json::object{{"active", false}, {"base_price", nullptr}, {"description", "For a year"}});
    EXPECT_EQ(changed["/active"], false);
    EXPECT_TRUE(changed["/base_price"].is_null());
    EXPECT_EQ(changed.text("/name"), "Work permit");
    EXPECT_EQ(read("/case-types")["/items/0"], changed.body);
    EXPECT_EQ(patch(at("/case-types", type), json::object{}).status, 400);
    const std::string last = audit_of("case_type", type).back();
    EXPECT_TRUE(last.starts_with("updated by " + actor())) << last;
    EXPECT_NE(last.find(R"("base_price":{"after":null,"before":{"amount":150000,"currency":"EUR"}})"),
              std::string::npos);
}

TEST_P(Cases, one_is_opened_at_the_price_of_its_type)
{
    const auto made = make("/cases", about());
    EXPECT_EQ(made.text("/client_name"), "Ada");
    EXPECT_EQ(made.text("/case_type_name"), "Work permit");
    EXPECT_EQ(made.text("/status"), "inquiry");
    EXPECT_EQ(made.text("/priority"), "normal");
    EXPECT_EQ(made["/quoted_price"], euros(150000));
    EXPECT_EQ(made.text("/created_by"), "Alan Turing");
    EXPECT_EQ(read(at("/cases", made.id())).body, made.body);
    const auto record = read(at("/clients", client));
    EXPECT_EQ(record["/cases/0"], made.body);
    EXPECT_EQ(record.text("/client/last_interaction_at"), db::to_rfc3339(database.clock.now()));
    EXPECT_TRUE(audit_of("case", made.id()).back().starts_with("created by " + actor()));
}

TEST_P(Cases, one_needs_a_client_and_a_type_that_are_there)
{
    EXPECT_EQ(post("/cases", about("WP-9")).status, 404);
    json::object nobody = about();
    nobody["client_id"] = db::to_string(db::new_uuid());
    EXPECT_EQ(post("/cases", nobody).status, 404);
    change(at("/case-types", type), json::object{{"active", false}});
    EXPECT_EQ(post("/cases", about()).status, 404); // no longer offered
    EXPECT_TRUE(read("/cases")["/items"].as_array().empty());
}

TEST_P(Cases, a_patch_changes_what_it_gives)
{
    const Uuid one = make("/cases", about()).id();
    const auto changed = change(at("/cases", one), json::object{{"status", "approved"},
                                                                {"priority", "urgent"},
                                                                {"notes", "soon"},
                                                                {"quoted_price", nullptr},
                                                                {"assigned_to", "Alan.Turing@crm.example.test"}});
    EXPECT_EQ(changed.text("/status"), "approved");
    EXPECT_EQ(changed.text("/assigned_to"), "alan.turing@crm.example.test");
    EXPECT_TRUE(changed["/quoted_price"].is_null());
    EXPECT_EQ(change(at("/cases", one), json::object{{"notes", ""}}).text("/notes"), "null");
    EXPECT_EQ(patch(at("/cases", one), json::object{}).status, 400);
    EXPECT_EQ(patch(at("/cases", one), json::object{{"status", "done"}}).wrong_fields(), Texts{"/status"});
    EXPECT_EQ(audit_of("case", one).back(), "updated by " + actor() + R"( {"notes":{"after":null,"before":"soon"}})");
}

TEST_P(Cases, a_repeated_request_opens_one)
{
    const auto first = post("/cases", about(), "once");
    EXPECT_EQ(first.status, 201);
    EXPECT_EQ(post("/cases", about(), "once").body, first.body);
    EXPECT_EQ(read("/cases")["/items"].as_array().size(), 1u);
}

TEST_P(Cases, lists_are_filtered_and_go_from_the_newest)
{
    add_case_type("WP-2");
    const Uuid other = add_client("Charles");
    const std::string first = make("/cases", about()).text("/id");
    json::object of_other = about("WP-2");
    of_other["client_id"] = db::to_string(other);
    of_other["priority"] = "high";
    of_other["status"] = "in_progress";
    of_other["assigned_to"] = "alan@crm.example.test";
    const std::string second = make("/cases", of_other).text("/id");
    const auto listed = [&](const std::string& query) { return read("/cases" + query).texts_of_items("id"); };
    EXPECT_EQ(listed(""), (Texts{second, first}));
    EXPECT_EQ(listed("?client_id=" + db::to_string(client)), Texts{first});
    EXPECT_EQ(listed("?status=in_progress"), Texts{second});
    EXPECT_EQ(listed("?case_type=WP-1"), Texts{first});
    EXPECT_EQ(listed("?priority=high"), Texts{second});
    EXPECT_EQ(listed("?assigned_to=ALAN@crm.example.test"), Texts{second});
    const auto page = read("/cases?limit=1");
    EXPECT_EQ(page.texts_of_items("id"), Texts{second});
    EXPECT_EQ(listed("?limit=1&after=" + page.text("/next")), Texts{first});
}

INSTANTIATE_TEST_SUITE_P(OnEveryEngine, Cases, ::testing::Values(db::Engine::sqlite, db::Engine::postgresql),
                         [](const auto& info) { return std::string(db::to_string(info.param)); });

} // namespace trunkline::crm::testing
