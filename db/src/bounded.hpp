// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/driver.hpp>
#include <trunkline/db/lane.hpp>

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace trunkline::db {

// What has to be known of Asio's cancellation, once and here.
//
// An awaitable that was cancelled throws at its next co_await, so clean-up that awaits would not run. A driver's call
// therefore runs on a coroutine of its own, whose cancellation state is ours alone: nothing throws by itself there,
// and the caller's cancellation arrives as something that `was_cancelled` tells and that ends the wait in progress.

namespace detail {
template <class T>
asio::awaitable<T> without_throwing(asio::awaitable<T> work)
{
    co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
    co_await asio::this_coro::throw_if_cancelled(false);
    co_return co_await std::move(work);
}
} // namespace detail

/// Runs `work` to its own end. A cancellation of the caller ends the wait that `work` is in, and throws nothing.
template <class T>
asio::awaitable<T> on_its_own_terms(asio::awaitable<T> work)
{
    const auto executor = co_await asio::this_coro::executor;
    co_return co_await asio::co_spawn(executor, detail::without_throwing(std::move(work)), asio::use_awaitable);
}

/// Whether the caller of the work in progress gave up.
inline asio::awaitable<bool> was_cancelled()
{
    const auto state = co_await asio::this_coro::cancellation_state;
    co_return state.cancelled() != asio::cancellation_type::none;
}

/// From here to its end the work in progress is not disturbed any more.
inline asio::awaitable<void> ignore_cancellation()
{
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
}

/// What a job on a lane and the coroutine that waits for it have in common; it outlives both.
template <class Answer>
struct Promised {
    explicit Promised(const asio::any_io_executor& executor) : done(executor) {}
    asio::steady_timer done;
    bool finished = false;
    Answer answer{};
};

template <class Work>
class PromisedJob final : public Lane::Job {
public:
    using Answer = std::invoke_result_t<Work&>;

    PromisedJob(Work work, std::shared_ptr<Promised<Answer>> promised, asio::any_io_executor executor)
        : work_(std::move(work)), promised_(std::move(promised)), executor_(std::move(executor))
    {}

    void run() noexcept override
    {
        promised_->answer = work_();
        asio::post(executor_, [promised = std::move(promised_)] {
            promised->finished = true;
            promised->done.cancel();
        });
    }

private:
    Work work_;
    std::shared_ptr<Promised<Answer>> promised_;
    asio::any_io_executor executor_;
};

/// Runs `work()`, which must not throw, on `lane`, and waits for its answer until `deadline` or until the caller gives
/// up; then there is none, and the work goes on unobserved. So `work` owns everything that it touches.
template <class Work>
asio::awaitable<std::optional<std::invoke_result_t<Work&>>> run_until(Lane& lane, Work work, Deadline deadline)
{
    using Answer = std::invoke_result_t<Work&>;
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    auto promised = std::make_shared<Promised<Answer>>(executor);
    promised->done.expires_at(deadline);
    lane.post(std::make_unique<PromisedJob<Work>>(std::move(work), promised, executor));
    boost::system::error_code ignored;
    auto token = asio::redirect_error(asio::use_awaitable, ignored);
    co_await promised->done.async_wait(token);
    if (!promised->finished) co_return std::nullopt;
    co_return std::move(promised->answer);
}

} // namespace trunkline::db
