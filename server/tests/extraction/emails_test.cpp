// SPDX-License-Identifier: MIT
#include <extraction/support/dialogue.hpp>

#include <extraction/emails.hpp>

#include <gtest/gtest.h>

using namespace trunkline::extraction;
using namespace trunkline::extraction::testing;

namespace {

std::vector<std::string> all_in(const std::string& text)
{
    std::vector<std::string> found;
    for (const auto& address : find_emails(Reading(text))) found.push_back(address.normalised);
    return found;
}

std::string own_in(const std::vector<Line>& lines)
{
    const ExtractionInput input = conversation(lines);
    const Extraction extraction = BuiltinExtractor().extract(input);
    EXPECT_EQ(misplaced(input, extraction), "");
    return value_of(extraction.client.email);
}

using Found = std::vector<std::string>;

} // namespace

TEST(Emails, end_before_punctuation)
{
    const Found ada{"ada@example.test"};
    for (const auto* text : {"ada@example.test",         "ada@example.test.",
                             "ada@example.test, thanks", "<ada@example.test>",
                             "(ada@example.test)",       "mailto:ada@example.test",
                             "\"ada@example.test\"",     "'ada@example.test'",
                             "is it ada@example.test?",  "ada@example.test!",
                             "Email:ada@example.test",   "...ada@example.test...",
                             "[ada@example.test](x)",    "ADA@Example.TEST",
                             "почта ada@example.test。", "邮箱：ada@example.test谢谢",
                             "邮箱ada@example.test",     "ada@example.test\nphone",
                             "*ada@example.test*",       "ada@example.test.I need help",
                             "ada@example.test;bob",     "ada@example.test/977"}) {
        EXPECT_EQ(all_in(text), ada) << text;
    }
}

TEST(Emails, may_have_dots_pluses_and_subdomains)
{
    EXPECT_EQ(all_in("first.last+tag@mail.sub-domain.example.test"),
              Found{"first.last+tag@mail.sub-domain.example.test"});
    EXPECT_EQ(all_in("o'brien_1%x@example.co"), Found{"o'brien_1%x@example.co"});
    EXPECT_EQ(all_in("a@example.test/b@example.test, c@example.test"),
              (Found{"a@example.test", "b@example.test", "c@example.test"}));
}

TEST(Emails, are_not_files_links_or_handles)
{
    for (const auto* text :
         {"logo@2x.png", "see icon@3x.jpeg", "https://user@example.test/path",
          "https://example.test/?email=ada@example.test", "git@example.test:owner/project", "@ada", "ada@",
          "@example.test", "ada@example", "ada@@example.test", "a@b@example.test", "ada@.test", "ada@example..test",
          "ada..l@example.test", "ada@-example.test", "ada@example.t", "user@10.0.0.1",
          "www.example.test/x@example.test/y", "josé@example.test"}) {
        EXPECT_EQ(all_in(text), Found{}) << text;
    }
}

TEST(Emails, spelled_in_words_are_found_with_little_confidence)
{
    EXPECT_EQ(all_in("john at example dot com"), Found{"john@example.com"});
    EXPECT_EQ(all_in("it's john dot smith at mail dot example dot com"), Found{"john.smith@mail.example.com"});
    EXPECT_EQ(all_in("john (at) example (dot) com"), Found{"john@example.com"});
    EXPECT_EQ(all_in("john[at]example[dot]com"), Found{"john@example.com"});
    EXPECT_EQ(all_in("look at example dot com"), Found{});
    EXPECT_EQ(all_in("I was at home"), Found{});
    const auto extraction = extract({{"customer", "my email is john at example dot com"}});
    ASSERT_TRUE(extraction.client.email);
    EXPECT_LT(extraction.client.email->confidence, 0.5);
}

TEST(Emails, the_one_the_customer_calls_his_wins)
{
    EXPECT_EQ(own_in({{"customer", "I wrote to help@shop.test. my email is ada@example.test"}}), "ada@example.test");
    EXPECT_EQ(own_in({{"customer", "ada@example.test"}, {"customer", "my wife's email is eve@example.test"}}),
              "ada@example.test");
    EXPECT_EQ(own_in({{"customer", "my wife's email is eve@example.test"}}), "");
    EXPECT_EQ(own_in({{"customer", "his address is bob@example.test, mine is ada@example.test"}}), "ada@example.test");
    EXPECT_EQ(own_in({{"customer", "I got a mail from spam@example.test"}}), "");
    EXPECT_EQ(own_in({{"customer", "reach me at ada@example.test please"}}), "ada@example.test");
    EXPECT_EQ(own_in({{"customer", "ada@example.test is my email"}}), "ada@example.test");
    EXPECT_EQ(own_in({{"customer", "ada@example.test"}}), "ada@example.test");
    EXPECT_EQ(own_in({{"customer", "it is about ada@example.test and eve@example.test"}}), "");
}

TEST(Emails, the_latest_answer_wins)
{
    EXPECT_EQ(
        own_in({{"agent", "your email?"}, {"customer", "ada@exmaple.test"}, {"customer", "sorry, ada@example.test"}}),
        "ada@example.test");
    EXPECT_EQ(own_in({{"customer", "my email is a@example.test"}, {"customer", "my new email is b@example.test"}}),
              "b@example.test");
}

TEST(Emails, of_staff_and_those_the_agent_gives_are_not_the_clients)
{
    EXPECT_EQ(own_in({{"agent", "Write to support@shop.test"}, {"customer", "support@shop.test ? ok"}}), "");
    ExtractionInput input = conversation({{"customer", "my email is Boss@Shop.test"}});
    input.staff_addresses = {"boss@shop.test"};
    EXPECT_FALSE(BuiltinExtractor().extract(input).client.email);
}
