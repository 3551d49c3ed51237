// SPDX-License-Identifier: MIT
#include <column_lists.hpp>

#include <trunkline/db/error.hpp>

#include <gtest/gtest.h>

namespace trunkline::db::detail {
namespace {

using Names = std::vector<std::string>;

ColumnLists::List ask(ColumnLists& lists, const Names& names)
{
    return lists.of(names.size(), [&](std::size_t column) { return names[column].c_str(); });
}

TEST(ColumnLists, answers_with_the_same_columns_share_their_names)
{
    ColumnLists lists;
    const auto first = ask(lists, {"id", "name"});
    EXPECT_EQ(first->all(), (Names{"id", "name"}));
    EXPECT_EQ(ask(lists, {"id", "name"}), first);
    EXPECT_EQ(ask(lists, {"id", "name", "email"})->all(), (Names{"id", "name", "email"}));
}

TEST(ColumnLists, without_columns_there_is_no_list)
{
    ColumnLists lists;
    EXPECT_EQ(ask(lists, {}), nullptr);
}

TEST(ColumnLists, lists_that_fall_on_one_place_are_never_taken_for_one_another)
{
    ColumnLists lists;
    const auto kept = ask(lists, {"id", "name", "until"}); // by its width and its first and last name
    EXPECT_EQ(ask(lists, {"id", "other", "until"})->all(), (Names{"id", "other", "until"}));
    EXPECT_EQ(ask(lists, {"id", "name", "until"})->all(), kept->all());
    for (int made = 0; made < 1000; ++made) {
        const Names names{"id", "column_" + std::to_string(made)};
        EXPECT_EQ(ask(lists, names)->all(), names);
    }
    EXPECT_EQ(kept->all(), (Names{"id", "name", "until"})); // whoever has it still has it
}

TEST(ColumnLists, a_name_that_is_there_twice_is_not_guessed)
{
    const ColumnNames names({"id", "id", "name"});
    EXPECT_EQ(names.find("name", 0), 2u);
    EXPECT_EQ(names.find("name", 2), 2u);
    EXPECT_THROW((void)names.find("id", 0), DecodeError);
    EXPECT_THROW((void)names.find("gone", 7), DecodeError);
}

} // namespace
} // namespace trunkline::db::detail
