// SPDX-License-Identifier: MIT
#include <extraction/support/dialogue.hpp>

#include <gtest/gtest.h>

using namespace trunkline::extraction;
using namespace trunkline::extraction::testing;

namespace {

std::string name_in(const std::vector<Line>& lines)
{
    const ExtractionInput input = conversation(lines);
    const Extraction extraction = BuiltinExtractor().extract(input);
    EXPECT_EQ(misplaced(input, extraction), "");
    return value_of(extraction.client.full_name);
}

std::string said(const std::string& text) { return name_in({{"customer", text}}); }

std::string answer(const std::string& text, const std::string& question = "May I have your full name please?")
{
    return name_in({{"agent", question}, {"customer", text}});
}

} // namespace

TEST(Names, are_taken_as_people_introduce_themselves)
{
    EXPECT_EQ(said("my name is Crystal Minh"), "Crystal Minh");
    EXPECT_EQ(said("Hi, my name is Crystal Minh and I need to return an item."), "Crystal Minh");
    EXPECT_EQ(said("Hello! I'm Joyce Wu from Acme."), "Joyce Wu");
    EXPECT_EQ(said("I am Joyce Wu, a gold member"), "Joyce Wu");
    EXPECT_EQ(said("Hi this is Norman Bouchard, I bought a jacket"), "Norman Bouchard");
    EXPECT_EQ(said("this is Norman from Acme"), "Norman");
    EXPECT_EQ(said("Chloe Zhang here"), "Chloe Zhang");
    EXPECT_EQ(said("hi, Chloe Zhang here. I lost my order"), "Chloe Zhang");
    EXPECT_EQ(said("My name's Dr. David Williams."), "David Williams");
    EXPECT_EQ(said("You can call me Sam"), "Sam");
    EXPECT_EQ(said("My name is Will Young"), "Will Young");
    EXPECT_EQ(said("Good morning. My name is John F. Kennedy Jr. and I want a refund"), "John F. Kennedy Jr.");
}

TEST(Names, in_lower_case_get_capitals)
{
    EXPECT_EQ(said("my name is sanya afzal and i want my money back"), "Sanya Afzal");
    EXPECT_EQ(said("my name is crystal minh can you help me"), "Crystal Minh");
    EXPECT_EQ(said("hi i'm alessandro phoenix"), "Alessandro Phoenix");
    EXPECT_EQ(said("hey this is joyce wu i have a question"), "Joyce Wu");
    EXPECT_EQ(said("my name is conor o'brien"), "Conor O'Brien");
    EXPECT_EQ(said("my name is jan van der berg"), "Jan van der Berg");
    EXPECT_EQ(said("my name is jean-luc moreau"), "Jean-Luc Moreau");
    EXPECT_EQ(said("MY NAME IS ALBERT SANDERS AND I NEED HELP"), "Albert Sanders");
    EXPECT_EQ(said("My name is Crystal minh"), "Crystal Minh");
}

TEST(Names, may_have_letters_of_any_script)
{
    EXPECT_EQ(said("My name is José García"), "José García");
    EXPECT_EQ(said("I’m Łukasz Żak."), "Łukasz Żak");
    EXPECT_EQ(said("My name is Siobhán O’Brien"), "Siobhán O’Brien");
    EXPECT_EQ(said("I'm Jan van der Berg"), "Jan van der Berg");
    EXPECT_EQ(said("My name is Иван Петров"), "Иван Петров");
    EXPECT_EQ(said("Name: 王小明"), "王小明");
    EXPECT_EQ(said("mein Name ist Jürgen Müller"), "Jürgen Müller");
    EXPECT_EQ(said("nama saya Budi Santoso"), "Budi Santoso");
}

TEST(Names, are_read_after_a_label)
{
    EXPECT_EQ(said("Name: Crystal Minh\nEmail: cminh730@email.com"), "Crystal Minh");
    EXPECT_EQ(said("Full name - David Williams"), "David Williams");
    EXPECT_EQ(said("Here is my info. Name: sanya afzal, phone: 977 625 2661"), "Sanya Afzal");
    EXPECT_EQ(said("the name on the account is Joyce Wu"), "Joyce Wu");
}

TEST(Names, are_read_from_a_signature)
{
    EXPECT_EQ(said("I would like to know your prices.\n\nBest regards,\nMaria Schmidt"), "Maria Schmidt");
    EXPECT_EQ(said("Please answer soon.\n--\nMaria Schmidt\nAcme"), "Maria Schmidt");
    EXPECT_EQ(said("Thanks, John"), "");
}

