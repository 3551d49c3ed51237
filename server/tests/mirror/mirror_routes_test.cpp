// SPDX-License-Identifier: MIT
#include <mirror/mirror_routes.hpp>

#include <http/call_builder.hpp>
#include <mirror/support/mirror_bed.hpp>

#include <boost/json/parse.hpp>

namespace trunkline::mirror {
namespace {

class MirrorPaths : public MirrorBed {
protected:
    http::Response ask(std::size_t row, http::Actor actor, std::vector<std::pair<std::string, std::string>> path = {})
    {
        MirrorRoutes routes(local.pool(), local.clock, copier(), bell);
        const auto table = routes.table();
        auto call = http::CallBuilder().actor(actor).route(table[row].path).build();
        http::RawInput raw{std::move(path), {}, {}};
        return local.run(table[row].handle(call, raw));
    }
    json::object status(const http::Actor& actor) { return json::parse(ask(0, actor).body).as_object(); }

    const Uuid conversation = db::new_uuid();
};

TEST_F(MirrorPaths, are_for_staff)
{
    start();
    MirrorRoutes routes(local.pool(), local.clock, copier(), bell);
    for (const auto& route : routes.table()) EXPECT_EQ(route.access, http::Access::staff) << route.path;
}

TEST_F(MirrorPaths, what_is_off_is_off)
{
    config.enabled = false;
    start();
    const auto shown = status(local.staff);
    EXPECT_EQ(shown.at("enabled"), false);
    EXPECT_EQ(shown.at("state"), "off");
    EXPECT_EQ(shown.at("last_error"), nullptr);
}

TEST_F(MirrorPaths, lag_backlog_and_the_last_error_are_shown_while_the_server_is_away)
{
    mysql().stop();
    start();
    save(conversation, "one");
    save(conversation, "two");
    const Time began = local.clock.now();
    pass_time_until([&] { return local.clock.now() - began >= 90s; });
    const auto shown = status(local.staff);
    EXPECT_EQ(shown.at("state"), "unreachable");
    EXPECT_EQ(shown.at("backlog"), 2);
    EXPECT_EQ(shown.at("lag_seconds"), std::chrono::floor<std::chrono::seconds>(local.clock.now() - began).count());
    EXPECT_NE(std::string(shown.at("last_error").as_string()).find("MySQL error 2002"), std::string::npos);
    EXPECT_TRUE(shown.at("next_attempt_at").is_string());
    EXPECT_EQ(status(local.stranger).at("backlog"), 0) << "another tenant's messages are none of theirs";
    mysql().start();
    make_table();
    pass_time_until_copied();
    const auto well = status(local.staff);
    EXPECT_EQ(well.at("state"), "ok");
    EXPECT_EQ(well.at("delivered"), 2);
    EXPECT_EQ(well.at("backlog"), 0);
    EXPECT_EQ(well.at("lag_seconds"), 0);
    EXPECT_EQ(well.at("last_error"), nullptr);
    EXPECT_EQ(well.at("next_attempt_at"), nullptr);
}

TEST_F(MirrorPaths, a_dead_letter_is_shown_and_tried_again_on_request)
{
    make_table();
    owner("ALTER TABLE messages MODIFY message VARCHAR(5) NOT NULL");
    const Uuid row = save(conversation, "too long for them");
    start();
    pass_time_until_copied();
    const auto shown = status(local.staff);
    EXPECT_EQ(shown.at("state"), "ok");
    EXPECT_EQ(shown.at("dead"), 1);
    const auto& letter = shown.at("dead_letters").as_array().at(0).as_object();
    EXPECT_EQ(letter.at("id"), json::value(to_string(row)));
    EXPECT_EQ(letter.at("conversation_id"), json::value(to_string(conversation)));
    EXPECT_EQ(letter.at("seq"), 1);
    EXPECT_EQ(letter.at("attempts"), 1);
    EXPECT_NE(std::string(letter.at("error").as_string()).find("the column holds 5"), std::string::npos);

    stop();
    owner("ALTER TABLE messages MODIFY message TEXT NOT NULL");
    start();
    EXPECT_EQ(ask(1, local.stranger, {{"id", to_string(row)}}).status, 404);
    EXPECT_EQ(ask(1, local.staff, {{"id", "nonsense"}}).status, 400);
    EXPECT_EQ(ask(1, local.staff, {{"id", to_string(row)}}).status, 200);
    pass_time_until_copied();
    EXPECT_EQ(seen_messages(), std::vector<std::string>{"too long for them"});
    EXPECT_EQ(status(local.staff).at("dead"), 0);
    EXPECT_EQ(ask(1, local.staff, {{"id", to_string(row)}}).status, 404) << "it is no dead letter any more";
}

} // namespace
} // namespace trunkline::mirror
