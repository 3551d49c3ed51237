// SPDX-License-Identifier: MIT
// What MySQL has no type for, and what its driver does not do.
#include <support/conformance.hpp>

namespace trunkline::db::testing {
namespace {

using MysqlValues = Conformance;

TEST_P(MysqlValues, arrays_and_numerics_go_as_text)
{
    get(pool().execute(
        "CREATE TABLE lists (id BIGINT PRIMARY KEY, numbers LONGTEXT, words LONGTEXT, rate DECIMAL(40, 20))"));
    const std::vector<std::int64_t> numbers{std::numeric_limits<std::int64_t>::min(), 0, 7};
    const std::vector<std::optional<std::string>> words{"a", std::nullopt, "", "\"\\\n"};
    const Numeric rate("12345678901234567890.12345678901234567890");
    get(pool().execute("INSERT INTO lists (id, numbers, words, rate) VALUES ($1, $2, $3, $4)", std::int64_t{1}, numbers,
                       words, rate));
    EXPECT_EQ(get(pool().fetch_value<std::vector<std::int64_t>>("SELECT numbers FROM lists")), numbers);
    EXPECT_EQ(get(pool().fetch_value<std::vector<std::optional<std::string>>>("SELECT words FROM lists")), words);
    EXPECT_EQ(get(pool().fetch_value<Numeric>("SELECT rate FROM lists")), rate);
}

TEST_P(MysqlValues, copy_in_adds_all_rows_or_none)
{
    std::vector<std::tuple<Uuid, std::string>> rows;
    for (int i = 0; i < 2'500; ++i) rows.emplace_back(new_uuid(), "person " + std::to_string(i));
    EXPECT_EQ(get(pool().copy_in("people", {"id", "name"}, rows)), 2'500u);
    const auto count = [this] { return get(pool().fetch_value<std::int64_t>("SELECT count(*) FROM people")); };
    EXPECT_EQ(count(), 2'500);
    const std::vector<std::tuple<Uuid, std::string>> again{{new_uuid(), "new"}, {std::get<0>(rows[7]), "taken"}};
    failure_of<UniqueViolation>(pool().copy_in("people", {"id", "name"}, again));
    EXPECT_EQ(count(), 2'500);
}

INSTANTIATE_TEST_SUITE_P(On, MysqlValues, ::testing::Values(Road::mariadb), road_name);

} // namespace
} // namespace trunkline::db::testing
