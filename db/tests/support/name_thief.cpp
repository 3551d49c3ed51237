// SPDX-License-Identifier: MIT
#include <support/name_thief.hpp>

#include <libpq-fe.h>

#include <chrono>
#include <memory>
#include <vector>

namespace trunkline::db::testing {

namespace {

using Connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;
using Answer = std::unique_ptr<PGresult, decltype(&PQclear)>;

constexpr int names_max = 6;
constexpr std::chrono::milliseconds pause{2};

/// Most of it fails, on another server than the one meant; that is the point.
Answer say(PGconn* connection, const std::string& sql) { return {PQexec(connection, sql.c_str()), &PQclear}; }

void take(PGconn* connection, const std::string& name)
{
    say(connection, "PREPARE " + name + " AS SELECT 'stolen'");
    const Answer by_protocol(PQprepare(connection, name.c_str(), "SELECT 'stolen', $1::text", 1, nullptr), &PQclear);
    const char* value = "x";
    const Answer row(PQexecPrepared(connection, name.c_str(), 1, &value, nullptr, nullptr, 0), &PQclear);
}

std::vector<std::string> names_on_the_server(PGconn* connection)
{
    const Answer found = say(connection, "SELECT name FROM pg_prepared_statements");
    std::vector<std::string> names;
    for (int row = 0; row < PQntuples(found.get()); ++row) names.emplace_back(PQgetvalue(found.get(), row, 0));
    return names;
}

} // namespace

NameThief::NameThief(std::string url) : url_(std::move(url)), thread_([this] { live(); }) {}

NameThief::~NameThief()
{
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    over_.notify_one();
    thread_.join();
}

void NameThief::live()
{
    Connection connection(PQconnectdb(url_.c_str()), &PQfinish);
    while (rest()) {
        if (PQstatus(connection.get()) != CONNECTION_OK) connection.reset(PQconnectdb(url_.c_str()));
        for (int number = 1; number <= names_max; ++number)
            take(connection.get(), "trunkline_" + std::to_string(number));
        if (rounds_ % 2 == 0)
            for (const auto& name : names_on_the_server(connection.get()))
                say(connection.get(), "DEALLOCATE \"" + name + '"');
        ++rounds_;
    }
}

/// Lets others go first for a moment. False when it is over.
bool NameThief::rest()
{
    std::unique_lock lock(mutex_);
    return !over_.wait_for(lock, pause, [this] { return ending_; });
}

} // namespace trunkline::db::testing
