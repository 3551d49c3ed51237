// SPDX-License-Identifier: MIT
#include <extraction/support/dialogue.hpp>

#include <base/json.hpp>
#include <extraction/emails.hpp>
#include <extraction/phones.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <random>

using namespace trunkline;
using namespace trunkline::extraction;
using namespace trunkline::extraction::testing;

namespace {

constexpr std::uint64_t seed = 20261121;

/// Pieces of which a conversation is shuffled together: what the recognisers look for, and what breaks readers.
const std::vector<std::string>& pieces()
{
    static const std::vector<std::string> all{"my name is",
                                              "Crystal",
                                              "minh",
                                              "I'm",
                                              "this is",
                                              "van der",
                                              "O’Brien",
                                              "José",
                                              "王小明",
                                              "sorry, it's",
                                              ", not",
                                              "Name:",
                                              "Thanks,\n",
                                              "J.",
                                              "my email is",
                                              "ada@example.test",
                                              "@",
                                              "a@b@",
                                              "https://x.test/?e=a@b.test",
                                              "at example dot com",
                                              "www.",
                                              "://",
                                              "my",
                                              "wife's",
                                              "(977) 625-2661",
                                              "+49 30 1234567",
                                              "9776252661",
                                              "order",
                                              "phone",
                                              "WhatsApp",
                                              "2019-11-06",
                                              "$",
                                              "#",
                                              "(",
                                              ")",
                                              "-",
                                              "٩٧٧",
                                              "0",
                                              "I need a",
                                              "visa",
                                              "don't need",
                                              "PT_PMA",
                                              "?",
                                              ".",
                                              "!",
                                              "…",
                                              "。",
                                              "\n",
                                              "\r\n",
                                              "\t",
                                              ",",
                                              "I'm from",
                                              "Italy",
                                              "\xF0\x9F\x98\x80",
                                              "e\xCC\x81",
                                              "\xE2\x80\x8F",
                                              "\xEF\xBB\xBF",
                                              "\xff",
                                              "\xC3",
                                              "\xED\xA0\x80",
                                              "\xF4\x90\x80\x80",
                                              std::string("\0", 1),
                                              "here",
                                              "*"};
    return all;
}

std::string random_text(std::mt19937_64& random, std::size_t longest)
{
    std::string text;
    for (std::size_t count = random() % longest; count > 0; --count) {
        text += pieces()[random() % pieces().size()];
        if (random() % 4 != 0) text += ' ';
    }
    return text;
}

std::string random_bytes(std::mt19937_64& random)
{
    std::string bytes(random() % 200, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    return bytes;
}

ExtractionInput random_conversation(std::mt19937_64& random)
{
    std::vector<Line> lines;
    for (std::size_t count = random() % 6; count > 0; --count) {
        const auto* who = random() % 4 == 0 ? "agent" : "customer";
        lines.emplace_back(who, random() % 5 == 0 ? random_bytes(random) : random_text(random, 25));
    }
    lines.emplace_back("agent", "May I have your name, e-mail and phone?");
    lines.emplace_back("customer", random_text(random, 12));
    ExtractionInput input = conversation(lines);
    input.case_types = {{"VISA", "Visit visa", {"visa"}}, {"PT_PMA", "Foreign company", {"company"}}};
    return input;
}

std::string repeated(const std::string& piece, std::size_t bytes)
{
    std::string text;
    while (text.size() < bytes) text += piece;
    return text;
}

} // namespace

TEST(Extraction, points_at_the_customers_own_words_whatever_they_are)
{
    std::mt19937_64 random(seed);
    std::size_t facts = 0;
    for (int round = 0; round < 1000; ++round) {
        const ExtractionInput input = random_conversation(random);
        const Extraction extraction = BuiltinExtractor().extract(input);
        ASSERT_EQ(misplaced(input, extraction), "") << "round " << round;
        facts += extraction.client.email.has_value() + extraction.client.phone.has_value() +
                 extraction.client.full_name.has_value();
    }
    EXPECT_GT(facts, 300U); // or the loop tests nothing
}

TEST(Extraction, keeps_its_limits_whatever_it_reads)
{
    std::mt19937_64 random(seed + 1);
    for (int round = 0; round < 500; ++round) {
        const Extraction extraction = BuiltinExtractor().extract(random_conversation(random));
        ASSERT_GE(extraction.client.confidence, 0);
        ASSERT_LE(extraction.client.confidence, 1);
        ASSERT_LE(from_utf8(extraction.summary, 10000).size(), 500U);
        ASSERT_LE(from_utf8(extraction.intent.details, 10000).size(), 500U);
        ASSERT_EQ(extraction.intent.detected, extraction.intent.case_type_code.has_value());
    }
}

TEST(Extraction, gives_the_same_facts_each_time)
{
    std::mt19937_64 random(seed + 2);
    for (int round = 0; round < 200; ++round) {
        const ExtractionInput input = random_conversation(random);
        ASSERT_EQ(to_json(BuiltinExtractor().extract(input)), to_json(BuiltinExtractor().extract(input)))
            << "round " << round;
    }
}

TEST(Extraction, reads_its_own_normal_forms_as_the_same)
{
    std::mt19937_64 random(seed + 3);
    for (int round = 0; round < 1000; ++round) {
        const Reading reading(random_text(random, 25));
        for (const auto& address : find_emails(reading)) {
            const auto again = find_emails(Reading(address.normalised));
            ASSERT_EQ(again.size(), 1U) << address.normalised;
            ASSERT_EQ(again.front().normalised, address.normalised);
        }
        for (const auto& phone : find_phones(reading, "US")) {
            const auto again = find_phones(Reading(phone.normalised), "US");
            ASSERT_EQ(again.size(), 1U) << phone.normalised;
            ASSERT_EQ(again.front().normalised, phone.normalised);
        }
    }
}

TEST(Extraction, finds_nothing_new_once_everything_is_known)
{
    std::mt19937_64 random(seed + 4);
    for (int round = 0; round < 200; ++round) {
        ExtractionInput input = random_conversation(random);
        const ClientFacts first = BuiltinExtractor().extract(input).client;
        const auto known = [](const std::optional<Fact>& fact) {
            return fact ? std::optional(fact->normalised) : std::nullopt;
        };
        input.known = {known(first.full_name), known(first.email), known(first.phone), known(first.whatsapp),
                       known(first.nationality)};
        const ClientFacts second = BuiltinExtractor().extract(input).client;
        ASSERT_FALSE(second.full_name || second.email || second.phone || second.whatsapp || second.nationality)
            << "round " << round;
    }
}

TEST(Extraction, reads_what_is_made_to_be_slow_in_linear_time)
{
    for (const auto* piece : {"@",
                              "a@",
                              "a.",
                              "(",
                              "+",
                              "1 ",
                              "1-",
                              "-",
                              "hi ",
                              "sorry. ",
                              "mr ",
                              "!\n",
                              "my name is ",
                              "I'm ",
                              "I need a visa ",
                              "www.",
                              "://",
                              "a",
                              "\xE7\x8E\x8B",
                              "Thanks,\n",
                              "van ",
                              "x at ",
                              "dot ",
                              "'",
                              "$1",
                              "Crystal ",
                              "it's "}) {
        const std::string text = repeated(piece, 64 * 1024);
        const std::vector<Line> lines(2, Line{"customer", text});
        ExtractionInput input = conversation(lines);
        input.case_types = {{"VISA", "Visit visa", {"visa"}}};
        const auto start = std::chrono::steady_clock::now();
        EXPECT_EQ(misplaced(input, BuiltinExtractor().extract(input)), "");
        // Far more than linear work needs with sanitizers on a busy machine, far less than quadratic work does.
        EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(60)) << piece;
    }
}
