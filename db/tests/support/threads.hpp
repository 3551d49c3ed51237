// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/task.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <chrono>
#include <future>
#include <stdexcept>
#include <thread>
#include <vector>

namespace trunkline::db::testing {

namespace asio = boost::asio;

/// An io_context that several threads run, until `join`.
class Threads {
public:
    explicit Threads(std::size_t count)
    {
        for (std::size_t i = 0; i < count; ++i) threads_.emplace_back([this] { io.run(); });
    }
    Threads(const Threads&) = delete;
    Threads& operator=(const Threads&) = delete;
    ~Threads() { join(); }

    /// Waits for everything that is under way to end.
    void join()
    {
        work_.reset();
        for (std::thread& thread : threads_)
            if (thread.joinable()) thread.join();
    }

    asio::io_context io;

private:
    asio::executor_work_guard<asio::io_context::executor_type> work_{io.get_executor()};
    std::vector<std::thread> threads_;
};

/// What was started elsewhere, once it is over.
template <class T>
T ended(std::future<T> future)
{
    if (future.wait_for(std::chrono::seconds(60)) != std::future_status::ready)
        throw std::runtime_error("it did not end in time");
    return future.get();
}

/// Starts `work` on that executor, in a task of its own.
template <class T>
std::future<T> begun(asio::any_io_executor on, asio::awaitable<T> work, std::string task = "elsewhere")
{
    return asio::co_spawn(with_task(std::move(on), std::move(task)), std::move(work), asio::use_future);
}

} // namespace trunkline::db::testing
