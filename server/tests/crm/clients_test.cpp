// SPDX-License-Identifier: MIT
#include <crm/support/crm_desk.hpp>

namespace trunkline::crm::testing {

namespace {

struct Clients : CrmDesk {
    std::string all = "/clients";
    std::string one(const Uuid& id) const { return at(all, id); }
};

const std::string ada =
    R"({"full_name":" Ada Lovelace ","email":"Ada.King@CRM.example.test","phone":"+1 (977) 625-2661","tags":["vip","vip","visa"]})";

} // namespace

TEST_P(Clients, a_new_client_is_kept_in_its_normal_form)
{
    const auto made = post(all, ada);
    ASSERT_EQ(made.status, 201) << serialize(made.body);
    EXPECT_EQ(made.text("/full_name"), "Ada Lovelace");
    EXPECT_EQ(made.text("/email"), "ada.king@crm.example.test");
    EXPECT_EQ(made.text("/phone"), "+19776252661");
    EXPECT_EQ(serialize(made["/tags"]), R"(["vip","visa"])");
    EXPECT_EQ(made.text("/status"), "prospect");
    EXPECT_EQ(made.text("/created_by"), "Alan Turing");
    EXPECT_EQ(get(one(made.id()))["/client"], made.body);
}

TEST_P(Clients, an_address_belongs_to_one_client_of_a_tenant)
{
    ASSERT_EQ(post(all, ada).status, 201);
    const auto again = post(all, R"({"full_name":"Another","email":" ADA.KING@crm.example.test"})");
    EXPECT_EQ(again.status, 409);
    EXPECT_NE(again.text("/detail").find("there is a client with this e-mail address"), std::string::npos);
    asking = database.stranger;
    EXPECT_EQ(post(all, ada).status, 201) << "another tenant's clients are its own";
}

TEST_P(Clients, the_same_new_address_in_many_requests_at_once_makes_one_client)
{
    constexpr int requests = 8;
    std::map<int, int> statuses;
    int answered = 0;
    for (int i = 0; i < requests; ++i)
        asio::co_spawn(database.io, ask_async(Method::post, all, ada, std::nullopt),
                       [&](std::exception_ptr failure, http::Response response) {
                           ++answered;
                           ++statuses[failure ? 500 : response.status];
                       });
    database.until([&] { return answered == requests; });
    EXPECT_EQ(statuses, (std::map<int, int>{{201, 1}, {409, requests - 1}}));
    EXPECT_EQ(count("SELECT count(*) FROM clients"), 1);
    EXPECT_EQ(count("SELECT count(*) FROM audit"), 1);
}

TEST_P(Clients, a_repeated_request_with_its_key_makes_one_client)
{
    const auto first = post(all, ada, "key-1");
    const auto second = post(all, ada, "key-1");
    EXPECT_EQ(first.status, 201);
    EXPECT_EQ(second.status, 201);
    EXPECT_EQ(first.body, second.body);
}

TEST_P(Clients, bad_input_is_named_field_by_field)
{
    const auto wrong = post(all, R"({"full_name":"  ","email":"nobody","phone":"call me","tags":[" "]})");
    EXPECT_EQ(wrong.status, 400);
    EXPECT_EQ(wrong.wrong_fields(), (Texts{"/full_name", "/email", "/phone", "/tags/0"}));
    const auto unreachable = post(all, R"({"full_name":"Ada","email":"","phone":null})");
    EXPECT_EQ(unreachable.status, 400);
    EXPECT_EQ(unreachable.wrong_fields(), Texts{"/email"});
}

TEST_P(Clients, a_typed_number_is_kept_as_a_number_of_the_tenants_region)
{
    const auto american = post(all, R"({"full_name":"Ada","phone":"(977) 625-2661","whatsapp":"0049 171 1234567"})");
    ASSERT_EQ(american.status, 201) << serialize(american.body);
    EXPECT_EQ(american.text("/phone"), "+19776252661");
    EXPECT_EQ(american.text("/whatsapp"), "+491711234567");
    database.run(database.pool().execute("UPDATE tenants SET default_region = 'DE'"));
    const auto german = patch(one(american.id()), R"({"phone":"0171 / 123 45 67"})");
    EXPECT_EQ(german.text("/phone"), "+491711234567");
    EXPECT_EQ(get(one(german.id())).text("/client/phone"), "+491711234567");
    EXPECT_EQ(get(all + "?search=0171 12").texts_of_items("full_name"), Texts{"Ada"})
        << "people look for what they type";
    const auto again = patch(one(german.id()), R"({"phone":"+49 171 1234567"})");
    EXPECT_EQ(again.body, german.body);
    EXPECT_EQ(audit_of("client", german.id()).size(), 2U) << "the same number, typed otherwise, is no change";
}

TEST_P(Clients, what_is_no_complete_number_is_refused_and_named)
{
    const auto none = post(all, R"({"full_name":"Ada","phone":"625-2661","whatsapp":"+999 1234567"})");
    EXPECT_EQ(none.status, 400);
    EXPECT_EQ(none.wrong_fields(), (Texts{"/phone", "/whatsapp"}));
    EXPECT_EQ(none.text("/errors/0/detail"),
              "must be a complete telephone number: with + and the country's code, or one of US");
    EXPECT_EQ(count("SELECT count(*) FROM clients"), 0);
    const auto id = add_client("bob");
    EXPECT_EQ(patch(one(id), R"({"whatsapp":"12345"})").wrong_fields(), Texts{"/whatsapp"});
    EXPECT_EQ(audit_of("client", id).size(), 1U);
}

TEST_P(Clients, a_number_of_former_days_stays_until_it_is_typed_again)
{
    const auto id = add_client("bob");
    database.run(database.pool().execute("UPDATE clients SET phone = '625 2661'"));
    EXPECT_EQ(patch(one(id), R"({"company":"Engines"})").text("/phone"), "625 2661");
}

TEST_P(Clients, staff_never_become_clients)
{
    const std::string colleague = trunkline::testing::email_of(database.admin);
    EXPECT_EQ(post(all, R"({"full_name":"Grace","email":")" + colleague + R"("})").status, 409);
    const auto id = add_client("bob");
    EXPECT_EQ(patch(one(id), R"({"email":")" + colleague + R"("})").status, 409);
    EXPECT_EQ(
        post(all, R"({"full_name":"Ada","email":")" + trunkline::testing::email_of(database.customer) + R"("})").status,
        201);
}

TEST_P(Clients, a_patch_changes_what_it_gives_and_nothing_else)
{
    const auto made = post(all, ada);
    const Uuid id = made.id();
    const auto changed = patch(one(id), R"({"company":"Analytical Engines","phone":"","tags":null,"status":"active"})");
    ASSERT_EQ(changed.status, 200) << serialize(changed.body);
    auto expected = made.body;
    expected.at("company") = "Analytical Engines";
    expected.at("phone") = nullptr;
    expected.at("tags") = json::array{};
    expected.at("status") = "active";
    EXPECT_EQ(changed.body, expected);
    EXPECT_EQ(get(one(id))["/client"], expected);
}

TEST_P(Clients, a_patch_that_cannot_be_says_why)
{
    const auto id = add_client("bob");
    EXPECT_EQ(patch(one(id), "{}").status, 400) << "nothing is given";
    EXPECT_EQ(patch(one(id), R"({"full_name":null})").wrong_fields(), Texts{"/full_name"});
    EXPECT_EQ(patch(one(id), R"({"email":null})").wrong_fields(), Texts{"/email"}) << "he could not be reached";
    EXPECT_EQ(patch(one(id), R"({"emial":"x"})").status, 400);
    add_client("eve");
    EXPECT_EQ(patch(one(id), R"({"email":"eve@crm.example.test"})").status, 409);
    EXPECT_EQ(get(one(id)).text("/client/email"), "bob@crm.example.test");
}

TEST_P(Clients, deleting_makes_inactive_and_keeps_all_else)
{
    const auto id = add_client("bob");
    const auto gone = del(one(id));
    EXPECT_EQ(gone.status, 200);
    EXPECT_EQ(gone.text("/status"), "inactive");
    EXPECT_EQ(get(one(id)).status, 200);
    EXPECT_EQ(del(one(id)).status, 200) << "twice is once";
    EXPECT_EQ(audit_of("client", id).size(), 2U);
}

TEST_P(Clients, every_write_leaves_who_what_before_and_after)
{
    const auto id = add_client("bob");
    patch(one(id), R"({"company":"Engines"})");
    patch(one(id), R"({"company":"Engines"})");
    del(one(id));
    const auto rows = audit_of("client", id);
    ASSERT_EQ(rows.size(), 3U) << "what changes nothing leaves no row";
    EXPECT_TRUE(rows[0].starts_with("created by " + actor()));
    EXPECT_EQ(rows[1], "updated by " + actor() + R"( {"company":{"after":"Engines","before":null}})");
    EXPECT_EQ(rows[2], "deactivated by " + actor() + R"( {"status":{"after":"inactive","before":"prospect"}})");
}

TEST_P(Clients, another_tenants_client_is_not_there)
{
    const auto id = add_client("bob");
    asking = database.stranger;
    EXPECT_EQ(get(one(id)).status, 404);
    EXPECT_EQ(patch(one(id), R"({"company":"Mine"})").status, 404);
    EXPECT_EQ(del(one(id)).status, 404);
    EXPECT_EQ(get(one(id) + "/timeline").status, 404);
    EXPECT_EQ(get(one(id) + "/conversations/" + db::to_string(db::new_uuid())).status, 404);
    EXPECT_TRUE(get(all)["/items"].as_array().empty());
    asking = database.staff;
    EXPECT_EQ(get(one(id)).text("/client/status"), "prospect");
}

TEST_P(Clients, search_takes_a_part_in_any_case_and_reads_percent_and_underscore_literally)
{
    post(all, R"({"full_name":"Hundred % Sure","email":"under_score@crm.example.test"})");
    post(all, R"({"full_name":"Hundred Percent","email":"underscore@crm.example.test","phone":"+19776252661"})");
    const auto found = [&](const std::string& part) {
        return get(all + "?search=" + part).texts_of_items("full_name");
    };
    const Texts sure{"Hundred % Sure"}, percent{"Hundred Percent"};
    EXPECT_EQ(found("%"), sure);
    EXPECT_EQ(found("DER_SC"), sure);
    EXPECT_EQ(found("hundred p"), percent);
    EXPECT_EQ(found("UNDERSCORE@"), percent);
    EXPECT_EQ(found("977 625"), percent);
    EXPECT_EQ(found("hundred").size(), 2U);
    EXPECT_TRUE(found("!").empty());
    EXPECT_EQ(found("").size(), 2U);
}

TEST_P(Clients, pages_are_newest_first_and_miss_nobody)
{
    std::vector<std::string> newest_first;
    for (const char* name : {"ann", "ben", "cid", "dan", "eve"}) {
        add_client(name);
        newest_first.insert(newest_first.begin(), name);
    }
    std::vector<std::string> seen;
    std::string after;
    for (int pages = 0; pages < 3; ++pages) {
        const auto page = get(all + "?limit=2" + after);
        for (auto& name : page.texts_of_items("full_name")) seen.push_back(name);
        if (page["/next"].is_null()) break;
        after = "&after=" + page.text("/next");
        add_client("new" + std::to_string(pages)); // who comes meanwhile is on no later page
    }
    EXPECT_EQ(seen, newest_first);
}

TEST_P(Clients, filters_narrow_the_list)
{
    const auto bob = add_client("bob");
    add_client("eve");
    patch(one(bob), R"({"status":"lead","assigned_to":"Alan.Turing@crm.example.test"})");
    EXPECT_EQ(get(all + "?status=lead").texts_of_items("full_name"), Texts{"bob"});
    EXPECT_EQ(get(all + "?assigned_to=alan.turing@crm.example.test").texts_of_items("full_name"), Texts{"bob"});
    EXPECT_EQ(get(all + "?status=lost").texts_of_items("full_name").size(), 0U);
    EXPECT_EQ(get(all + "?status=unheard").status, 400);
}

TEST_P(Clients, staff_hear_of_a_client_after_the_commit_and_customers_do_not)
{
    auto colleague =
        hub.subscribe({database.tenant, database.admin.user_id, database.admin.session_id, true}, std::nullopt);
    auto customer =
        hub.subscribe({database.tenant, database.customer.user_id, database.customer.session_id, false}, std::nullopt);
    (void)database.run(colleague->next()); // hello
    (void)database.run(customer->next());
    const auto id = add_client("bob");
    post(all, R"({"full_name":"bob","email":"bob@crm.example.test"})"); // refused: no news
    hub.publish({"over", "{}", database.tenant, database.admin.user_id, {}});
    hub.publish({"over", "{}", database.tenant, database.customer.user_id, {}});
    const auto heard = database.run(colleague->next());
    ASSERT_TRUE(heard);
    EXPECT_EQ(heard->name, "client");
    EXPECT_EQ(heard->data, R"({"id":")" + db::to_string(id) + R"("})");
    EXPECT_EQ(database.run(colleague->next())->name, "over");
    EXPECT_EQ(database.run(customer->next())->name, "over");
}

TEST_P(Clients, every_route_of_the_crm_is_for_staff)
{
    ASSERT_EQ(routes.size(), 17U);
    for (const http::Route& route : routes) EXPECT_EQ(route.access, http::Access::staff) << route.path;
}

INSTANTIATE_TEST_SUITE_P(Engines, Clients, ::testing::Values(db::Engine::sqlite, db::Engine::postgresql),
                         [](const auto& info) { return std::string(db::to_string(info.param)); });

} // namespace trunkline::crm::testing
