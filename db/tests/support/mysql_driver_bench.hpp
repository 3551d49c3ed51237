// SPDX-License-Identifier: MIT
#pragma once

#include <support/mysql_bench.hpp>

#include <trunkline/db/error.hpp>

namespace trunkline::db::testing {

/// A bench with a table, and the calls of a connection without their deadlines.
class MysqlDriver : public MysqlBench {
protected:
    std::unique_ptr<DriverConnection> connect_with_table()
    {
        auto connection = connect();
        run(*connection, "CREATE TABLE t (id BIGINT PRIMARY KEY, name VARCHAR(50) CHARACTER SET utf8mb4 NOT NULL, "
                         "CONSTRAINT t_name_filled CHECK (name <> ''))");
        return connection;
    }
    Statement insert(std::int64_t id, std::string name = "x")
    {
        return statement("INSERT INTO t (id, name) VALUES ($1, $2)", id, name);
    }
    std::int64_t count(DriverConnection& connection)
    {
        return value<std::int64_t>(connection, "SELECT count(*) FROM t");
    }
    void begin(DriverConnection& connection, TransactionOptions options = {})
    {
        await(connection.begin(options, in(20s)));
    }
    void commit(DriverConnection& connection) { await(connection.commit(in(20s))); }
    void rollback(DriverConnection& connection) { await(connection.rollback(in(20s))); }
};

} // namespace trunkline::db::testing
