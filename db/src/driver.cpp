// SPDX-License-Identifier: MIT
#include <trunkline/db/driver.hpp>

namespace trunkline::db {

asio::awaitable<Beside> DriverConnection::run_beside(Query query, Deadline deadline)
{
    const auto began = std::chrono::steady_clock::now();
    std::vector<Result> results = co_await run(std::move(query), deadline);
    Beside answer;
    answer.result = std::move(results.at(0));
    answer.took = std::chrono::steady_clock::now() - began;
    co_return answer;
}

namespace {

[[noreturn]] void refuse_cursors(SqlText statement)
{
    ErrorInfo info;
    info.message = "this driver has no cursors";
    info.sqlstate = "0A000";
    info.place = statement.place();
    throw_error(std::move(info));
}

} // namespace

asio::awaitable<std::uint64_t> DriverConnection::open_cursor(Query query, Deadline)
{
    refuse_cursors(query.statements().front().text());
    co_return 0;
}

asio::awaitable<Result> DriverConnection::fetch(std::uint64_t, SqlText statement, std::size_t, Deadline)
{
    refuse_cursors(statement);
    co_return Result();
}

} // namespace trunkline::db
