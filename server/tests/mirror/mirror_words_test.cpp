// SPDX-License-Identifier: MIT
#include <mirror/delivery.hpp>
#include <mirror/mirror_config.hpp>

#include <base/crypto.hpp>
#include <base/rfc3339.hpp>

#include <gtest/gtest.h>

namespace trunkline::mirror {
namespace {

MirrorConfig complete()
{
    MirrorConfig config;
    config.enabled = true;
    config.host = "crm.example.test";
    config.user = "u";
    config.password = "secret";
    config.database = "crm";
    return config;
}

TEST(MirrorConfig, says_which_settings_are_missing_and_is_then_not_usable)
{
    MirrorConfig config = complete();
    EXPECT_TRUE(config.usable());
    config.password.clear();
    config.database.clear();
    ASSERT_TRUE(config.problem());
    EXPECT_NE(config.problem()->find("CRM_MYSQL_PASSWORD, CRM_MYSQL_DATABASE"), std::string::npos) << *config.problem();
    EXPECT_FALSE(config.usable());
    config.enabled = false;
    EXPECT_FALSE(config.problem()) << "what is off may be incomplete";
    EXPECT_FALSE(config.usable());
}

TEST(MirrorConfig, names_its_lock_for_the_table_within_what_mysql_takes)
{
    MirrorConfig config = complete();
    EXPECT_EQ(config.lock_name(), "trunkline:crm:messages");
    config.table = std::string(64, 't');
    const auto one = config.lock_name();
    config.table.back() = 'u';
    EXPECT_LE(one.size(), 64u);
    EXPECT_NE(one, config.lock_name());
}

TEST(Letter, a_time_is_floored_to_its_second)
{
    const auto text = [](std::string_view rfc) { return sql_second(*parse_rfc3339(rfc)); };
    EXPECT_EQ(text("2026-11-21T09:30:00Z"), "2026-11-21 09:30:00");
    EXPECT_EQ(text("2026-11-21T09:30:00.999999Z"), "2026-11-21 09:30:00");
    EXPECT_EQ(text("2026-11-21T00:59:59.5+01:00"), "2026-11-20 23:59:59");
    EXPECT_EQ(text("1969-12-31T23:59:59.000001Z"), "1969-12-31 23:59:59");
}

outbox::Claimed claimed(std::string payload, std::int64_t attempts = 1)
{
    outbox::Claimed row;
    row.payload = std::move(payload);
    row.attempts = attempts;
    return row;
}

TEST(Letter, a_payload_comes_back_as_it_was_written)
{
    const outbox::MirrorPayload written{db::new_uuid(),
                                        "out",
                                        "u\"1",
                                        "Žofie 🎈",
                                        "'; DROP TABLE messages; --\n\t\\",
                                        Time(std::chrono::microseconds(1'795'000'000'123'456)),
                                        "mid.1"};
    const auto letter = read_letter(claimed(serialize(to_json(written))));
    ASSERT_TRUE(letter);
    EXPECT_EQ(letter->payload.message_id, written.message_id);
    EXPECT_EQ(letter->payload.username, written.username);
    EXPECT_EQ(letter->payload.message, written.message);
    EXPECT_EQ(letter->payload.created_at, written.created_at);
    EXPECT_EQ(letter->payload.channel_message_id, written.channel_message_id);
}

TEST(Letter, a_payload_that_is_none_is_refused_with_what_is_wrong)
{
    EXPECT_FALSE(read_letter(claimed("{")));
    const auto wanting = read_letter(claimed(R"({"direction": "in"})"));
    ASSERT_FALSE(wanting);
    EXPECT_NE(wanting.refusal().detail.find("/message "), std::string::npos) << wanting.refusal().detail;
    const outbox::MirrorPayload sideways{db::new_uuid(), "inbound", "u", "u", "m", {}, {}};
    EXPECT_FALSE(read_letter(claimed(serialize(to_json(sideways)))));
}

TEST(Fingerprint, differs_wherever_the_foreign_table_shows_a_difference)
{
    const auto base = fingerprint("crm:messages", "u1", "in", "2026-11-21 09:30:00", sha256_hex("hello"));
    EXPECT_EQ(base, fingerprint("crm:messages", "u1", "in", "2026-11-21 09:30:00", sha256_hex("hello")));
    EXPECT_NE(base, fingerprint("crm:messages", "u1", "in", "2026-11-21 09:30:00", sha256_hex("Hello")));
    EXPECT_NE(base, fingerprint("crm:messages", "u1", "in", "2026-11-21 09:30:01", sha256_hex("hello")));
    EXPECT_NE(base, fingerprint("crm:messages", "u1", "out", "2026-11-21 09:30:00", sha256_hex("hello")));
    EXPECT_NE(base, fingerprint("crm:messages", "u1i", "n", "2026-11-21 09:30:00", sha256_hex("hello")));
    EXPECT_NE(base, fingerprint("crm:messages2", "u1", "in", "2026-11-21 09:30:00", sha256_hex("hello")));
}

/// Equal letters, tried so often.
std::vector<Letter> equal_letters(std::initializer_list<std::int64_t> attempts)
{
    std::vector<Letter> letters;
    for (const auto tried : attempts)
        letters.push_back({claimed("", tried), {db::new_uuid(), "in", "u", "u", "m", {}, {}}, ""});
    return letters;
}

std::vector<bool> there(const std::vector<Letter>& letters, std::int64_t in_table, std::int64_t delivered)
{
    const std::vector<std::string> fingerprints(letters.size(), "f");
    return already_there(letters, fingerprints, Standing{{{"f", in_table}}, {}}, {{"f", delivered}});
}

TEST(AlreadyThere, of_equal_rows_those_beyond_the_delivered_ones_were_brought_by_attempts_in_doubt)
{
    using Answers = std::vector<bool>;
    EXPECT_EQ(there(equal_letters({2}), 0, 0), (Answers{false}));
    EXPECT_EQ(there(equal_letters({2}), 1, 0), (Answers{true}));
    EXPECT_EQ(there(equal_letters({2}), 1, 1), (Answers{false})) << "that one is another message's";
    EXPECT_EQ(there(equal_letters({2}), 2, 1), (Answers{true}));
    EXPECT_EQ(there(equal_letters({2, 3}), 1, 0), (Answers{true, false}));
    EXPECT_EQ(there(equal_letters({2, 2, 2}), 3, 1), (Answers{true, true, false}));
    EXPECT_EQ(there(equal_letters({2}), 0, 1), (Answers{false})) << "the owner took a row away";
}

TEST(AlreadyThere, what_was_never_tried_is_not_there_whatever_stands_in_the_table)
{
    EXPECT_EQ(there(equal_letters({1}), 5, 0), std::vector<bool>{false});
    EXPECT_EQ(there(equal_letters({1, 2}), 1, 0), (std::vector<bool>{false, true}));
}

TEST(AlreadyThere, a_row_that_names_its_message_is_that_message)
{
    const auto letters = equal_letters({2, 2});
    const std::vector<std::string> fingerprints(2, "f");
    const Standing standing{{}, {to_string(letters[1].payload.message_id)}};
    EXPECT_EQ(already_there(letters, fingerprints, standing, {}), (std::vector<bool>{false, true}));
}

TEST(MysqlError, tells_apart_what_to_do_next)
{
    EXPECT_EQ(MysqlError(2013, "").trouble(), Trouble::connection);
    EXPECT_EQ(MysqlError(1045, "").trouble(), Trouble::connection);
    EXPECT_EQ(MysqlError(1290, "").trouble(), Trouble::target);
    EXPECT_EQ(MysqlError(1213, "").trouble(), Trouble::target);
    EXPECT_EQ(MysqlError(1146, "").trouble(), Trouble::target);
    EXPECT_EQ(MysqlError(1364, "").trouble(), Trouble::target) << "no row at all could be inserted";
    EXPECT_EQ(MysqlError(1406, "").trouble(), Trouble::row);
    EXPECT_EQ(MysqlError(1366, "").trouble(), Trouble::row);
    EXPECT_EQ(MysqlError(9999, "").trouble(), Trouble::unclear) << "what we do not know must not lose a message";
}

TEST(MysqlError, keeps_what_a_customer_wrote_out_of_its_text)
{
    const std::string wrong =
        MysqlError(1366, "Incorrect string value: 'my secret' for column `crm`.`messages`.`message` at row 1").what();
    EXPECT_EQ(wrong.find("secret"), std::string::npos) << wrong;
    EXPECT_NE(wrong.find("`message`"), std::string::npos) << wrong;
    const std::string twice = MysqlError(1062, "Duplicate entry 'a secret for column b' for key 'PRIMARY'").what();
    EXPECT_EQ(twice.find("secret"), std::string::npos) << twice;
    EXPECT_NE(twice.find("'PRIMARY'"), std::string::npos) << twice;
    EXPECT_EQ(without_values(1406, "Data too long for column 'message' at row 1"),
              "Data too long for column 'message' at row 1");
}

TEST(Column, knows_what_fits_in_characters_or_in_bytes)
{
    const Column name{"username", "varchar", "varchar(3)", "utf8mb4", 3, 12, false, false};
    EXPECT_TRUE(name.fits("🎈🎈🎈"));
    EXPECT_FALSE(name.fits("abc ")) << "spaces at the end are not cut";
    const Column text{"message", "text", "text", "utf8mb4", 65535, 65535, false, false};
    EXPECT_TRUE(text.fits(std::string(65535, 'x')));
    EXPECT_FALSE(text.fits(std::string(65536, 'x')));
}

} // namespace
} // namespace trunkline::mirror
