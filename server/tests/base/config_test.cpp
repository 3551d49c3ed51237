// SPDX-License-Identifier: MIT
#include <base/config.hpp>

#include <gtest/gtest.h>

namespace trunkline {
namespace {

std::string refusal(const Config::Environment& environment, const Config::Environment& flags = {},
                    std::string_view dotenv = {})
{
    try {
        Config::load(environment, flags, dotenv).database_url();
    } catch (const ConfigError& error) {
        return error.what();
    }
    return "";
}

TEST(Config, flags_win_over_the_environment_over_dotenv_over_defaults)
{
    EXPECT_EQ(Config::load({}, {}).get("TRUNKLINE_LISTEN"), "127.0.0.1:8080");
    EXPECT_EQ(Config::load({}, {}, "TRUNKLINE_LISTEN=a:1\n").get("TRUNKLINE_LISTEN"), "a:1");
    EXPECT_EQ(Config::load({{"TRUNKLINE_LISTEN", "b:2"}}, {}, "TRUNKLINE_LISTEN=a:1").get("TRUNKLINE_LISTEN"), "b:2");
    EXPECT_EQ(Config::load({{"TRUNKLINE_LISTEN", "b:2"}}, {{"TRUNKLINE_LISTEN", "c:3"}}).get("TRUNKLINE_LISTEN"),
              "c:3");
}

TEST(Config, an_unknown_name_of_ours_is_refused_with_the_nearest_known_one)
{
    EXPECT_EQ(refusal({{"TRUNKLINE_LISTN", "x"}}),
              "there is no setting TRUNKLINE_LISTN (in the environment); did you mean TRUNKLINE_LISTEN?");
    EXPECT_NE(refusal({{"CRM_MYSQL_PASWORD", "x"}}).find("CRM_MYSQL_PASSWORD"), std::string::npos);
    EXPECT_EQ(refusal({{"HOME", "/root"}}), "");
}

TEST(Config, a_near_miss_of_a_common_name_is_warned_about)
{
    const Config config = Config::load({{"DATABASE_URI", "postgresql://secret"}}, {});
    ASSERT_EQ(config.warnings().size(), 1u);
    EXPECT_NE(config.warnings()[0].find("did you mean DATABASE_URL?"), std::string::npos);
    EXPECT_EQ(config.warnings()[0].find("secret"), std::string::npos);
}

TEST(Config, a_missing_part_of_the_database_is_named)
{
    EXPECT_EQ(refusal({{"DB_HOST", "h"}, {"DB_USER", "u"}}),
              "DB_NAME is missing: DB_HOST, DB_USER and DB_NAME are needed together, or DATABASE_URL alone");
    const Config whole =
        Config::load({{"DB_HOST", "h"}, {"DB_USER", "u"}, {"DB_PASSWORD", "p@ss/word"}, {"DB_NAME", "n"}}, {});
    EXPECT_EQ(whole.database_url(), "postgresql://u:p%40ss%2Fword@h:5432/n");
    EXPECT_EQ(Config::load({}, {}).database_url(), "sqlite:./data/trunkline.db");
}

TEST(Config, dotenv_has_comments_quotes_and_says_which_line_is_wrong)
{
    const auto pairs = parse_dotenv("# a comment\nexport TRUNKLINE_LISTEN = \"x:1\"\n\nDB_NAME='n'");
    EXPECT_EQ(pairs.at("TRUNKLINE_LISTEN"), "x:1");
    EXPECT_EQ(pairs.at("DB_NAME"), "n");
    EXPECT_THROW(parse_dotenv("A=1\nnonsense\n"), ConfigError);
    EXPECT_EQ(refusal({}, {}, "A=1\nnonsense"), ".env, line 2: NAME=value is expected");
}

TEST(Config, numbers_and_switches_are_checked)
{
    EXPECT_THROW(Config::load({{"TRUNKLINE_CRM_WAIT_MAX", "soon"}}, {}).get_integer("TRUNKLINE_CRM_WAIT_MAX", 0, 60),
                 ConfigError);
    EXPECT_THROW(Config::load({{"CRM_MYSQL_ENABLED", "maybe"}}, {}).get_bool("CRM_MYSQL_ENABLED"), ConfigError);
    EXPECT_TRUE(Config::load({{"CRM_MYSQL_ENABLED", "On"}}, {}).get_bool("CRM_MYSQL_ENABLED"));
}

} // namespace
} // namespace trunkline
