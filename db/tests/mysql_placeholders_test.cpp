// SPDX-License-Identifier: MIT
#include "mysql/placeholders.hpp"
#include "mysql/refusal.hpp"
#include "mysql/target.hpp"
#include "mysql/verb.hpp"

#include <gtest/gtest.h>

#include <random>

namespace trunkline::db::mysql {
namespace {

using Order = std::vector<std::uint8_t>;

// -- Placeholders ------------------------------------------------------------

TEST(MysqlPlaceholders, each_number_becomes_a_question_mark_that_knows_its_parameter)
{
    const Rewritten made = rewrite("UPDATE t SET a = $2, b = $1 WHERE a <> $2", 2);
    EXPECT_EQ(made.text, "UPDATE t SET a = ?, b = ? WHERE a <> ?");
    EXPECT_EQ(made.order, (Order{1, 0, 1})) << "one that stands twice is bound twice";
    EXPECT_EQ(made.problem, "");
    EXPECT_EQ(rewrite("SELECT 1", 0).text, "SELECT 1");
}

TEST(MysqlPlaceholders, what_is_quoted_or_a_comment_is_left_alone)
{
    for (const std::string_view kept : {"'$1'", "'it''s $1'", "'\\' ", "\"$1\"", "`$1``$1`", "# $1\n", "-- $1\n",
                                        "/* $1 */", "/* /* $1 */", "a$1", "$a$1", "@`$1`"}) {
        const Rewritten made = rewrite(std::string(kept) + " , $1", 1);
        EXPECT_EQ(made.text, std::string(kept) + " , ?");
        EXPECT_EQ(made.order, Order{0}) << kept;
    }
    EXPECT_EQ(rewrite("SELECT 5--$1", 1).text, "SELECT 5--?");
    EXPECT_EQ(rewrite("SELECT /*!50000 $1 + */ $2", 2).text, "SELECT /*!50000 ? + */ ?");
}

TEST(MysqlPlaceholders, a_text_that_mysql_would_read_otherwise_is_refused_with_a_reason)
{
    const auto says = [](std::string_view text, std::size_t arguments) { return rewrite(text, arguments).problem; };
    EXPECT_NE(says("", 0).find("no text for MySQL"), std::string::npos);
    EXPECT_NE(says("SELECT '$1", 1).find("inside a quote"), std::string::npos);
    EXPECT_NE(says("SELECT $1, ?", 1).find("uses ?"), std::string::npos);
    EXPECT_NE(says("SELECT $1", 2).find("each of $1 to $2"), std::string::npos);
    EXPECT_NE(says("SELECT $2", 2).find("each of"), std::string::npos);
    EXPECT_NE(says("SELECT $1 # $2", 2).find("each of"), std::string::npos) << "# begins a comment in MySQL";
    EXPECT_NE(says("SELECT $65", 65).find("each of"), std::string::npos);
    EXPECT_NE(says(std::string_view("SELECT 1\0", 9), 0).find("NUL"), std::string::npos);
}

// Whatever the pieces of a text are, as many marks come out as placeholders stood in code, and the rest is untouched.
TEST(MysqlPlaceholders, nothing_but_placeholders_is_changed_in_any_text)
{
    std::mt19937 random(20261128);
    const std::vector<std::string> code{" ", "a", ",", "5 ", "@x ", "(", ")", "+ "};
    const std::vector<std::string> quoted{"'$1'", "\"$2\"", "`?$3`", "/* ? $1 */", "-- ? $1\n", "# '$1\n", "'\\'"};
    for (int round = 0; round < 4'000; ++round) {
        std::string text, expected;
        Order order;
        for (int piece = 0; piece < 12; ++piece) {
            const auto kind = random() % 3;
            if (kind == 0) {
                const auto number = random() % 3;
                text += " $" + std::to_string(number + 1);
                expected += " ?";
                order.push_back(static_cast<std::uint8_t>(number));
            } else {
                const auto& from = kind == 1 ? code : quoted;
                const std::string& chosen = from[random() % from.size()];
                text += " " + chosen;
                expected += " " + chosen;
            }
        }
        text += " $1 $2 $3";
        expected += " ? ? ?";
        for (const std::uint8_t last : {0, 1, 2}) order.push_back(last);
        const Rewritten made = rewrite(text, 3);
        ASSERT_EQ(made.problem, "") << text;
        ASSERT_EQ(made.text, expected) << text;
        ASSERT_EQ(made.order, order) << text;
    }
}

// -- Verbs -------------------------------------------------------------------

TEST(MysqlVerb, what_commits_by_itself_is_known_by_its_first_words)
{
    for (const std::string_view text : {"CREATE TABLE t (id INT)",
                                        "create or replace table t (id int)",
                                        "DROP TABLE t",
                                        "ALTER TABLE t ADD x INT",
                                        "TRUNCATE t",
                                        "/* why */ RENAME TABLE a TO b",
                                        "-- why\nGRANT ALL ON a.* TO b",
                                        "# why\n LOCK TABLES t READ",
                                        "BEGIN",
                                        "START TRANSACTION",
                                        "COMMIT",
                                        "ROLLBACK",
                                        "rollback work",
                                        "SET autocommit = 1",
                                        "/*!50000 DROP */ TABLE t",
                                        "LOAD INDEX INTO CACHE t",
                                        "UNLOCK TABLES",
                                        "XA START 'a'",
                                        "ANALYZE TABLE t",
                                        "SET @@session.AutoCommit = 0"})
        EXPECT_TRUE(ends_transaction(text)) << text;
    for (const std::string_view text :
         {"SELECT 1", "INSERT INTO t VALUES (1)", "CREATE TEMPORARY TABLE t (id INT)", "DROP TEMPORARY TABLE t",
          "CREATE OR REPLACE TEMPORARY TABLE t (id INT)", "ROLLBACK TO tl_1", "ROLLBACK TO SAVEPOINT tl_1",
          "SAVEPOINT a", "RELEASE SAVEPOINT a", "SET @x = 1", "(SELECT 1)", "WITH c AS (SELECT 1) SELECT * FROM c",
          "CALL p()", "LOAD DATA INFILE 'x' INTO TABLE t", "", "/* unfinished"})
        EXPECT_FALSE(ends_transaction(text)) << text;
}

TEST(MysqlVerb, what_only_reads_is_told_from_what_writes_and_answers_rows)
{
    for (const std::string_view text :
         {"SELECT 1", "values (1)", "SHOW TABLES", "WITH c AS (SELECT 1) SELECT * FROM c"})
        EXPECT_TRUE(only_reads(text)) << text;
    for (const std::string_view text :
         {"INSERT INTO t VALUES (1) RETURNING id", "DELETE FROM t RETURNING id", "SELECT 1 INTO @x", "CALL p()",
          "WITH c AS (SELECT 1) DELETE FROM t", "WITH c AS (SELECT 1) UPDATE t SET a = 1", ""})
        EXPECT_FALSE(only_reads(text)) << text;
}

TEST(MysqlVerb, only_an_insert_whose_rows_count_one_each_goes_in_bulk)
{
    EXPECT_TRUE(is_plain_insert(" insert into t (a) values ($1)"));
    for (const std::string_view text :
         {"INSERT IGNORE INTO t VALUES ($1)", "INSERT INTO t VALUES ($1) ON DUPLICATE KEY UPDATE a = 1",
          "INSERT INTO t SELECT $1", "INSERT INTO t VALUES ($1) RETURNING id", "UPDATE t SET a = $1",
          "REPLACE INTO t VALUES ($1)", "INSERT /*!50000 IGNORE */ INTO t VALUES ($1)"})
        EXPECT_FALSE(is_plain_insert(text)) << text;
}

// -- Refusals ----------------------------------------------------------------

Failure failure_of(unsigned number, std::string message) { return {number, "HY000", std::move(message)}; }

TEST(MysqlRefusal, numbers_become_the_states_of_the_library)
{
    const std::vector<std::pair<unsigned, std::string_view>> known{
        {1062, "23505"}, {1452, "23503"}, {1048, "23502"}, {1364, "23502"}, {4025, "23514"}, {1213, "40P01"},
        {1205, "55P03"}, {1792, "25006"}, {1836, "25006"}, {1040, "53300"}, {1045, "28P01"}, {1698, "28P01"},
        {1044, "28000"}, {1049, "3D000"}, {1053, "57P01"}, {1317, "57014"}, {1969, "57014"}, {1064, "42601"},
        {1146, "42P01"}, {1054, "42703"}, {1305, "42883"}, {1050, "42P07"}, {1264, "22003"}, {1406, "22001"},
        {1365, "22012"}, {1114, "53100"}, {2006, "08006"}, {2013, "08006"}, {2002, "08001"}, {1295, "0A000"}};
    for (const auto& [number, state] : known) EXPECT_EQ(state_of(failure_of(number, "")), state) << number;
    EXPECT_EQ(state_of({1644, "45000", "no"}), "45000") << "a state that a procedure raised stays";
    EXPECT_EQ(state_of(failure_of(9999, "")), "XX000");
    EXPECT_EQ(state_of(failure_of(1290, "The MariaDB server is running with the --read-only option")), "25006");
    EXPECT_EQ(state_of(failure_of(1290, "… with the --secure-file-priv option")), "0A000");
}

TEST(MysqlRefusal, a_message_keeps_the_values_to_itself_however_they_are_made)
{
    for (const std::string_view value :
         {"s3cret", "s3cret' for key 'x", "it's s3cret", "s3cret for column `a`", "s3cret-'", "'s3cret"}) {
        const std::string said(value);
        for (const Failure& failure :
             {failure_of(1062, "Duplicate entry '" + said + "' for key 'people_email_once'"),
              failure_of(1366, "Incorrect integer value: '" + said + "' for column `a`.`b`.`c` at row 1"),
              failure_of(1292, "Truncated incorrect DOUBLE value: '" + said + "'"),
              failure_of(1690, "BIGINT value is out of range in '(" + said + " + 1)'")}) {
            const ErrorInfo info = describe_refusal(failure);
            EXPECT_EQ(info.message.find("s3cret"), std::string::npos) << info.message;
            EXPECT_EQ(info.constraint.find("s3cret"), std::string::npos) << info.constraint;
        }
        EXPECT_EQ(
            describe_refusal(failure_of(1062, "Duplicate entry '" + said + "' for key 'people.people_email_once'"))
                .constraint,
            "people_email_once");
    }
}

TEST(MysqlRefusal, constraints_are_named)
{
    EXPECT_EQ(describe_refusal(failure_of(4025, "CONSTRAINT `people_name_filled` failed for `a`.`people`")).constraint,
              "people_name_filled");
    EXPECT_EQ(
        describe_refusal(
            failure_of(1452, "Cannot add or update a child row: a foreign key constraint fails (`a`.`notes`, "
                             "CONSTRAINT `notes_person_known` FOREIGN KEY (`person_id`) REFERENCES `people` (`id`))"))
            .constraint,
        "notes_person_known");
    EXPECT_EQ(
        describe_refusal(
            failure_of(1452, "… (\"a\".\"notes\", CONSTRAINT \"notes_person_known\" FOREIGN KEY (\"person_id\") …)"))
            .constraint,
        "notes_person_known")
        << "as the server quotes with ANSI_QUOTES";
    EXPECT_EQ(describe_refusal(failure_of(3819, "Check constraint 'people_name_filled' is violated.")).constraint,
              "people_name_filled");
}

// -- URLs --------------------------------------------------------------------

TEST(MysqlTarget, a_url_is_taken_apart)
{
    const Target target =
        target_of("mysql://a%3Ada:s%2F3@[::1]:3307,db.crm.example.test/my%20crm?ssl_mode=verify_ca&ssl_ca=/etc/ca.pem");
    ASSERT_EQ(target.hosts.size(), 2u);
    EXPECT_EQ(target.hosts[0].name, "::1");
    EXPECT_EQ(target.hosts[0].port, 3307u);
    EXPECT_EQ(target.hosts[1].name, "db.crm.example.test");
    EXPECT_EQ(target.hosts[1].port, 3306u);
    EXPECT_EQ(target.user, "a:da");
    EXPECT_EQ(target.password, "s/3");
    EXPECT_EQ(target.database, "my crm");
    EXPECT_EQ(target.tls.mode, Tls::Mode::verify_ca);
    EXPECT_EQ(target.tls.ca, "/etc/ca.pem");
    EXPECT_FALSE(needs_no_lookup(target));

    const Target local = target_of("mysql:///crm?user=ada&password=x&socket=/run/mysqld/mysqld.sock");
    EXPECT_TRUE(local.hosts.empty());
    EXPECT_EQ(local.socket, "/run/mysqld/mysqld.sock");
    EXPECT_TRUE(needs_no_lookup(local));
    const Located located = locate(target_of("mysql://ada@localhost/crm"));
    ASSERT_FALSE(located.addresses.empty()) << located.failure;
    EXPECT_EQ(located.addresses[0].host, "localhost");
    EXPECT_NE(located.addresses[0].address, "localhost") << "which would be a socket of the library's choice";
}

TEST(MysqlTarget, what_makes_no_sense_is_refused_without_repeating_it)
{
    for (const char* url :
         {"mysql://ada:s3cret@h/crm?ssl_ca=/etc/ca.pem", "mysql://ada:s3cret@h/crm?ssl_mode=verify_ca",
          "mysql://ada:s3cret@/crm?socket=/s&ssl_mode=verify_identity", "mysql://ada:s3cret@/crm", "s3cret",
          "mysql://ada:s3cret@db.crm.example.test/crm?ssl_mode=verify_identity"})
        try {
            (void)target_of(url);
            ADD_FAILURE() << url;
        } catch (const ConnectFailed& failed) {
            EXPECT_EQ(std::string_view(failed.what()).find("s3cret"), std::string_view::npos) << failed.what();
        }
}

} // namespace
} // namespace trunkline::db::mysql
