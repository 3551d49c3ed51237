// SPDX-License-Identifier: MIT
#include <mirror/support/mirror_bed.hpp>

#include <thread>

namespace trunkline::mirror {
namespace {

class Copying : public MirrorBed {
protected:
    /// A session of somebody else's, as root.
    std::unique_ptr<MysqlConnection> stranger()
    {
        MirrorConfig root = config;
        root.socket = mysql().socket();
        root.user = "root";
        root.password.clear();
        auto connection = std::make_unique<MysqlConnection>(root);
        connection->connect();
        return connection;
    }
    const Uuid conversation = db::new_uuid();
};

TEST_F(Copying, a_message_arrives_with_the_contracts_mapping)
{
    make_table();
    auto question = inbound("Kolik stojí 🎈?");
    question.created_at += 999ms;
    auto answer = question;
    answer.message_id = db::new_uuid();
    answer.direction = "out";
    answer.message = "'; DROP TABLE messages; -- \\ \"\n";
    save(conversation, question);
    save(conversation, answer);
    start();
    pass_time_until_copied();
    const std::string second = sql_second(question.created_at);
    const std::vector<Seen> expected{{"customer-7", "Ada Lovelace", "in", "Kolik stojí 🎈?", second},
                                     {"customer-7", "Ada Lovelace", "out", answer.message, second}};
    EXPECT_EQ(seen(), expected);
    EXPECT_EQ(local.run(local.pool().fetch_value<std::int64_t>("SELECT count(*) FROM mirror_deliveries")), 2);
}

TEST_F(Copying, a_conversations_messages_keep_their_order_and_no_conversation_waits_for_another)
{
    make_table(", conversation_id CHAR(36)");
    const Uuid other = db::new_uuid();
    for (int i = 0; i < 20; ++i) {
        save(conversation, "a" + std::to_string(i));
        if (i < 3) save(other, "b" + std::to_string(i));
    }
    start();
    pass_time_until_copied();
    std::string expected;
    for (int i = 0; i < 20; ++i) expected += (i ? "\n" : "") + std::string("a") + std::to_string(i);
    EXPECT_EQ(
        owner("SELECT message FROM messages WHERE conversation_id = '" + to_string(conversation) + "' ORDER BY id"),
        expected);
    const auto all = seen_messages();
    EXPECT_LT(std::ranges::find(all, "b2") - all.begin(), 7) << "three rounds bring three messages of each";
}

TEST_F(Copying, switched_off_nothing_is_claimed_and_nothing_is_said)
{
    make_table();
    config.enabled = false;
    save(conversation, "stays");
    start();
    local.settle();
    EXPECT_EQ(count("attempts = 0 AND lease_token IS NULL"), 1);
    EXPECT_EQ(copier().state().word, CopierState::Word::off);
    EXPECT_TRUE(log.empty());
}

TEST_F(Copying, switched_on_without_a_password_it_warns_once_and_is_off)
{
    make_table();
    config.password.clear();
    save(conversation, "stays");
    start();
    local.settle();
    EXPECT_EQ(said("CRM_MYSQL_PASSWORD"), 1u);
    EXPECT_EQ(log.size(), 1u);
    EXPECT_EQ(count("attempts = 0"), 1);
    EXPECT_EQ(copier().state().word, CopierState::Word::off);
}

TEST_F(Copying, what_does_not_fit_is_given_up_with_the_reason_never_cut_and_the_others_go_on)
{
    make_table();
    auto long_name = inbound("fits");
    long_name.username = std::string(101, 'n');
    save(conversation, std::string(65535, 'x'));
    save(conversation, std::string(65536, 'x'));
    save(db::new_uuid(), long_name);
    save(conversation, "after it");
    start();
    pass_time_until_copied();
    EXPECT_EQ(seen_messages(), (std::vector<std::string>{std::string(65535, 'x'), "after it"}));
    const auto dead = local.run(outbox::dead_letters(local.pool(), local.tenant, outbox::mirror_topic, 10));
    ASSERT_EQ(dead.size(), 2u);
    std::set<std::string> reasons;
    for (const auto& letter : dead) reasons.insert(letter.last_error);
    EXPECT_TRUE(reasons.contains("message does not fit: it has 65536 bytes and the column holds 65535; nothing is cut"))
        << *reasons.begin();
    EXPECT_TRUE(
        reasons.contains("username does not fit: it has 101 characters and the column holds 100; nothing is cut"));
    EXPECT_EQ(said("is given up"), 2u);
}

TEST_F(Copying, what_the_server_refuses_becomes_a_dead_letter_that_can_be_tried_again)
{
    make_table("", "ENGINE=InnoDB CHARSET=utf8mb3");
    const Uuid balloon = save(conversation, "balloon 🎈 secret");
    save(conversation, "plain");
    start();
    pass_time_until_copied();
    EXPECT_EQ(seen_messages(), std::vector<std::string>{"plain"});
    const auto dead = local.run(outbox::dead_letters(local.pool(), local.tenant, outbox::mirror_topic, 10));
    ASSERT_EQ(dead.size(), 1u);
    EXPECT_NE(dead[0].last_error.find("MySQL error 1366"), std::string::npos) << dead[0].last_error;
    EXPECT_EQ(dead[0].last_error.find("secret"), std::string::npos) << dead[0].last_error;

    stop();
    owner("ALTER TABLE messages CONVERT TO CHARACTER SET utf8mb4");
    EXPECT_FALSE(
        local.run(outbox::revive(local.pool(), local.other_tenant, outbox::mirror_topic, balloon, local.clock.now())));
    EXPECT_TRUE(
        local.run(outbox::revive(local.pool(), local.tenant, outbox::mirror_topic, balloon, local.clock.now())));
    start();
    pass_time_until_copied();
    EXPECT_EQ(seen_messages(), (std::vector<std::string>{"plain", "balloon 🎈 secret"}));
    EXPECT_EQ(count("dead_at IS NOT NULL"), 0);
}

TEST_F(Copying, one_refused_row_among_many_is_refused_alone_also_in_a_table_without_transactions)
{
    make_table(", CHECK (message <> 'forbidden')", "ENGINE=Aria CHARSET=utf8mb4");
    for (const auto* text : {"one", "two", "forbidden", "three"}) save(db::new_uuid(), text);
    start();
    pass_time_until_copied();
    auto arrived = seen_messages();
    std::ranges::sort(arrived);
    EXPECT_EQ(arrived, (std::vector<std::string>{"one", "three", "two"}));
    EXPECT_EQ(count("dead_at IS NOT NULL"), 1);
}

TEST_F(Copying, a_payload_that_is_none_is_given_up)
{
    make_table();
    const Uuid row = save(conversation, "good");
    local.run(local.pool().execute("UPDATE outbox SET payload = '{}' WHERE id = $1", row));
    save(conversation, "behind it");
    start();
    pass_time_until_copied();
    EXPECT_EQ(seen_messages(), std::vector<std::string>{"behind it"});
    EXPECT_EQ(count("dead_at IS NOT NULL"), 1);
}

TEST_F(Copying, a_server_that_is_away_is_said_once_nothing_is_claimed_and_all_arrives_when_it_is_back)
{
    make_table();
    mysql().stop();
    start();
    save(conversation, "one");
    save(conversation, "two");
    const Time began = local.clock.now();
    pass_time_until([&] { return local.clock.now() - began > 10min; });
    EXPECT_EQ(copier().state().word, CopierState::Word::unreachable);
    EXPECT_EQ(said("messages are kept here"), 1u);
    EXPECT_EQ(said("CRM_MYSQL_HOST"), 1u);
    EXPECT_EQ(count("attempts = 0 AND dead_at IS NULL"), 2);
    mysql().start();
    pass_time_until_copied();
    pass_time_until([&] { return copier().state().word == CopierState::Word::copying; });
    EXPECT_EQ(seen_messages(), (std::vector<std::string>{"one", "two"}));
    EXPECT_EQ(said("copying again"), 1u);
    EXPECT_EQ(said("is fit for the mirror"), 1u);
    EXPECT_EQ(log.size(), 3u);
}

TEST_F(Copying, a_server_that_became_read_only_is_waited_for_and_no_row_is_given_up)
{
    make_table();
    start();
    save(conversation, "one");
    pass_time_until_copied();
    mysql().set_read_only(true);
    save(conversation, "two");
    pass_time_until([&] { return count("attempts >= 3") == 1; });
    EXPECT_EQ(copier().state().word, CopierState::Word::refused);
    EXPECT_EQ(said("read-only"), 1u);
    mysql().set_read_only(false);
    pass_time_until_copied();
    EXPECT_EQ(seen_messages(), (std::vector<std::string>{"one", "two"}));
    EXPECT_EQ(count("dead_at IS NOT NULL"), 0);
}

TEST_F(Copying, a_session_that_was_ended_is_opened_again)
{
    make_table();
    start();
    for (int i = 0; i < 5; ++i) {
        save(conversation, std::to_string(i));
        pass_time_until_copied();
        cut_sessions();
    }
    EXPECT_EQ(seen_messages(), (std::vector<std::string>{"0", "1", "2", "3", "4"}));
    EXPECT_EQ(said("is fit for the mirror"), 1u) << "what is no news is not said again";
}

TEST_F(Copying, an_idle_session_says_a_word_so_that_it_lives_and_its_loss_is_noticed)
{
    make_table();
    start();
    save(conversation, "one");
    pass_time_until_copied();
    mysql().stop();
    const Time began = local.clock.now();
    pass_time_until([&] { return copier().state().word == CopierState::Word::unreachable; });
    EXPECT_LT(local.clock.now() - began, 60s);
    mysql().start();
}

TEST_F(Copying, waits_its_turn_while_another_session_copies_into_the_table)
{
    make_table();
    auto other = stranger();
    ASSERT_EQ(other->query("SELECT cast(get_lock(?, 0) AS CHAR)", {config.lock_name()}).at(0).at(0), "1");
    start();
    save(conversation, "mine");
    pass_time_until([&] { return copier().state().word == CopierState::Word::waiting; });
    EXPECT_EQ(count("attempts = 0"), 1);
    EXPECT_EQ(said("waits its turn"), 1u);
    other->close();
    pass_time_until_copied();
    EXPECT_EQ(seen_messages(), std::vector<std::string>{"mine"});
}

TEST_F(Copying, killed_between_the_servers_commit_and_our_own_each_message_still_arrives_once)
{
    make_table();
    for (int i = 0; i < 4; ++i) save(db::new_uuid(), "equal");
    save(conversation, "first");
    save(conversation, "second");
    start([] { throw std::runtime_error("killed"); });
    pass_time_until([&] { return deaths.size() == 1; });
    EXPECT_EQ(deaths, std::vector<std::string>{"killed"});
    EXPECT_EQ(seen().size(), 5u);
    EXPECT_EQ(open_rows(), 6);
    save(db::new_uuid(), "equal");
    restart();
    pass_time_until_copied();
    auto arrived = seen_messages();
    std::ranges::sort(arrived);
    EXPECT_EQ(arrived, (std::vector<std::string>{"equal", "equal", "equal", "equal", "equal", "first", "second"}));
}

TEST_F(Copying, an_equal_message_that_arrived_before_is_not_taken_for_one_in_doubt)
{
    make_table();
    start();
    save(db::new_uuid(), "equal");
    pass_time_until_copied();
    mysql().set_read_only(true);
    save(db::new_uuid(), "equal");
    pass_time_until([&] { return count("attempts >= 1 AND done_at IS NULL AND lease_token IS NULL") == 1; });
    mysql().set_read_only(false);
    pass_time_until_copied();
    EXPECT_EQ(seen_messages(), (std::vector<std::string>{"equal", "equal"}));
}

TEST_F(Copying, one_row_that_stands_there_answers_for_one_of_two_equal_messages_in_doubt)
{
    make_table();
    save(db::new_uuid(), "equal");
    start([] { throw std::runtime_error("killed"); });
    pass_time_until([&] { return deaths.size() == 1; });
    mysql().set_read_only(true);
    save(db::new_uuid(), "equal");
    restart();
    pass_time_until([&] { return count("attempts >= 2") == 1 && count("attempts >= 1 AND lease_token IS NULL") == 2; });
    ASSERT_EQ(seen().size(), 1u);
    mysql().set_read_only(false);
    pass_time_until_copied();
    EXPECT_EQ(seen_messages(), (std::vector<std::string>{"equal", "equal"}));
}

TEST_F(Copying, another_process_takes_over_what_a_dead_one_left_when_its_lease_is_over)
{
    make_table();
    save(conversation, "left behind");
    start([] { throw std::runtime_error("killed"); });
    pass_time_until([&] { return deaths.size() == 1; });
    stop();
    start();
    const Time began = local.clock.now();
    pass_time_until_copied();
    EXPECT_GE(local.clock.now() - began, 250s);
    EXPECT_EQ(seen_messages(), std::vector<std::string>{"left behind"});
}

TEST_F(Copying, while_the_server_hangs_saves_go_on_and_no_local_connection_is_held)
{
    config.slow_insert = 1ms;
    make_table();
    start();
    save(conversation, "one");
    pass_time_until_copied();
    auto owner_session = stranger();
    owner_session->execute("LOCK TABLES messages WRITE");
    save(conversation, "two");
    pass_time_until([&] { return count("lease_token IS NOT NULL") == 1; });
    for (int i = 0; i < 50; ++i) {
        save(db::new_uuid(), "meanwhile");
        EXPECT_EQ(local.pool().stats().in_use, 0u);
    }
    EXPECT_EQ(count("done_at IS NOT NULL"), 1) << "the server still hangs";
    owner_session->execute("UNLOCK TABLES");
    pass_time_until_copied();
    EXPECT_EQ(seen().size(), 52u);
    EXPECT_GE(said("inserting 1 messages"), 1u);
}

TEST_F(Copying, told_to_stop_while_the_server_does_not_answer_it_stops_at_once_and_loses_nothing)
{
    make_table();
    start();
    save(conversation, "one");
    pass_time_until_copied();
    mysql().freeze();
    save(conversation, "two");
    pass_time_until([&] { return count("lease_token IS NOT NULL") == 1; });
    const auto asked = std::chrono::steady_clock::now();
    stop();
    EXPECT_LT(std::chrono::steady_clock::now() - asked, 5s);
    mysql().thaw();
    restart();
    pass_time_until_copied();
    EXPECT_EQ(seen_messages(), (std::vector<std::string>{"one", "two"}));
}

} // namespace
} // namespace trunkline::mirror
