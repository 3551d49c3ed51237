// SPDX-License-Identifier: MIT
#include <base/task_group.hpp>

#include <trunkline/db/task.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <list>

namespace trunkline {

struct TaskGroup::State : std::enable_shared_from_this<TaskGroup::State> {
    struct Running {
        std::string name;
        asio::cancellation_signal stop;
    };

    State(asio::any_io_executor executor, Report report)
        : executor(std::move(executor)),
          report(std::move(report)),
          ended(this->executor, asio::steady_timer::time_point::max())
    {}

    void start(std::string name, asio::awaitable<void> task);
    void on_end(std::list<Running>::iterator self, std::exception_ptr failure);
    void cancel();
    void emit(const Running* wanted);

    asio::any_io_executor executor;
    Report report;
    asio::steady_timer ended; // never expires; cancelled when the last task ends
    std::list<Running> running;
    std::exception_ptr first_failure;
    bool cancelled = false;
};

void TaskGroup::State::start(std::string name, asio::awaitable<void> task)
{
    const auto self = running.emplace(running.end());
    self->name = name;
    auto end = [state = shared_from_this(), self](std::exception_ptr failure) { state->on_end(self, failure); };
    asio::co_spawn(db::with_task(executor, std::move(name)), std::move(task),
                   asio::bind_cancellation_slot(self->stop.slot(), asio::bind_executor(executor, std::move(end))));
    if (cancelled) cancel();
}

void TaskGroup::State::on_end(std::list<Running>::iterator self, std::exception_ptr failure)
{
    const std::string name = std::move(self->name);
    running.erase(self);
    if (failure && !cancelled) {
        if (report) {
            report(name, failure);
        } else {
            first_failure = failure;
            cancel();
        }
    }
    if (running.empty()) ended.cancel();
}

void TaskGroup::State::cancel()
{
    cancelled = true;
    // A task may end inside emit and leave the list, so each emit is posted and looks its task up again.
    for (const Running& task : running)
        asio::post(executor, [state = shared_from_this(), wanted = &task] { state->emit(wanted); });
}

void TaskGroup::State::emit(const Running* wanted)
{
    for (Running& task : running)
        if (&task == wanted) return task.stop.emit(asio::cancellation_type::terminal);
}

TaskGroup::TaskGroup(asio::any_io_executor executor) : TaskGroup(std::move(executor), nullptr) {}

TaskGroup::TaskGroup(asio::any_io_executor executor, Report report)
    : state_(std::make_shared<State>(std::move(executor), std::move(report)))
{}

TaskGroup::~TaskGroup() = default;

void TaskGroup::start(std::string name, asio::awaitable<void> task) { state_->start(std::move(name), std::move(task)); }

void TaskGroup::cancel() { state_->cancel(); }

std::size_t TaskGroup::size() const noexcept { return state_->running.size(); }

asio::awaitable<void> TaskGroup::join()
{
    const auto state = state_;
    co_await asio::this_coro::throw_if_cancelled(false);
    while (!state->running.empty()) {
        boost::system::error_code woken;
        co_await state->ended.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        const auto cancellation = co_await asio::this_coro::cancellation_state;
        if (cancellation.cancelled() == asio::cancellation_type::none) continue;
        state->cancel();
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    }
    if (state->first_failure) std::rethrow_exception(state->first_failure);
}

asio::awaitable<std::size_t> race(asio::awaitable<void> first, asio::awaitable<void> second)
{
    const auto executor = co_await asio::this_coro::executor;
    auto both = asio::experimental::make_parallel_group(asio::co_spawn(executor, std::move(first), asio::deferred),
                                                        asio::co_spawn(executor, std::move(second), asio::deferred));
    const auto ended = co_await both.async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
    const auto& [order, first_failure, second_failure] = ended;
    const std::exception_ptr& failure = order[0] == 0 ? first_failure : second_failure;
    if (failure) std::rethrow_exception(failure);
    co_return order[0];
}

} // namespace trunkline
