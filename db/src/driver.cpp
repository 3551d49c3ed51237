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

} // namespace trunkline::db
