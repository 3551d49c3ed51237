// SPDX-License-Identifier: MIT
#include <extraction/support/dialogue.hpp>

#include <extraction/phones.hpp>

#include <gtest/gtest.h>

using namespace trunkline::extraction;
using namespace trunkline::extraction::testing;

namespace {

using Found = std::vector<std::string>;

Found all_in(const std::string& text, const std::string& region = "US")
{
    Found found;
    for (const auto& phone : find_phones(Reading(text), region)) found.push_back(phone.normalised);
    return found;
}

ClientFacts client_of(const std::vector<Line>& lines)
{
    const ExtractionInput input = conversation(lines);
    const Extraction extraction = BuiltinExtractor().extract(input);
    EXPECT_EQ(misplaced(input, extraction), "");
    return extraction.client;
}

std::string phone_in(const std::vector<Line>& lines) { return value_of(client_of(lines).phone); }

} // namespace

TEST(Phones, are_found_as_they_are_written)
{
    const Found expected{"+19776252661"};
    for (const auto* text :
         {"(977) 625-2661", "977-625-2661", "977.625.2661", "977 625 2661", "+1 977 625 2661", "+19776252661",
          "1-977-625-2661", "call (977) 625-2661.", "phone:9776252661", "my number is 9776252661",
          "Phone number: 977 6252661", "(977)625-2661 ext. 12", "977–625–2661", "9776252661 is my phone number",
          "Phone:\n9776252661", "tel 977/625-2661", "cell is (977) 625 - 2661", "٩٧٧-٦٢٥-٢٦٦١"}) {
        EXPECT_EQ(all_in(text), expected) << text;
    }
}

TEST(Phones, without_a_country_code_belong_to_the_region)
{
    EXPECT_EQ(all_in("meine Handynummer ist 0151 23456789", "DE"), Found{"+4915123456789"});
    EXPECT_EQ(all_in("Telefon: 030/1234567", "DE"), Found{"+49301234567"});
    EXPECT_EQ(all_in("hp 0812-3456-7890", "ID"), Found{"+6281234567890"});
    EXPECT_EQ(all_in("+62 812 3456 7890", ""), Found{"+6281234567890"});
    EXPECT_EQ(all_in("0049 30 1234567", "US"), Found{"+49301234567"});
    EXPECT_EQ(all_in("call 977-625-2661", ""), Found{});
}

TEST(Phones, that_are_merely_possible_need_a_label_or_a_shape)
{
    EXPECT_EQ(all_in("9776252661"), Found{}); // no such area
    EXPECT_EQ(all_in("call me at 9776252661"), Found{"+19776252661"});
    EXPECT_EQ(all_in("4157757644"), Found{"+14157757644"}); // valid
}

TEST(Phones, are_not_orders_accounts_or_cards)
{
    for (const auto* text :
         {"Order ID: 3348917502", "order number 415-775-7644", "my order is 4157757644", "invoice no. 4157757644",
          "account 4157757644", "tracking number is 4157757644", "card 4111 1111 1111 1111",
          "4157757644 is my order number", "#4157757644", "#415-775-7644", "Order ID:\n4157757644", "case 4157757644",
          "INV-4157757644", "SKU4157757644", "IDs: 4157757644, 4157757655"}) {
        EXPECT_EQ(all_in(text), Found{}) << text;
    }
}

TEST(Phones, are_not_dates_times_prices_or_postcodes)
{
    for (const auto* text : {"2019-11-06",
                             "06.11.2019",
                             "11/06/2019 10:30",
                             "20191106",
                             "2019 2020",
                             "10:30 11:45",
                             "$4157757644",
                             "4157757644 USD",
                             "1.000.000.000",
                             "1,234,567.89",
                             "75227-1234",
                             "94117",
                             "192.168.100.200",
                             "078-05-1120",
                             "3.14159265",
                             "1990-2000",
                             "https://example.test/4157757644",
                             "a4157757644",
                             "4157757644@example.test",
                             "1234567",
                             "00000",
                             "€ 415 775 7644",
                             "2019-11-06 10:30:15",
                             "4157757644%",
                             "12345678901234567890"}) {
        EXPECT_EQ(all_in(text), Found{}) << text;
    }
}

TEST(Phones, beside_other_numbers_are_told_apart)
{
    EXPECT_EQ(all_in("Order ID: 3348917502, phone: 977-625-2661"), Found{"+19776252661"});
    EXPECT_EQ(all_in("3 shirts, call 977-625-2661 by 5pm"), Found{"+19776252661"});
    EXPECT_EQ(all_in("415-775-7644 925-961-9090"), (Found{"+14157757644", "+19259619090"}));
    EXPECT_EQ(all_in("(415) 775-7644 / (925) 961-9090"), (Found{"+14157757644", "+19259619090"}));
    EXPECT_EQ(all_in("size 8 415-775-7644"), Found{"+14157757644"});
    EXPECT_EQ(all_in("415-775-7644 94117"), Found{"+14157757644"});
}

TEST(Phones, answer_the_question_for_one)
{
    EXPECT_EQ(phone_in({{"agent", "I'd just need your phone number."}, {"customer", "9776252661"}}), "+19776252661");
    EXPECT_EQ(phone_in({{"agent", "your order id please?"}, {"customer", "4157757644"}}), "");
    EXPECT_EQ(phone_in({{"agent", "order ID and email please"}, {"customer", "4157757644"}}), "");
    EXPECT_EQ(phone_in({{"agent", "your phone number and order id please?"},
                        {"customer", "(977) 625-2661"},
                        {"customer", "9016676427"}}),
              "+19776252661");
}

TEST(Phones, of_others_are_not_the_clients)
{
    EXPECT_EQ(phone_in({{"agent", "Their phone number is 408-247-8880."}, {"customer", "408-247-8880, thanks"}}), "");
    EXPECT_EQ(phone_in({{"customer", "their phone number is 408-247-8880"}}), "");
    EXPECT_EQ(phone_in({{"customer", "I called you at 408-247-8880"}}), "");
    EXPECT_EQ(phone_in({{"customer", "my wife's phone is 408-247-8880"}}), "");
    EXPECT_EQ(phone_in({{"customer", "my husband's phone is 408-247-8880, mine is 415-775-7644"}}), "+14157757644");
}

TEST(Phones, are_whatsapp_where_they_are_called_so)
{
    const auto only = client_of({{"customer", "my whatsapp is +62 812 3456 7890"}});
    EXPECT_EQ(value_of(only.whatsapp), "+6281234567890");
    EXPECT_EQ(value_of(only.phone), "");
    const auto both = client_of({{"customer", "my number is +62 812 3456 7890 (WhatsApp)"}});
    EXPECT_EQ(value_of(both.whatsapp), "+6281234567890");
    EXPECT_EQ(value_of(both.phone), "+6281234567890");
    const auto two = client_of({{"customer", "Phone: 415-775-7644, WhatsApp: +62 812 3456 7890"}});
    EXPECT_EQ(value_of(two.whatsapp), "+6281234567890");
    EXPECT_EQ(value_of(two.phone), "+14157757644");
}

TEST(Phones, carry_the_place_where_they_are_written)
{
    const auto client = client_of({{"customer", "Grüße! My cell is (977) 625-2661, thanks."}});
    ASSERT_TRUE(client.phone);
    EXPECT_EQ(client.phone->value, "(977) 625-2661");
    EXPECT_EQ(client.phone->start, 18);
    EXPECT_EQ(client.phone->end, 32);
    EXPECT_EQ(client.phone->quote, "My cell is (977) 625-2661, thanks.");
}
