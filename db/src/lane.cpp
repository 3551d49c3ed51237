// SPDX-License-Identifier: MIT
#include <trunkline/db/lane.hpp>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <pthread.h>

namespace trunkline::db {

namespace {

/// Runs one awaited piece of work, then resumes the coroutine that waits for it.
template <class Awaited, class Handler>
class Resume final : public Lane::Job {
public:
    Resume(Awaited& job, Handler handler)
        : job_(job),
          handler_(std::move(handler)),
          executor_(asio::prefer(asio::get_associated_executor(handler_), asio::execution::outstanding_work.tracked))
    {}

    void run() noexcept override
    {
        try {
            job_.work();
        } catch (...) {
            job_.failure = std::current_exception();
        }
        resume();
    }

    /// The lane does not take it: the coroutine goes on with `why`. (An exception thrown while it is being suspended
    /// would destroy it under its caller.)
    void refuse(std::exception_ptr why)
    {
        job_.failure = std::move(why);
        resume();
    }

private:
    void resume() { asio::post(executor_, std::move(handler_)); }

    Awaited& job_;
    Handler handler_;
    asio::any_io_executor executor_;
};

Lane::Full full(const std::string& name, std::size_t queue_max)
{
    return Lane::Full("the " + name + " lane has " + std::to_string(queue_max) + " jobs waiting already");
}

} // namespace

Lane::Lane(std::string name, std::size_t threads, std::size_t queue_max) : name_(std::move(name)), queue_max_(queue_max)
{
    for (std::size_t i = 0; i < threads; ++i) {
        threads_.emplace_back([this] { serve(); });
        pthread_setname_np(threads_.back().native_handle(), name_.substr(0, 15).c_str());
    }
}

Lane::~Lane()
{
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    woken_.notify_all();
    for (auto& thread : threads_) thread.join();
}

void Lane::post(std::unique_ptr<Job> job)
{
    {
        const std::lock_guard lock(mutex_);
        if (queue_.size() >= queue_max_) throw full(name_, queue_max_);
        queue_.push_back(std::move(job));
    }
    woken_.notify_one();
}

std::size_t Lane::queued() const
{
    const std::lock_guard lock(mutex_);
    return queue_.size();
}

asio::awaitable<void> Lane::run_awaited(Awaited& job)
{
    co_await asio::async_initiate<const asio::use_awaitable_t<>&, void()>(
        [this, &job](auto handler) {
            auto resume = std::make_unique<Resume<Awaited, decltype(handler)>>(job, std::move(handler));
            {
                const std::lock_guard lock(mutex_);
                if (queue_.size() < queue_max_) queue_.push_back(std::move(resume));
            }
            if (resume) resume->refuse(std::make_exception_ptr(full(name_, queue_max_)));
            else woken_.notify_one();
        },
        asio::use_awaitable);
}

void Lane::serve()
{
    std::unique_lock lock(mutex_);
    for (;;) {
        woken_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
        if (queue_.empty()) return;
        auto job = std::move(queue_.front());
        queue_.pop_front();
        lock.unlock();
        job->run();
        job.reset();
        lock.lock();
    }
}

} // namespace trunkline::db
