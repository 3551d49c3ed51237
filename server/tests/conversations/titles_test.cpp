// SPDX-License-Identifier: MIT
#include <conversations/conversation.hpp>
#include <conversations/titles.hpp>

#include <base/utf8.hpp>

#include <gtest/gtest.h>

namespace trunkline::conversations {
namespace {

TEST(Titles, six_words_are_a_title_and_more_are_cut)
{
    EXPECT_EQ(title_from("one two three four five six"), "one two three four five six");
    EXPECT_EQ(title_from("  one two\nthree four five six seven"), "one two three four five six...");
    EXPECT_EQ(title_from(" \n "), "");
}

TEST(Titles, an_older_clients_json_is_read_as_its_text)
{
    EXPECT_EQ(title_from(R"({"type":"string","value":"grüße aus Köln"})"), "grüße aus Köln");
    EXPECT_EQ(title_from("{not json at all"), "{not json at all");
    EXPECT_EQ(plain_text(R"({"other":1})"), R"({"other":1})");
}

TEST(Titles, a_long_word_is_cut_between_characters)
{
    std::string word;
    for (int i = 0; i < 300; ++i) word += "ü";
    EXPECT_EQ(count_characters(title_from(word)), title_chars_max);
    EXPECT_EQ(title_from(word).size(), 2 * title_chars_max);
}

TEST(Titles, a_preview_is_one_short_line)
{
    EXPECT_EQ(preview_of("one\ntwo"), "one two");
    EXPECT_EQ(count_characters(preview_of(std::string(200, 'x'))), preview_chars_max + 3);
    EXPECT_EQ(default_title("market"), "Market Chat");
}

} // namespace
} // namespace trunkline::conversations
