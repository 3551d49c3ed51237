// SPDX-License-Identifier: MIT
#pragma once

#include <boost/asio/awaitable.hpp>

#include <condition_variable>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

namespace trunkline::db {

namespace asio = boost::asio;

/// Threads with a name, for work that blocks and must not stand in the way of the I/O thread.
///
///     auto hash = co_await argon.run([password] { return hash_of(password); });
///
/// Jobs start in the order they came. A job that was started is never abandoned: a cancelled caller gets its
/// cancellation only after the job is over.
///
/// Lifetime: the destructor runs what is queued, then joins.
class Lane {
public:
    static constexpr std::size_t no_limit = static_cast<std::size_t>(-1);

    /// Thrown by `run` when `queue_max` jobs are waiting already.
    struct Full : std::runtime_error {
        using std::runtime_error::runtime_error;
    };

    /// `name` is what a debugger shows for the threads (15 characters of it).
    explicit Lane(std::string name, std::size_t threads = 1, std::size_t queue_max = no_limit);
    Lane(const Lane&) = delete;
    Lane& operator=(const Lane&) = delete;
    ~Lane();

    /// Runs `work()` on a thread of this lane and resumes the caller on its own executor with what it returned or
    /// threw. The result must be default-constructible or void.
    template <class Work>
    asio::awaitable<std::invoke_result_t<Work&>> run(Work work);

    /// One job. Derive from it where an awaitable is not at hand; it runs on a thread of the lane.
    class Job {
    public:
        virtual ~Job() = default;
        virtual void run() noexcept = 0;
    };
    /// Queues a job. Threads: any.
    void post(std::unique_ptr<Job> job);

    std::size_t queued() const;

private:
    class Awaited;
    template <class Work>
    class Typed;

    /// Runs `job.work()` on the lane; completes on the caller's executor.
    asio::awaitable<void> run_awaited(Awaited& job);
    void serve();

    const std::string name_;
    const std::size_t queue_max_;
    mutable std::mutex mutex_;
    std::condition_variable woken_;
    std::deque<std::unique_ptr<Job>> queue_;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

// -- Implementation ----------------------------------------------------------

class Lane::Awaited {
public:
    virtual ~Awaited() = default;
    virtual void work() = 0;
    std::exception_ptr failure;
};

template <class Work>
class Lane::Typed final : public Lane::Awaited {
public:
    using Result = std::invoke_result_t<Work&>;

    explicit Typed(Work work) : work_(std::move(work)) {}
    void work() override
    {
        if constexpr (std::is_void_v<Result>) work_();
        else result = work_();
    }
    std::conditional_t<std::is_void_v<Result>, char, Result> result{};

private:
    Work work_;
};

template <class Work>
asio::awaitable<std::invoke_result_t<Work&>> Lane::run(Work work)
{
    Typed<Work> job(std::move(work));
    co_await run_awaited(job);
    if (job.failure) std::rethrow_exception(job.failure);
    if constexpr (!std::is_void_v<std::invoke_result_t<Work&>>) co_return std::move(job.result);
}

} // namespace trunkline::db
