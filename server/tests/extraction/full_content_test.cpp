// SPDX-License-Identifier: MIT
#include <extraction/full_content.hpp>
#include <extraction/sender_address.hpp>

#include <gtest/gtest.h>

namespace trunkline::extraction {

namespace {
TranscriptMessage message(Sender sender, std::string text) { return {db::new_uuid(), 1, sender, std::move(text)}; }
} // namespace

TEST(FullContent, has_a_line_for_each_message_with_its_role)
{
    EXPECT_EQ(full_content({}), "");
    EXPECT_EQ(full_content({message(Sender::customer, "Hello"), message(Sender::agent, "Good day"),
                            message(Sender::system, "Looked up")}),
              "USER: Hello\nASSISTANT: Good day\nSYSTEM: Looked up");
}

TEST(FullContent, keeps_the_newest_of_a_long_conversation_and_says_so)
{
    std::vector<TranscriptMessage> messages;
    for (int i = 0; i < 30; ++i)
        messages.push_back(message(Sender::customer, std::to_string(i) + std::string(10'000, 'x')));
    const std::string content = full_content(messages);
    EXPECT_LT(content.size(), full_content_bytes_max + 100);
    EXPECT_TRUE(content.starts_with("(4 earlier messages are in the conversation)\nUSER: 4x"));
    EXPECT_NE(content.find("\nUSER: 29x"), std::string::npos);
}

TEST(StoredText, is_what_every_database_takes)
{
    EXPECT_EQ(stored_text("Grüße 🎈"), "Grüße 🎈");
    EXPECT_EQ(stored_text(std::string_view("a\0b\xff", 4)), "a\ufffdb\ufffd");
}

TEST(SenderAddress, is_in_the_last_angle_brackets_or_bare)
{
    const auto read = [](std::string_view sender) {
        const auto address = sender_address(sender);
        return address ? address->value() : std::string("none");
    };
    EXPECT_EQ(read("Ada Lovelace <Ada@CRM.example.test>"), "ada@crm.example.test");
    EXPECT_EQ(read(" ada@crm.example.test "), "ada@crm.example.test");
    EXPECT_EQ(read("\"A <b@c.test>\" <ada@crm.example.test>"), "ada@crm.example.test");
    EXPECT_EQ(read("Ada <ada@crm.example.test"), "none");
    EXPECT_EQ(read("Ada"), "none");
    EXPECT_EQ(read(""), "none");
    EXPECT_EQ(read("<>"), "none");
}

} // namespace trunkline::extraction
