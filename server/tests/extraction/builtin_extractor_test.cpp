// SPDX-License-Identifier: MIT
#include <extraction/support/dialogue.hpp>

#include <base/json.hpp>

#include <gtest/gtest.h>

using namespace trunkline;
using namespace trunkline::extraction;
using namespace trunkline::extraction::testing;

namespace {

ExtractionInput fixture(std::size_t index)
{
    const auto file = std::filesystem::path(__FILE__).parent_path() / "fixtures" / "abcd-sample.json";
    return abcd_dialogue(read_json(file).as_array().at(index));
}

} // namespace

TEST(BuiltinExtractor, finds_name_address_and_phone_of_a_real_customer)
{
    const ExtractionInput input = fixture(0);
    const Extraction extraction = BuiltinExtractor().extract(input);
    EXPECT_EQ(value_of(extraction.client.full_name), "Crystal Minh");
    EXPECT_EQ(value_of(extraction.client.email), "cminh730@email.com");
    EXPECT_EQ(value_of(extraction.client.phone), "+19776252661");
    EXPECT_EQ(extraction.client.phone->value, "(977) 625-2661");
    EXPECT_FALSE(extraction.client.whatsapp);
    EXPECT_GE(extraction.client.confidence, 0.9);
    EXPECT_EQ(misplaced(input, extraction), "");
    EXPECT_NE(extraction.summary.find("I need to return an item"), std::string::npos);
}

TEST(BuiltinExtractor, takes_no_order_for_a_phone)
{
    const Extraction extraction = BuiltinExtractor().extract(fixture(1));
    EXPECT_EQ(value_of(extraction.client.full_name), "Alessandro Phoenix");
    EXPECT_EQ(value_of(extraction.client.email), "aphoenix939@email.com");
    EXPECT_FALSE(extraction.client.phone);
}

TEST(BuiltinExtractor, finds_nobody_where_nobody_says_who_he_is)
{
    const Extraction extraction = BuiltinExtractor().extract(fixture(2));
    EXPECT_FALSE(extraction.client.full_name);
    EXPECT_FALSE(extraction.client.email);
    EXPECT_FALSE(extraction.client.phone);
    EXPECT_EQ(extraction.client.confidence, 0);
    EXPECT_NE(extraction.summary, "");
}

TEST(BuiltinExtractor, says_nothing_of_an_empty_conversation)
{
    const Extraction extraction = extract({});
    EXPECT_EQ(extraction.client.confidence, 0);
    EXPECT_FALSE(extraction.intent.detected);
    EXPECT_EQ(extraction.summary, "");
}

TEST(BuiltinExtractor, does_not_repeat_what_is_known)
{
    ExtractionInput input =
        conversation({{"customer", "I'm Crystal. My email is ada@example.test, my phone is 415-775-7644"}});
    input.known.full_name = "Crystal Minh";
    input.known.email = "ada@example.test";
    const Extraction extraction = BuiltinExtractor().extract(input);
    EXPECT_FALSE(extraction.client.full_name);
    EXPECT_FALSE(extraction.client.email);
    EXPECT_EQ(value_of(extraction.client.phone), "+14157757644");
    EXPECT_GE(extraction.client.confidence, 0.6);
}

TEST(BuiltinExtractor, reads_nationality_where_it_is_stated)
{
    const auto of = [](const std::string& text) { return value_of(extract({{"customer", text}}).client.nationality); };
    EXPECT_EQ(of("I'm Italian"), "Italian");
    EXPECT_EQ(of("I have an Italian passport"), "Italian");
    EXPECT_EQ(of("nationality: german"), "German");
    EXPECT_EQ(of("I am a citizen of France"), "French");
    EXPECT_EQ(of("I'm from the Netherlands"), "Dutch");
    EXPECT_EQ(of("I like Italian food"), "");
    EXPECT_EQ(of("my wife has an Italian passport"), "");
}

TEST(BuiltinExtractor, keeps_its_summary_short)
{
    const std::string words = std::string("I need ") + std::string(5000, 'x');
    const auto extraction = extract({{"customer", words}});
    EXPECT_LE(from_utf8(extraction.summary, 10000).size(), 500U);
}

TEST(BuiltinExtractor, reads_the_newest_part_of_an_endless_conversation)
{
    std::vector<Line> lines(3000, Line{"customer", "hello"});
    lines.front().second = "my email is old@example.test";
    lines.back().second = "my phone is 415-775-7644";
    const auto extraction = extract(lines);
    EXPECT_FALSE(extraction.client.email);
    EXPECT_EQ(value_of(extraction.client.phone), "+14157757644");
}

TEST(BuiltinExtractor, gives_facts_that_can_be_written_as_json)
{
    const auto extraction = extract({{"customer", "my email is ada@example.test"}});
    const auto document = to_json(extraction);
    EXPECT_EQ(document.at("client").at("email").at("normalised").as_string(), "ada@example.test");
    EXPECT_TRUE(document.at("client").at("phone").is_null());
}
