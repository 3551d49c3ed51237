// SPDX-License-Identifier: MIT
#include <trunkline/db/options.hpp>

#include <gtest/gtest.h>

#include <random>

namespace trunkline::db {
namespace {

TEST(SupavisorReady, the_three_parameters_are_added_once)
{
    EXPECT_EQ(supavisor_ready("postgresql://h/db"),
              "postgresql://h/db?raw_sql=true&no_prepare=true&statement_cache_size=0");
    EXPECT_EQ(supavisor_ready("postgresql://h/db?sslmode=require"),
              "postgresql://h/db?sslmode=require&raw_sql=true&no_prepare=true&statement_cache_size=0");
    EXPECT_EQ(supavisor_ready("postgresql://h/db#top"),
              "postgresql://h/db?raw_sql=true&no_prepare=true&statement_cache_size=0#top");
    EXPECT_EQ(supavisor_ready("postgresql://h/db?a=b#top?c&d"),
              "postgresql://h/db?a=b&raw_sql=true&no_prepare=true&statement_cache_size=0#top?c&d");
    EXPECT_EQ(supavisor_ready("postgresql://h/db?"),
              "postgresql://h/db?raw_sql=true&no_prepare=true&statement_cache_size=0");
    EXPECT_EQ(supavisor_ready("postgresql://h/db?a=b&"),
              "postgresql://h/db?a=b&raw_sql=true&no_prepare=true&statement_cache_size=0");
    EXPECT_EQ(supavisor_ready("postgresql://h/db?a=b?"),
              "postgresql://h/db?a=b?&raw_sql=true&no_prepare=true&statement_cache_size=0");
    EXPECT_EQ(supavisor_ready(""), "?raw_sql=true&no_prepare=true&statement_cache_size=0");
}

TEST(SupavisorReady, what_is_there_already_is_left_as_it_is)
{
    EXPECT_EQ(supavisor_ready("x?no_prepare=false"), "x?no_prepare=false&raw_sql=true&statement_cache_size=0");
    EXPECT_EQ(supavisor_ready("x?statement_cache_size=9&raw_sql&no_prepare="),
              "x?statement_cache_size=9&raw_sql&no_prepare=");
    EXPECT_EQ(supavisor_ready("x?not_raw_sql=1&raw_sql_too=2"),
              "x?not_raw_sql=1&raw_sql_too=2&raw_sql=true&no_prepare=true&statement_cache_size=0");
    EXPECT_EQ(supavisor_ready("x#raw_sql=true"), "x?raw_sql=true&no_prepare=true&statement_cache_size=0#raw_sql=true");
}

TEST(SupavisorReady, twice_is_as_once_and_only_the_query_grows)
{
    constexpr std::string_view pieces[]{
        "?", "&", "#", "=", "raw_sql", "no_prepare", "statement_cache_size", "true", "0", "x", "postgresql://h/db"};
    std::mt19937 random(20260107);
    for (int i = 0; i < 100'000; ++i) {
        std::string url;
        for (std::size_t n = random() % 12; n > 0; --n) url += pieces[random() % std::size(pieces)];
        const std::string once = supavisor_ready(url);
        ASSERT_EQ(supavisor_ready(once), once) << url;
        const std::string base = url.substr(0, url.find('#'));
        ASSERT_TRUE(once.starts_with(base)) << url;
        ASSERT_TRUE(once.ends_with(url.substr(base.size()))) << url;
    }
}

TEST(SupavisorReady, what_it_makes_is_safe_behind_a_pooler)
{
    for (const char* url :
         {"postgresql://h/db", "postgresql://h/db?prepare=false", "postgresql://h/db?pgbouncer=true&sslmode=require"}) {
        const Options options = Options::parse(supavisor_ready(url));
        EXPECT_TRUE(options.pooler_safe());
        EXPECT_TRUE(options.raw_sql);
        EXPECT_TRUE(options.no_prepare);
        EXPECT_EQ(options.statement_cache_size, 0u);
    }
}

} // namespace
} // namespace trunkline::db
