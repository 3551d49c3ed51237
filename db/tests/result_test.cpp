// SPDX-License-Identifier: MIT
#include <trunkline/db/error.hpp>
#include <trunkline/db/result.hpp>

#include <boost/describe/class.hpp>
#include <gtest/gtest.h>

namespace trunkline::db {
namespace {

struct Contact {
    std::string name;
    std::optional<std::string> email;
    std::int16_t visits = 0;
};
BOOST_DESCRIBE_STRUCT(Contact, (), (name, email, visits))

struct Employee : Contact {
    Uuid id;
};
BOOST_DESCRIBE_STRUCT(Employee, (Contact), (id))

Result two_contacts()
{
    std::vector<Value> cells{to_value(3), to_value("ada"), to_value("ada@crm.example.test"),
                             to_value(4), to_value("bob"), to_value(std::optional<std::string>())};
    return Result({"visits", "name", "email"}, std::move(cells), 2);
}

template <class Work>
ErrorInfo refusal(Work work)
{
    try {
        work();
    } catch (const DecodeError& error) {
        return error.info();
    }
    ADD_FAILURE() << "no DecodeError";
    return {};
}

TEST(Result, rows_are_read_into_a_struct_by_column_name_in_any_order)
{
    const Result result = two_contacts();
    ASSERT_EQ(result.size(), 2u);
    EXPECT_EQ(result.affected(), 2u);
    const auto ada = result.as<Contact>(0), bob = result.as<Contact>(1);
    EXPECT_EQ(ada.name, "ada");
    EXPECT_EQ(ada.email, "ada@crm.example.test");
    EXPECT_EQ(ada.visits, 3);
    EXPECT_EQ(bob.email, std::nullopt);
}

TEST(Result, columns_are_found_by_name_wherever_they_stand)
{
    const std::vector<std::vector<std::string>> orders{
        {"name", "email", "visits"},         {"more", "name", "email", "visits"},
        {"name", "more", "email", "visits"}, {"email", "name", "visits", "more"},
        {"visits", "email", "more", "name"}, {"name", "more", "more", "email", "visits"}};
    for (const auto& order : orders) {
        std::vector<Value> cells;
        for (const auto& name : order) cells.push_back(name == "visits" ? to_value(3) : to_value(name));
        const auto read = Result(order, std::move(cells), 1).as<Contact>(0);
        EXPECT_EQ(read.name, "name");
        EXPECT_EQ(read.email, "email");
        EXPECT_EQ(read.visits, 3);
    }
}

TEST(Result, a_row_that_is_taken_is_moved_out_and_the_others_stay)
{
    const std::string long_name(100, 'x');
    Result result({"name", "email", "visits"},
                  {to_value(long_name), to_value("a"), to_value(1), to_value("bob"), to_value("b"), to_value(2)}, 2);
    const auto taken = result.take<Contact>(0);
    EXPECT_EQ(taken.name, long_name);
    EXPECT_EQ(taken.visits, 1);
    EXPECT_EQ(result[0].get<std::string>("name"), "");
    EXPECT_EQ(result.as<Contact>(1).name, "bob");
    EXPECT_EQ(result.take<Contact>(1).name, "bob");
}

TEST(Result, a_row_that_does_not_fit_says_the_same_when_it_is_taken)
{
    Result result({"name", "email", "visits"}, {to_value("ada"), to_value("a"), to_value("many")}, 1);
    const auto read = refusal([&] { (void)result.as<Contact>(0); });
    EXPECT_EQ(refusal([&] { (void)result.take<Contact>(0); }).message, read.message);
    EXPECT_EQ(refusal([&] { (void)result.take<int>(0); }).message, refusal([&] { (void)result.as<int>(0); }).message);
}

TEST(Result, fields_of_a_base_are_read_too)
{
    const Uuid id = new_uuid();
    const Result result({"id", "name", "email", "visits"}, {to_value(id), to_value("ada"), to_value("a"), to_value(1)},
                        1);
    const auto read = result.as<Employee>(0);
    EXPECT_EQ(read.id, id);
    EXPECT_EQ(read.name, "ada");
}

TEST(Result, a_column_that_no_field_wants_is_ignored)
{
    const Result result({"name", "extra", "email", "visits"},
                        {to_value("ada"), to_value(1), to_value("a"), to_value(2)}, 1);
    EXPECT_EQ(result.as<Contact>(0).visits, 2);
}

TEST(Result, a_missing_column_is_an_error_that_lists_those_there_are)
{
    const Result result({"name", "mail"}, {to_value("ada"), to_value("a")}, 1);
    const ErrorInfo info = refusal([&] { (void)result.as<Contact>(0); });
    EXPECT_EQ(info.message, "there is no column 'email'; there are: name, mail");
    EXPECT_EQ(info.sqlstate, "42703");
    EXPECT_EQ(refusal([] { (void)Result().column("id"); }).message, "there is no column 'id'; there are: none");
}

TEST(Result, a_name_that_two_columns_have_is_refused_when_it_is_asked_for)
{
    const Result result({"id", "id", "name"}, {to_value(1), to_value(2), to_value("ada")}, 1);
    EXPECT_EQ(refusal([&] { (void)result[0].get<int>("id"); }).sqlstate, "42702");
    EXPECT_EQ(result[0].get<std::string>("name"), "ada");
    EXPECT_EQ(result[0].get<int>(1), 2);
}

TEST(Result, a_cell_that_does_not_fit_names_its_column)
{
    const Result result({"visits", "name", "email"}, {to_value(70'000), to_value("ada"), to_value("a")}, 1);
    const ErrorInfo info = refusal([&] { (void)result.as<Contact>(0); });
    EXPECT_EQ(info.message, "column 'visits': found 70000 where an integer from -32768 to 32767 is wanted");
    EXPECT_EQ(info.sqlstate, "22003");
    EXPECT_EQ(refusal([&] { (void)result[0].get<Uuid>("name"); }).message,
              "column 'name': found text that is not a UUID of the form 8-4-4-4-12");
}

TEST(Result, null_in_a_field_that_is_not_optional_names_its_column)
{
    const Result result({"n"}, {Value()}, 1);
    EXPECT_EQ(refusal([&] { (void)result.as<int>(0); }).message.substr(0, 11), "column 'n':");
    EXPECT_EQ(result.as<std::optional<int>>(0), std::nullopt);
}

TEST(Result, a_scalar_is_read_from_the_only_column)
{
    const Result one({"count"}, {to_value(std::int64_t{5})}, 1);
    EXPECT_EQ(one.as<std::int64_t>(0), 5);
    const ErrorInfo info = refusal([] { (void)two_contacts().as<std::string>(0); });
    EXPECT_EQ(info.message, "the statement returned 3 columns where one is wanted: read them into a described struct");
}

TEST(Result, without_columns_it_has_no_rows)
{
    const Result result({}, {}, 7);
    EXPECT_TRUE(result.empty());
    EXPECT_EQ(result.affected(), 7u);
}

TEST(Result, cells_that_do_not_fill_the_last_row_are_a_mistake_of_the_driver)
{
    EXPECT_THROW(Result({"a", "b"}, {Value()}, 0), UsageError);
    EXPECT_THROW(Result({}, {Value()}, 0), UsageError);
}

TEST(Result, it_may_be_moved_and_its_rows_asked_for_again)
{
    Result result = two_contacts();
    const Result moved = std::move(result);
    EXPECT_EQ(moved[1].get<std::string>("name"), "bob");
    EXPECT_EQ(moved[1].size(), 3u);
    EXPECT_TRUE(moved[1][2].is_null());
}

TEST(Result, an_error_that_is_not_about_decoding_passes_unchanged)
{
    EXPECT_THROW(
        {
            try {
                throw std::length_error("as it was");
            } catch (...) {
                detail::rethrow_for_column("name");
            }
        },
        std::length_error);
}

} // namespace
} // namespace trunkline::db
