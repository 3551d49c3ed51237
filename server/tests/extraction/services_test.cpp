// SPDX-License-Identifier: MIT
#include <extraction/support/dialogue.hpp>

#include <gtest/gtest.h>

using namespace trunkline::extraction;
using namespace trunkline::extraction::testing;

namespace {

Intent intent_of(const std::vector<Line>& lines)
{
    ExtractionInput input = conversation(lines);
    input.case_types = {{"KITAS", "Limited stay permit", {"residence permit", "stay permit"}},
                        {"PT_PMA", "Foreign company", {"company set-up", "open a company"}},
                        {"VISA", "Visit visa", {"visa", "签证"}},
                        {"RETURN", "Return", {"return an item", "returns"}}};
    const Extraction extraction = BuiltinExtractor().extract(input);
    EXPECT_EQ(misplaced(input, extraction), "");
    return extraction.intent;
}

Intent said(const std::string& text) { return intent_of({{"customer", text}}); }

std::string clear(const std::string& text)
{
    const Intent intent = said(text);
    return intent.confidence >= 0.7 ? intent.case_type_code.value_or("") : "";
}

} // namespace

TEST(Services, that_are_asked_for_are_clear)
{
    EXPECT_EQ(clear("I need a visa"), "VISA");
    EXPECT_EQ(clear("How do I get a KITAS?"), "KITAS");
    EXPECT_EQ(clear("can you help me with a pt pma"), "PT_PMA");
    EXPECT_EQ(clear("I'd like to apply for a residence permit for my family"), "KITAS");
    EXPECT_EQ(clear("I’m looking to open a company in Bali"), "PT_PMA");
    EXPECT_EQ(clear("Hi! I need to return an item, can you help me with that?"), "RETURN");
    EXPECT_EQ(clear("我 want to 签证"), "VISA");
    EXPECT_EQ(clear("We want visas for two people"), "VISA");
    EXPECT_EQ(clear("interested in PT_PMA"), "PT_PMA");
}

TEST(Services, that_are_merely_mentioned_are_not_clear)
{
    for (const auto* text :
         {"my visa expires in May", "How much is a KITAS?", "is a visa difficult?", "I got a visa last year"}) {
        const Intent intent = said(text);
        EXPECT_TRUE(intent.detected) << text;
        EXPECT_LT(intent.confidence, 0.7) << text;
    }
}

TEST(Services, that_are_refused_do_not_count)
{
    EXPECT_FALSE(said("I don't need a visa").detected);
    EXPECT_FALSE(said("not interested in a KITAS").detected);
    EXPECT_EQ(clear("I don't need a visa, I need a KITAS"), "KITAS");
    EXPECT_EQ(clear("I want a KITAS instead of a visa"), "KITAS");
    EXPECT_FALSE(intent_of({{"customer", "I need a visa"}, {"customer", "sorry, I no longer need a visa"}}).detected);
}

TEST(Services, are_whole_words)
{
    EXPECT_FALSE(said("I need my advisary").detected);
    EXPECT_FALSE(said("I need kitasan").detected);
    EXPECT_TRUE(said("I need VISA's").detected);
}

TEST(Services, the_one_asked_for_most_clearly_is_the_primary_one)
{
    EXPECT_EQ(intent_of({{"customer", "I need a KITAS"}, {"customer", "my visa ends soon"}}).case_type_code, "KITAS");
    EXPECT_EQ(intent_of({{"customer", "I need a KITAS"}, {"customer", "and I need a PT PMA"}}).case_type_code,
              "PT_PMA");
    EXPECT_EQ(
        intent_of(
            {{"customer", "I need a KITAS"}, {"customer", "I need a PT PMA"}, {"customer", "how do I get the KITAS?"}})
            .case_type_code,
        "KITAS");
}

TEST(Services, named_in_answer_are_clear)
{
    const Intent intent = intent_of({{"agent", "How can I help you?"}, {"customer", "KITAS"}});
    EXPECT_GE(intent.confidence, 0.7);
    ASSERT_TRUE(intent.evidence);
    EXPECT_EQ(intent.evidence->method, "answered");
}

TEST(Services, named_by_the_agent_do_not_count)
{
    EXPECT_FALSE(intent_of({{"agent", "You need a visa"}, {"customer", "ok"}}).detected);
}

TEST(Services, without_case_types_there_is_no_intent)
{
    const auto extraction = extract({{"customer", "I need a visa"}});
    EXPECT_FALSE(extraction.intent.detected);
    EXPECT_FALSE(extraction.intent.case_type_code);
    EXPECT_EQ(extraction.intent.confidence, 0);
}
