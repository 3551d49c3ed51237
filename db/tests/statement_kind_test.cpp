// SPDX-License-Identifier: MIT
#include <pool/statement_kind.hpp>

#include <gtest/gtest.h>

namespace trunkline::db::detail {
namespace {

using Kind = StatementKind;

TEST(StatementKind, a_select_that_locks_nothing_reads)
{
    for (const char* text :
         {"SELECT id, name FROM clients WHERE id = $1", "  select 1", "VALUES (1), (2)", "(SELECT 1)",
          "SELECT 'insert into t for update'", "SELECT count(*) FROM a WHERE b = ANY($1)"})
        EXPECT_EQ(kind_of(text), Kind::reads) << text;
}

TEST(StatementKind, an_insert_of_one_row_is_told_from_one_of_many)
{
    for (const char* text :
         {"INSERT INTO clients (id) VALUES ($1) RETURNING id", "insert into t values (coalesce($1, (1)), now())",
          "INSERT INTO t (a, b) VALUES ($1, 'values (1), (2)') RETURNING (a), (b)", "INSERT INTO t DEFAULT VALUES"})
        EXPECT_EQ(kind_of(text), Kind::inserts_one_row) << text;
    for (const char* text :
         {"INSERT INTO t VALUES (1), (2)", "INSERT INTO t SELECT 1", "INSERT INTO t (SELECT a FROM b)",
          "INSERT INTO t TABLE b", "INSERT INTO t VALUES ((SELECT max(a) FROM b))",
          "INSERT INTO t VALUES (1) RETURNING (SELECT f())", "INSERT INTO t WITH a AS (VALUES (1)) SELECT * FROM a"})
        EXPECT_EQ(kind_of(text), Kind::inserts) << text;
}

TEST(StatementKind, whatever_may_wait_for_others_or_is_not_understood_is_other)
{
    for (const char* text : {"",
                             "BEGIN",
                             "COMMIT",
                             "SET x = 1",
                             "LISTEN news",
                             "UPDATE t SET a = 1",
                             "DELETE FROM t",
                             "CALL p()",
                             "WITH gone AS (DELETE FROM t RETURNING id) SELECT id FROM gone",
                             "SELECT id FROM t FOR UPDATE",
                             "SELECT id FROM t FOR NO KEY UPDATE",
                             "SELECT id FROM t FOR SHARE",
                             "SELECT pg_advisory_lock(1)",
                             "SELECT \"pg_advisory_lock\"(1)",
                             "SELECT pg_sleep(1)",
                             "SELECT set_config('a.b', 'c', false)",
                             "SELECT pg_notify('a', 'b')",
                             "SELECT 1 INTO t",
                             "EXPLAIN SELECT 1",
                             "COPY t FROM STDIN",
                             "-- SELECT",
                             "INSERT INTO t VALUES (1) ON CONFLICT (id) DO UPDATE SET a = 1",
                             "SELECT 1; SELECT 2",
                             "SELECT E'\\'' , pg_sleep(1), '",
                             "SELECT $a$ ' $a$, pg_sleep(1)",
                             "SELECT 1 /* ' */"})
        EXPECT_EQ(kind_of(text), Kind::other) << text;
}

} // namespace
} // namespace trunkline::db::detail
