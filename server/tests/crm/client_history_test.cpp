// SPDX-License-Identifier: MIT
#include <crm/support/crm_house.hpp>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

namespace trunkline::crm::testing {

namespace {

using http::Method;
using namespace std::chrono_literals;
using Texts = std::vector<std::string>;
constexpr const char* talk_path = "/clients/{id}/conversations/{conversation_id}";

struct History : ::testing::TestWithParam<db::Engine> {
    CrmHouse house{GetParam()};
    Uuid client = house.add_client("Ada", "ada@crm.example.test");

    json::object note(std::string summary)
    {
        return {{"client_id", db::to_string(client)}, {"interaction_type", "call"}, {"summary", summary}};
    }
    json::value record() { return house.get("/clients/{id}", {.ids = {client}}); }
    static std::string pointer(const json::value& problem) { return text_of(problem.at("errors").at(0), "pointer"); }
};

} // namespace

TEST_P(History, an_interaction_is_noted_with_what_goes_without_saying)
{
    const auto made = house.post("/interactions", note(" Called about the permit "));
    EXPECT_EQ(text_of(made, "summary"), "Called about the permit");
    EXPECT_EQ(text_of(made, "channel"), "phone");
    EXPECT_EQ(text_of(made, "direction"), "inbound");
    EXPECT_EQ(text_of(made, "team_member"), "Alan Turing");
    EXPECT_EQ(text_of(made, "interaction_at"), db::to_rfc3339(house.database.clock.now()));
    EXPECT_TRUE(made.at("conversation_id").is_null());
    EXPECT_EQ(house.get("/interactions/{id}", {.ids = {id_of(made)}}), made);
    EXPECT_EQ(record().at("interactions").at(0), made);
    EXPECT_EQ(record().at("client").at("last_interaction_at"), made.at("interaction_at"));
    const auto last = house.audit().back();
    EXPECT_EQ(last.action + " " + last.entity, "created interaction");
}

TEST_P(History, an_interaction_of_long_ago_does_not_move_the_last_one_back)
{
    house.post("/interactions", note("now"));
    json::object old = note("long ago");
    old["interaction_at"] = "2020-01-01T00:00:00Z";
    house.post("/interactions", old);
    EXPECT_EQ(text_of(record().at("client"), "last_interaction_at"), db::to_rfc3339(house.database.clock.now()));
}

TEST_P(History, an_interaction_is_about_a_case_of_the_same_client)
{
    house.add_case_type("WP-1");
    const Uuid other = house.add_client("Charles", "charles@crm.example.test");
    const auto open = [&](const Uuid& of) {
        return text_of(house.post("/cases", json::object{{"client_id", db::to_string(of)}, {"case_type_code", "WP-1"}}),
                       "id");
    };
    json::object about = note("x");
    about["case_id"] = open(other);
    house.expect(404, Method::post, "/interactions", {.body = about});
    about["case_id"] = open(client);
    house.post("/interactions", about);
    const auto listed = house.get("/interactions", {.query = {{"case_id", std::string(about["case_id"].as_string())}}});
    EXPECT_EQ(listed.at("items").as_array().size(), 1u);
}

TEST_P(History, an_interaction_made_by_hand_opens_no_conversation)
{
    json::object claim = note("x");
    claim["conversation_id"] = db::to_string(house.add_conversation({"a secret"}));
    EXPECT_EQ(pointer(house.expect(400, Method::post, "/interactions", {.body = claim})), "/conversation_id");
    EXPECT_TRUE(record().at("conversations").as_array().empty());
}

TEST_P(History, interactions_are_filtered_and_paged_and_the_record_shows_ten)
{
    const Uuid other = house.add_client("Charles", "charles@crm.example.test");
    for (int i = 0; i < 12; ++i) house.post("/interactions", note(std::to_string(i)));
    house.post("/interactions",
               json::object{{"client_id", db::to_string(other)}, {"interaction_type", "note"}, {"summary", "his"}});
    EXPECT_EQ(record().at("interactions").as_array().size(), 10u);
    EXPECT_EQ(text_of(record().at("interactions").at(0), "summary"), "11");
    EXPECT_EQ(column(house.get("/interactions", {.query = {{"interaction_type", "note"}}}), "summary"), Texts{"his"});
    const auto page = house.get("/interactions", {.query = {{"client_id", db::to_string(client)}, {"limit", "11"}}});
    const auto rest =
        house.get("/interactions", {.query = {{"client_id", db::to_string(client)}, {"after", text_of(page, "next")}}});
    EXPECT_EQ(column(rest, "summary"), Texts{"0"});
    EXPECT_TRUE(rest.at("next").is_null());
}

TEST_P(History, evidence_tells_the_words_to_the_character)
{
    const Uuid talk = house.add_conversation({"I'm Ada Byron"});
    const Uuid id = house.add_evidence(client, talk, "full_name", "Ada Byron");
    const auto evidence = record().at("evidence").at(0);
    EXPECT_EQ(id_of(evidence), id);
    EXPECT_EQ(id_of(evidence, "conversation_id"), talk);
    EXPECT_EQ(evidence.at("start"), 3);
    EXPECT_EQ(evidence.at("end"), 12);
    EXPECT_EQ(evidence.at("message_seq"), 1);
    EXPECT_EQ(evidence.at("confidence"), 0.95);
}

TEST_P(History, a_conversation_is_read_through_its_client_only)
{
    const Uuid told = house.add_conversation({"I am Ada", "hello"});
    const Uuid met = house.add_conversation({"again"});
    const Uuid foreign = house.add_conversation({"nobody's business"});
    const Uuid other = house.add_client("Charles", "charles@crm.example.test");
    house.add_evidence(client, told, "full_name", "Ada");
    house.add_interaction(client, met);
    EXPECT_EQ(record().at("conversations").as_array().size(), 2u);

    const auto read = house.get(talk_path, {.ids = {client, told}});
    EXPECT_EQ(id_of(read.at("conversation")), told);
    EXPECT_EQ(read.at("messages").as_array().size(), 2u);
    EXPECT_EQ(text_of(read.at("messages").at(0), "content"), "I am Ada");
    EXPECT_EQ(text_of(read.at("messages").at(0), "sender"), "user");
    EXPECT_EQ(read.at("evidence").as_array().size(), 1u);
    EXPECT_TRUE(house.get(talk_path, {.ids = {client, met}}).at("evidence").as_array().empty());

    house.expect(404, Method::get, talk_path, {.ids = {client, foreign}});
    house.expect(404, Method::get, talk_path, {.ids = {other, told}});
    house.expect(404, Method::get, talk_path, {.ids = {client, db::new_uuid()}});
}

TEST_P(History, reading_a_conversation_is_audited_and_what_was_refused_is_not)
{
    const Uuid told = house.add_conversation({"I am Ada"});
    house.expect(404, Method::get, talk_path, {.ids = {client, told}});
    house.add_evidence(client, told, "full_name", "Ada");
    house.get(talk_path, {.ids = {client, told}});
    const auto audit = house.audit();
    ASSERT_EQ(audit.size(), 2u);
    EXPECT_EQ(audit[1].action + " " + audit[1].entity, "read conversation");
    EXPECT_EQ(audit[1].entity_id, told);
    EXPECT_EQ(audit[1].actor, db::to_string(house.database.staff.user_id));
    EXPECT_EQ(id_of(json::parse(audit[1].changes.text()), "client_id"), client);
}

TEST_P(History, a_long_conversation_is_read_from_its_end)
{
    const Uuid told = house.add_conversation({"one", "two", "three"});
    house.add_evidence(client, told, "full_name", "Ada");
    const auto texts = [&](std::vector<std::pair<std::string, std::string>> query) {
        const auto read = house.get(talk_path, {.ids = {client, told}, .query = query});
        return column(json::object{{"items", read.at("messages")}}, "content");
    };
    EXPECT_EQ(texts({{"limit", "2"}}), (Texts{"two", "three"}));
    EXPECT_EQ(texts({{"limit", "2"}, {"before", "2"}}), Texts{"one"});
}

TEST_P(History, the_timeline_tells_all_that_happened_newest_first)
{
    house.add_case_type("WP-1");
    house.database.clock.advance(1s);
    const Uuid talk = house.add_conversation({"I'm Ada Byron"});
    house.add_evidence(client, talk, "full_name", "Ada Byron");
    house.database.clock.advance(1s);
    const Uuid one =
        id_of(house.post("/cases", json::object{{"client_id", db::to_string(client)}, {"case_type_code", "WP-1"}}));
    house.database.clock.advance(1s);
    house.post("/interactions", note("Called"));
    house.database.clock.advance(1s);
    house.patch("/clients/{id}", client, json::object{{"status", "active"}, {"phone", "+19776252661"}});
    house.database.clock.advance(1s);
    house.patch("/cases/{id}", one, json::object{{"status", "approved"}});

    const auto timeline = house.get("/clients/{id}/timeline", {.ids = {client}});
    EXPECT_EQ(column(timeline, "kind"), (Texts{"change", "change", "interaction", "case", "evidence", "change"}));
    EXPECT_EQ(column(timeline, "title"),
              (Texts{"Case updated by Alan Turing", "Updated by Alan Turing", "Call", "Case: Work permit",
                     "Full name: Ada Byron", "Created by Alan Turing"}));
    const auto details = column(timeline, "detail");
    EXPECT_EQ(details[0], "status: inquiry → approved");
    EXPECT_NE(details[1].find("phone: none → +19776252661"), std::string::npos);
    EXPECT_EQ(details[2], "Called");
    EXPECT_EQ(details[4], "Ada Byron");
}

TEST_P(History, the_timeline_is_paged_also_where_many_things_happened_at_once)
{
    for (int i = 0; i < 7; ++i) house.post("/interactions", note(std::to_string(i)));
    std::set<std::string> seen;
    Ask ask{.ids = {client}, .query = {{"limit", "3"}}};
    for (int pages = 1;; ++pages) {
        const auto page = house.get("/clients/{id}/timeline", ask);
        for (const auto& id : column(page, "id")) EXPECT_TRUE(seen.insert(id).second);
        if (page.at("next").is_null()) break;
        ASSERT_LT(pages, 4);
        ask.query = {{"limit", "3"}, {"after", text_of(page, "next")}};
    }
    EXPECT_EQ(seen.size(), 8u);
    house.expect(400, Method::get, "/clients/{id}/timeline", {.ids = {client}, .query = {{"after", "yesterday"}}});
}

TEST_P(History, a_client_of_whom_nothing_is_known_has_no_timeline)
{
    house.expect(404, Method::get, "/clients/{id}/timeline", {.ids = {db::new_uuid()}});
    house.expect(404, Method::get, "/clients/{id}", {.ids = {db::new_uuid()}});
}

INSTANTIATE_TEST_SUITE_P(OnEveryEngine, History, ::testing::Values(db::Engine::sqlite, db::Engine::postgresql),
                         [](const auto& info) { return std::string(db::to_string(info.param)); });

} // namespace trunkline::crm::testing
