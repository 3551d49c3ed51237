// SPDX-License-Identifier: MIT
#include <base/json.hpp>

#include <boost/describe.hpp>
#include <gtest/gtest.h>

namespace trunkline {
namespace {

enum class Colour { red, green };
BOOST_DESCRIBE_ENUM(Colour, red, green)

struct Wheel {
    int spokes = 0;
};
BOOST_DESCRIBE_STRUCT(Wheel, (), (spokes))

struct Cart {
    Text<1, 5> name;
    std::optional<Email> owner;
    Maybe<std::string> note;
    std::vector<Wheel> wheels;
    Colour colour = Colour::red;
    Bounded<1, 200, 50> limit;
};
BOOST_DESCRIBE_STRUCT(Cart, (), (name, owner, note, wheels, colour, limit))

std::vector<std::string> problems_of(std::string_view text)
{
    const auto outcome = from_json_text<Cart>(text);
    std::vector<std::string> all;
    if (!outcome)
        for (const auto& field : outcome.refusal().fields) all.push_back(field.pointer + " " + field.detail);
    return all;
}

TEST(Json, a_document_becomes_a_struct)
{
    const auto cart = from_json_text<Cart>(R"({"name":"kärre","wheels":[{"spokes":8},{"spokes":9}],"colour":"green"})");
    ASSERT_TRUE(cart) << problems_of("{}").size();
    EXPECT_EQ(cart->name.value(), "kärre");
    EXPECT_FALSE(cart->owner);
    EXPECT_FALSE(cart->note.given());
    EXPECT_EQ(cart->wheels.at(1).spokes, 9);
    EXPECT_EQ(cart->colour, Colour::green);
    EXPECT_EQ(cart->limit.value(), 50);
}

TEST(Json, absent_is_not_null_in_a_patch)
{
    const auto cart = from_json_text<Cart>(R"({"name":"a","wheels":[],"colour":"red","note":null})");
    ASSERT_TRUE(cart);
    EXPECT_TRUE(cart->note.given());
    EXPECT_FALSE(cart->note.value());
}

TEST(Json, every_problem_is_named_at_once_with_its_pointer)
{
    const auto problems = problems_of(
        R"({"name":"longer","owner":"nobody","wheels":[{"spokes":1},{"spokes":"x"}],"color":"red","limit":0})");
    const std::vector<std::string> expected{
        "/name must have at most 5 characters, it has 6",
        "/owner must be an e-mail address such as ada@example.test",
        "/wheels/1/spokes must be a whole number",
        "/colour is required",
        "/limit must be between 1 and 200",
        "/color is not known here; did you mean 'colour'?",
    };
    EXPECT_EQ(problems, expected);
}

TEST(Json, an_unknown_name_is_answered_with_the_known_ones)
{
    EXPECT_EQ(problems_of(R"({"name":"a","wheels":[],"colour":"gren"})").at(0),
              "/colour must be one of red, green; did you mean 'green'?");
}

TEST(Json, what_is_not_json_is_said_so)
{
    EXPECT_FALSE(from_json_text<Cart>(""));
    EXPECT_FALSE(from_json_text<Cart>("{\"name\":"));
    EXPECT_FALSE(from_json_text<Cart>("[]"));
    EXPECT_FALSE(from_json_text<Cart>("{\"name\":\"\xff\"}"));
    EXPECT_FALSE(from_json_text<Cart>(std::string(100, '[') + std::string(100, ']')));
}

TEST(Json, a_character_that_databases_cannot_hold_is_refused)
{
    EXPECT_EQ(problems_of(R"({"name":"a\u0000b","wheels":[],"colour":"red"})").at(0),
              "/name must not contain the character U+0000");
}

TEST(Json, a_struct_has_a_schema_that_says_its_limits)
{
    JsonSchemas schemas;
    const json::value reference = JsonCodec<Cart>::schema(schemas);
    EXPECT_EQ(reference.at("$ref").as_string(), "#/components/schemas/Cart");
    const json::value& cart = schemas.all().at("Cart");
    EXPECT_EQ(cart.at("properties").at("name").at("maxLength").as_int64(), 5);
    EXPECT_EQ(cart.at("required"), (json::array{"name", "wheels", "colour"}));
    EXPECT_TRUE(schemas.all().contains("Wheel"));
}

TEST(Email, addresses_are_kept_in_their_normal_form)
{
    EXPECT_EQ(Email::parse("  Ada@Example.Test ")->value(), "ada@example.test");
    for (const char* bad : {"", "ada", "@example.test", "ada@", "ada@example", "a b@example.test", "a@b@example.test",
                            "ada@.test", "ada@example..test", "<ada@example.test>"})
        EXPECT_FALSE(Email::parse(bad)) << bad;
}

} // namespace
} // namespace trunkline
