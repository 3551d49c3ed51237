// SPDX-License-Identifier: MIT
#include <mirror/support/mirror_bed.hpp>

namespace trunkline::mirror {
namespace {

class TargetTables : public MirrorBed {
protected:
    TargetCheck check()
    {
        Copier::Options options;
        options.log = [this](LogLevel, std::string_view text) { log.emplace_back(text); };
        Copier copier(config, bell, options);
        return local.run(copier.check());
    }
    bool remarks(const TargetCheck& found, std::string_view text)
    {
        return std::ranges::any_of(found.remarks,
                                   [&](const auto& remark) { return remark.find(text) != std::string::npos; });
    }
};

TEST_F(TargetTables, the_contracts_table_is_fit_with_the_right_to_read_and_append_alone)
{
    make_table();
    const auto found = check();
    EXPECT_TRUE(found.fit) << found.summary;
    EXPECT_TRUE(found.remarks.empty()) << found.remarks.front();
    EXPECT_EQ(said("is fit for the mirror"), 1u);
}

TEST_F(TargetTables, a_table_that_is_not_there_is_named_with_its_setting)
{
    make_table();
    config.table = "mesages";
    const auto found = check();
    EXPECT_FALSE(found.fit);
    EXPECT_NE(found.summary.find("'mesages'"), std::string::npos) << found.summary;
    EXPECT_NE(found.summary.find("CRM_MYSQL_TABLE"), std::string::npos) << found.summary;
}

TEST_F(TargetTables, columns_that_are_missing_are_named)
{
    make_table();
    owner("ALTER TABLE messages DROP COLUMN username, DROP COLUMN created_at");
    const auto found = check();
    EXPECT_FALSE(found.fit);
    EXPECT_NE(found.summary.find("no column username, created_at"), std::string::npos) << found.summary;
}

TEST_F(TargetTables, a_direction_that_knows_other_words_is_unfit)
{
    make_table();
    owner("ALTER TABLE messages MODIFY direction ENUM('inbound', 'outbound') NOT NULL");
    EXPECT_FALSE(check().fit);
}

TEST_F(TargetTables, without_the_right_to_append_the_grant_to_give_is_said_and_nothing_was_written)
{
    make_table();
    owner("REVOKE INSERT ON " + config.database + ".messages FROM 'trunkline'@'127.0.0.1'");
    const auto found = check();
    EXPECT_FALSE(found.fit);
    EXPECT_NE(found.summary.find("grant the user SELECT and INSERT"), std::string::npos) << found.summary;
    EXPECT_TRUE(seen().empty());
}

TEST_F(TargetTables, a_server_that_is_away_is_said_and_stops_nothing)
{
    config.port = static_cast<std::uint16_t>(db::testing::free_port());
    const auto found = check();
    EXPECT_FALSE(found.fit);
    EXPECT_NE(found.summary.find("CRM_MYSQL_HOST"), std::string::npos) << found.summary;
    EXPECT_EQ(found.summary.find(config.password), std::string::npos);
}

TEST_F(TargetTables, the_check_remarks_on_emoji_that_will_not_fit_and_on_columns_that_nobody_fills)
{
    make_table(", branch INT NOT NULL, note TEXT", "ENGINE=Aria CHARSET=utf8mb3");
    const auto found = check();
    EXPECT_TRUE(found.fit) << found.summary;
    EXPECT_TRUE(remarks(found, "column message is utf8mb3"));
    EXPECT_TRUE(remarks(found, "column branch wants a value"));
    EXPECT_FALSE(remarks(found, "column note"));
    EXPECT_TRUE(remarks(found, "no transactions"));
}

TEST_F(TargetTables, columns_beyond_the_contract_are_filled_where_they_are)
{
    make_table(
        ", message_id CHAR(36), instagram_message_id VARCHAR(100), conversation_id VARCHAR(64), sender_id VARCHAR(100),"
        " recipient_id VARCHAR(100), status VARCHAR(20), something_else TEXT");
    const Uuid conversation = db::new_uuid();
    auto question = inbound("how much?");
    question.channel_message_id = "mid.$cAAE";
    auto answer = inbound("ten");
    answer.direction = "out";
    save(conversation, question);
    save(conversation, answer);
    start();
    pass_time_until_copied();
    const std::string expected = to_string(question.message_id) + "\tmid.$cAAE\t" + to_string(conversation) +
                                 "\tcustomer-7\tNULL\treceived\tNULL\n" + to_string(answer.message_id) + "\tNULL\t" +
                                 to_string(conversation) + "\tNULL\tcustomer-7\tsent\tNULL";
    EXPECT_EQ(
        owner(
            "SELECT message_id, instagram_message_id, conversation_id, sender_id, recipient_id, status, something_else"
            " FROM messages ORDER BY id"),
        expected);
}

TEST_F(TargetTables, an_extra_column_that_cannot_take_the_value_is_left_alone)
{
    make_table(", message_id INT, conversation_id VARCHAR(10), sender_id VARCHAR(40), status ENUM('a', 'b')");
    auto long_name = inbound("hello");
    long_name.user_id = std::string(60, 'u');
    save(db::new_uuid(), long_name);
    start();
    pass_time_until_copied();
    EXPECT_EQ(owner("SELECT message_id, conversation_id, sender_id, status, char_length(user_id) FROM messages"),
              "NULL\tNULL\tNULL\tNULL\t60");
    EXPECT_EQ(count("dead_at IS NOT NULL"), 0);
}

} // namespace
} // namespace trunkline::mirror
