// SPDX-License-Identifier: MIT
#include <support/run.hpp>

#include <boost/asio/co_spawn.hpp>
#include <trunkline/db/task.hpp>

#include <optional>
#include <stdexcept>

namespace trunkline::db::testing {

void run(asio::io_context& io, asio::awaitable<void> work, std::chrono::seconds limit)
{
    std::optional<std::exception_ptr> ended;
    auto note = [&ended](std::exception_ptr failure) { ended = failure; };
    asio::co_spawn(with_task(io.get_executor(), "test"), std::move(work), note);
    const auto give_up = std::chrono::steady_clock::now() + limit;
    io.restart();
    while (!ended) {
        if (io.run_one_until(give_up) == 0) throw std::runtime_error("the work did not end in time");
    }
    if (*ended) std::rethrow_exception(*ended);
}

} // namespace trunkline::db::testing
