// SPDX-License-Identifier: MIT
#include <crm/support/crm_desk.hpp>

namespace trunkline::crm::testing {

namespace {

using namespace std::chrono_literals;

struct History : CrmDesk {
    Uuid client = add_client("Ada");

    json::object note(std::string summary)
    {
        return {{"client_id", db::to_string(client)}, {"interaction_type", "call"}, {"summary", summary}};
    }
    Answered record() { return read(at("/clients", client)); }
    static std::string talk(const Uuid& of, const Uuid& conversation)
    {
        return at(at("/clients", of) + "/conversations", conversation);
    }
};

} // namespace

TEST_P(History, an_interaction_is_noted_with_what_goes_without_saying)
{
    const auto made = make("/interactions", note(" Called about the permit "));
    EXPECT_EQ(made.text("/summary"), "Called about the permit");
    EXPECT_EQ(made.text("/channel"), "phone");
    EXPECT_EQ(made.text("/direction"), "inbound");
    EXPECT_EQ(made.text("/team_member"), "Alan Turing");
    EXPECT_EQ(made.text("/interaction_at"), db::to_rfc3339(database.clock.now()));
    EXPECT_TRUE(made["/conversation_id"].is_null());
    EXPECT_EQ(read(at("/interactions", made.id())).body, made.body);
    EXPECT_EQ(record()["/interactions/0"], made.body);
    EXPECT_EQ(record()["/client/last_interaction_at"], made["/interaction_at"]);
    EXPECT_TRUE(audit_of("interaction", made.id()).back().starts_with("created by " + actor()));
}

TEST_P(History, an_interaction_of_long_ago_does_not_move_the_last_one_back)
{
    make("/interactions", note("now"));
    json::object old = note("long ago");
    old["interaction_at"] = "2020-01-01T00:00:00Z";
    make("/interactions", old);
    EXPECT_EQ(record().text("/client/last_interaction_at"), db::to_rfc3339(database.clock.now()));
}

TEST_P(History, an_interaction_is_about_a_case_of_the_same_client)
{
    add_case_type("WP-1");
    const Uuid other = add_client("Charles");
    const auto open = [&](const Uuid& of) {
        return make("/cases", json::object{{"client_id", db::to_string(of)}, {"case_type_code", "WP-1"}}).text("/id");
    };
    json::object about = note("x");
    about["case_id"] = open(other);
    EXPECT_EQ(post("/interactions", about).status, 404);
    about["case_id"] = open(client);
    make("/interactions", about);
    const auto listed = read("/interactions?case_id=" + std::string(about["case_id"].as_string()));
    EXPECT_EQ(listed["/items"].as_array().size(), 1u);
}

TEST_P(History, an_interaction_made_by_hand_opens_no_conversation)
{
    json::object claim = note("x");
    claim["conversation_id"] = db::to_string(add_conversation({"a secret"}));
    EXPECT_EQ(post("/interactions", claim).wrong_fields(), Texts{"/conversation_id"});
    EXPECT_TRUE(record()["/conversations"].as_array().empty());
}

TEST_P(History, interactions_are_filtered_and_paged_and_the_record_shows_ten)
{
    const Uuid other = add_client("Charles");
    for (int i = 0; i < 12; ++i) make("/interactions", note(std::to_string(i)));
    make("/interactions",
         json::object{{"client_id", db::to_string(other)}, {"interaction_type", "note"}, {"summary", "his"}});
    EXPECT_EQ(record()["/interactions"].as_array().size(), 10u);
    EXPECT_EQ(record().text("/interactions/0/summary"), "11");
    EXPECT_EQ(read("/interactions?interaction_type=note").texts_of_items("summary"), Texts{"his"});
    const auto page = read("/interactions?limit=11&client_id=" + db::to_string(client));
    const auto rest = read("/interactions?client_id=" + db::to_string(client) + "&after=" + page.text("/next"));
    EXPECT_EQ(rest.texts_of_items("summary"), Texts{"0"});
    EXPECT_TRUE(rest["/next"].is_null());
}

TEST_P(History, evidence_tells_the_words_to_the_character)
{
    const Uuid told = add_conversation({"I'm Ada Byron"});
    add_evidence(client, told, "full_name", "Ada Byron");
    const json::value evidence = record()["/evidence/0"];
    EXPECT_EQ(evidence.at("conversation_id"), json::value(db::to_string(told)));
    EXPECT_EQ(evidence.at("start"), 3);
    EXPECT_EQ(evidence.at("end"), 12);
    EXPECT_EQ(evidence.at("message_seq"), 1);
    EXPECT_EQ(evidence.at("confidence"), 0.95);
}

TEST_P(History, a_conversation_is_read_through_its_client_only)
{
    const Uuid told = add_conversation({"I am Ada", "hello"});
    const Uuid met = add_conversation({"again"});
    const Uuid foreign = add_conversation({"nobody's business"});
    const Uuid other = add_client("Charles");
    add_evidence(client, told, "full_name", "Ada");
    add_interaction(client, met);
    EXPECT_EQ(record()["/conversations"].as_array().size(), 2u);

    const auto shown = read(talk(client, told));
    EXPECT_EQ(shown.id("/conversation/id"), told);
    EXPECT_EQ(shown["/messages"].as_array().size(), 2u);
    EXPECT_EQ(shown.text("/messages/0/content"), "I am Ada");
    EXPECT_EQ(shown.text("/messages/0/sender"), "user");
    EXPECT_EQ(shown["/evidence"].as_array().size(), 1u);
    EXPECT_TRUE(read(talk(client, met))["/evidence"].as_array().empty());

    EXPECT_EQ(get(talk(client, foreign)).status, 404);
    EXPECT_EQ(get(talk(other, told)).status, 404);
    EXPECT_EQ(get(talk(client, db::new_uuid())).status, 404);
}

TEST_P(History, reading_a_conversation_is_audited_and_what_was_refused_is_not)
{
    const Uuid told = add_conversation({"I am Ada"});
    EXPECT_EQ(get(talk(client, told)).status, 404);
    add_evidence(client, told, "full_name", "Ada");
    read(talk(client, told));
    const std::string whose = R"( {"client_id":")" + db::to_string(client) + R"("})";
    EXPECT_EQ(audit_of("conversation", told), Texts{"read by " + actor() + whose});
}

TEST_P(History, a_long_conversation_is_read_from_its_end)
{
    const Uuid told = add_conversation({"one", "two", "three"});
    add_evidence(client, told, "full_name", "Ada");
    const auto texts = [&](const std::string& query) {
        return read(talk(client, told) + query).texts_of("/messages", "content");
    };
    EXPECT_EQ(texts("?limit=2"), (Texts{"two", "three"}));
    EXPECT_EQ(texts("?limit=2&before=2"), Texts{"one"});
}

TEST_P(History, the_timeline_tells_all_that_happened_newest_first)
{
    add_case_type("WP-1");
    database.clock.advance(1s);
    const Uuid told = add_conversation({"I'm Ada Byron"});
    add_evidence(client, told, "full_name", "Ada Byron");
    database.clock.advance(1s);
    const Uuid one =
        make("/cases", json::object{{"client_id", db::to_string(client)}, {"case_type_code", "WP-1"}}).id();
    database.clock.advance(1s);
    make("/interactions", note("Called"));
    database.clock.advance(1s);
    change(at("/clients", client), json::object{{"status", "active"}, {"phone", "+19776252661"}});
    database.clock.advance(1s);
    change(at("/cases", one), json::object{{"status", "approved"}});

    const auto timeline = read(at("/clients", client) + "/timeline");
    EXPECT_EQ(timeline.texts_of_items("kind"),
              (Texts{"change", "change", "interaction", "case", "evidence", "change"}));
    EXPECT_EQ(timeline.texts_of_items("title"),
              (Texts{"Case updated by Alan Turing", "Updated by Alan Turing", "Call", "Case: Work permit",
                     "Full name: Ada Byron", "Created by Alan Turing"}));
    const auto details = timeline.texts_of_items("detail");
    EXPECT_EQ(details[0], "status: inquiry → approved");
    EXPECT_NE(details[1].find("phone: none → +19776252661"), std::string::npos);
    EXPECT_EQ(details[2], "Called");
    EXPECT_EQ(details[4], "Ada Byron");
}

TEST_P(History, the_timeline_is_paged_also_where_many_things_happened_at_once)
{
    for (int i = 0; i < 7; ++i) make("/interactions", note(std::to_string(i)));
    std::set<std::string> seen;
    std::string after;
    for (int pages = 1;; ++pages) {
        const auto page = read(at("/clients", client) + "/timeline?limit=3" + after);
        for (const auto& id : page.texts_of_items("id")) EXPECT_TRUE(seen.insert(id).second);
        if (page["/next"].is_null()) break;
        ASSERT_LT(pages, 4);
        after = "&after=" + page.text("/next");
    }
    EXPECT_EQ(seen.size(), 8u);
    EXPECT_EQ(get(at("/clients", client) + "/timeline?after=yesterday").status, 400);
}

TEST_P(History, a_client_of_whom_nothing_is_known_has_no_timeline)
{
    EXPECT_EQ(get(at("/clients", db::new_uuid()) + "/timeline").status, 404);
    EXPECT_EQ(get(at("/clients", db::new_uuid())).status, 404);
}

INSTANTIATE_TEST_SUITE_P(OnEveryEngine, History, ::testing::Values(db::Engine::sqlite, db::Engine::postgresql),
                         [](const auto& info) { return std::string(db::to_string(info.param)); });

} // namespace trunkline::crm::testing
