// SPDX-License-Identifier: MIT
#include <support/postgres_driver_fixture.hpp>

namespace trunkline::db {
namespace {

using namespace std::chrono_literals;
using testing::PostgresBench;

class PostgresLogin : public testing::PostgresDriverTest {
protected:
    ErrorInfo refusal(const std::string& url)
    {
        bench = std::make_unique<PostgresBench>(url);
        try {
            bench->connect(5s);
        } catch (const ConnectFailed& failed) {
            EXPECT_EQ(failed.outcome(), Outcome::not_sent);
            EXPECT_EQ(std::string(failed.what()).find("wrong words"), std::string::npos) << failed.what();
            return failed.info();
        }
        ADD_FAILURE() << "it did not fail";
        return {};
    }
    std::string authority() const { return "127.0.0.1:" + std::to_string(server.port()); }
};

TEST_F(PostgresLogin, a_password_is_sent_when_it_is_asked_for)
{
    bench = std::make_unique<PostgresBench>("postgresql://locksmith:open%20sesame@" + authority() + "/postgres");
    EXPECT_EQ(bench->value<std::string>(*connect(), "SELECT current_user::text"), "locksmith");
}

TEST_F(PostgresLogin, a_wrong_password_an_unknown_database_and_nobody_listening_are_told_apart)
{
    EXPECT_EQ(refusal("postgresql://locksmith:wrong%20words@" + authority() + "/postgres").sqlstate, "28P01");
    EXPECT_EQ(refusal(server.url("nowhere")).sqlstate, "3D000");
    const auto nobody =
        refusal("postgresql://postgres:wrong%20words@127.0.0.1:" + std::to_string(testing::free_port()) + "/x");
    EXPECT_EQ(nobody.sqlstate, "08001");
    EXPECT_NE(nobody.message.find("refused"), std::string::npos) << nobody.message;
}

TEST_F(PostgresLogin, a_url_that_cannot_be_read_is_not_repeated)
{
    EXPECT_EQ(refusal("postgresql://a:wrong words%@h/%zz").sqlstate, "08001");
}

TEST_F(PostgresLogin, names_and_unix_sockets_lead_to_the_server)
{
    for (const std::string& url :
         {"postgresql://postgres@localhost:" + std::to_string(server.port()) + "/postgres", server.socket_url()}) {
        bench = std::make_unique<PostgresBench>(url);
        EXPECT_EQ(bench->value<int>(*connect(), "SELECT 1"), 1);
    }
    EXPECT_NE(bench->driver().describe().find("PostgreSQL 15"), std::string::npos) << bench->driver().describe();
    EXPECT_EQ(refusal("postgresql://postgres@nowhere.invalid/postgres").sqlstate, "08001");
}

TEST_F(PostgresLogin, of_several_hosts_the_first_that_answers_serves)
{
    bench = std::make_unique<PostgresBench>("postgresql://postgres@127.0.0.1:" + std::to_string(testing::free_port()) +
                                            "," + "localhost:" + std::to_string(server.port()) + "/postgres");
    EXPECT_EQ(bench->value<int>(*connect(), "SELECT 1"), 1);
}

} // namespace
} // namespace trunkline::db