TEST(Names, are_short_answers_to_the_question_for_one)
{
    EXPECT_EQ(answer("Crystal Minh"), "Crystal Minh");
    EXPECT_EQ(answer("crystal minh"), "Crystal Minh");
    EXPECT_EQ(answer("sure, it's Crystal Minh"), "Crystal Minh");
    EXPECT_EQ(answer("yes joyce wu"), "Joyce Wu");
    EXPECT_EQ(answer("Rodriguez Domingo, username rdomingo1"), "Rodriguez Domingo");
    EXPECT_EQ(answer("Crystal Minh cminh730 cminh730@email.com 3348917502"), "Crystal Minh");
    EXPECT_EQ(answer("Albert", "What's your name?"), "Albert");
    EXPECT_EQ(answer("zbigniew", "And your name?"), "Zbigniew");
    EXPECT_EQ(answer("sanya afzal", "Who am I speaking with?"), "Sanya Afzal");
    EXPECT_EQ(name_in({{"agent", "Can I get your name?"}, {"customer", "sure"}, {"customer", "chloe zhang"}}),
              "Chloe Zhang");
}

TEST(Names, are_not_seen_in_answers_that_hold_none)
{
    EXPECT_EQ(answer("why do you need that?"), "");
    EXPECT_EQ(answer("I forgot my username"), "");
    EXPECT_EQ(answer("one moment please"), "");
    EXPECT_EQ(answer("sure thing"), "");
    EXPECT_EQ(answer("cminh730"), "");
    EXPECT_EQ(answer("Michael Kors", "What is the name of the brand?"), "");
    EXPECT_EQ(answer("cminh", "Can I have your user name?"), "");
    EXPECT_EQ(name_in({{"agent", "What city?"}, {"customer", "San Mateo"}}), "");
}

TEST(Names, are_not_made_of_moods_products_places_or_tiers)
{
    for (const auto* text : {"I'm fine",
                             "I'm a bronze",
                             "I'm Bronze",
                             "I'm looking for jeans",
                             "this is ridiculous",
                             "This is Ridiculous!",
                             "my username is cminh730",
                             "I'm in San Mateo",
                             "I'm from New York",
                             "I'm Italian",
                             "i'm frustrated",
                             "I'm VIP",
                             "my name is on the account",
                             "my name is spelled wrong",
                             "My dog's name is Rex",
                             "my wife's name is Anna Smith",
                             "her name is Anna Smith",
                             "the product name is Aero Max",
                             "User name: cminh",
                             "This is Amazing",
                             "I am Happy with it",
                             "Hi there",
                             "Good Morning",
                             "I'm at Starbucks in October",
                             "Same here",
                             "I want Calvin Klein jeans",
                             "This is for my boss Peter",
                             "im lactose intolerant",
                             "I'd like to speak with Peter Parker",
                             "Is this Michael Kors?",
                             "I'm on hold",
                             "This is Urgent"}) {
        EXPECT_EQ(said(text), "") << text;
    }
}

TEST(Names, of_the_agent_are_nobodys_answer)
{
    EXPECT_EQ(name_in({{"agent", "Hi, my name is Sarah. May I have your name?"}, {"customer", "Hi Sarah"}}), "");
    EXPECT_EQ(
        name_in({{"agent", "My name is Sarah. May I have your name?"}, {"customer", "Hi Sarah, it's Crystal Minh"}}),
        "Crystal Minh");
}

TEST(Names, of_system_lines_do_not_count)
{
    EXPECT_EQ(name_in({{"system", "Account has been pulled up for Crystal Minh."}, {"customer", "ok"}}), "");
    EXPECT_EQ(name_in({{"agent", "Thanks, Crystal Minh! My name is Bob Miller."}, {"customer", "ok thanks"}}), "");
}

TEST(Names, are_replaced_by_their_correction)
{
    EXPECT_EQ(name_in({{"customer", "my name is Crystal Min"}, {"customer", "sorry, it's Minh, not Min"}}),
              "Crystal Minh");
    EXPECT_EQ(name_in({{"customer", "my name is crystal min"}, {"customer", "*minh"}}), "Crystal Minh");
    EXPECT_EQ(name_in({{"customer", "my name is Jon Smith"}, {"customer", "Actually it's John Smith"}}), "John Smith");
    EXPECT_EQ(name_in({{"customer", "my name is Jon Smith"}, {"customer", "No, my name is Peter Miller"}}),
              "Peter Miller");
    EXPECT_EQ(name_in({{"customer", "my name is Jon Smith"}, {"customer", "sorry, it's Tuesday"}}), "Jon Smith");
    EXPECT_EQ(name_in({{"customer", "my name is Jon Smith"}, {"customer", "Sorry, I meant the blue one"}}),
              "Jon Smith");
}

TEST(Names, grow_when_the_full_one_is_given)
{
    EXPECT_EQ(name_in({{"customer", "I'm Crystal"}, {"agent", "Your full name?"}, {"customer", "Crystal Minh"}}),
              "Crystal Minh");
    EXPECT_EQ(name_in({{"customer", "My name is Crystal Minh"}, {"customer", "Crystal here"}}), "Crystal Minh");
}

TEST(Names, are_surer_when_they_were_asked_for)
{
    const auto asked = extract({{"agent", "may I have your name please?"}, {"customer", "Crystal Minh"}});
    const auto greeted = extract({{"customer", "I'm Crystal"}});
    ASSERT_TRUE(asked.client.full_name && greeted.client.full_name);
    EXPECT_EQ(asked.client.full_name->method, "answered");
    EXPECT_GT(asked.client.full_name->confidence, greeted.client.full_name->confidence);
}
