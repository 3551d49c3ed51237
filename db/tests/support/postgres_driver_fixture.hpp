// SPDX-License-Identifier: MIT
#pragma once

#include <support/postgres_bench.hpp>
#include <support/postgres_server.hpp>

#include <gtest/gtest.h>

#include <signal.h>

namespace trunkline::db::testing {

/// The PostgreSQL driver without a pool, on the server that the tests of a program share.
class PostgresDriverTest : public ::testing::Test {
protected:
    void use(Options options) { bench = std::make_unique<PostgresBench>(server.url(), std::move(options)); }
    std::unique_ptr<DriverConnection> connect() { return bench->connect(); }

    /// The error with which `text` fails.
    template <class... Args>
    ErrorInfo failure(DriverConnection& connection, std::string text, const Args&... args)
    {
        return failure_of(connection, Query(statement(std::move(text), args...)), std::chrono::seconds(20));
    }
    ErrorInfo failure_of(DriverConnection& connection, Query query, std::chrono::milliseconds limit)
    {
        try {
            bench->await(connection.run(std::move(query), in(limit)));
        } catch (const Error& error) {
            return error.info();
        }
        ADD_FAILURE() << "it did not fail";
        return {};
    }
    int pid_of(DriverConnection& connection) { return bench->value<int>(connection, "SELECT pg_backend_pid()"); }
    std::string state_of(int pid)
    {
        return server.sql("SELECT state FROM pg_stat_activity WHERE pid = " + std::to_string(pid));
    }

    PostgresServer& server = PostgresServer::shared();
    std::unique_ptr<PostgresBench> bench = std::make_unique<PostgresBench>(server.url());
};

inline std::vector<Statement> unit_of(std::initializer_list<std::string> texts)
{
    std::vector<Statement> unit;
    for (const auto& text : texts) unit.push_back(statement(text));
    return unit;
}

/// Stops a process from running for as long as it lives.
class Frozen {
public:
    explicit Frozen(pid_t pid) : pid_(pid) { kill(pid_, SIGSTOP); }
    Frozen(const Frozen&) = delete;
    Frozen& operator=(const Frozen&) = delete;
    ~Frozen() { kill(pid_, SIGCONT); }

private:
    pid_t pid_;
};

} // namespace trunkline::db::testing
