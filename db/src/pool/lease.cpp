// SPDX-License-Identifier: MIT
#include "lease.hpp"

#include "report.hpp"

#include <boost/asio/this_coro.hpp>

namespace trunkline::db::detail {

using Clock = std::chrono::steady_clock;

Lease::Lease(std::shared_ptr<Slots> slots, SlotPtr slot, TaskPtr task, std::source_location place)
    : slots_(std::move(slots)), slot_(std::move(slot)), task_(std::move(task))
{
    if (task_) hold_ = task_->hold(place);
}

Lease::Lease(Lease&& other) noexcept
    : slots_(std::move(other.slots_)), slot_(std::move(other.slot_)), task_(std::move(other.task_)), hold_(other.hold_)
{
    other.slot_.reset();
}

Lease::~Lease()
{
    if (!slot_) return;
    if (task_) task_->release(hold_);
    slots_->give_back(slot_);
}

Waiter::Waiter(std::shared_ptr<Slots> slots, TaskPtr task, std::source_location place, std::optional<SqlText> statement,
               Deadline deadline)
    : slots_(std::move(slots)),
      task_(std::move(task)),
      place_(place),
      statement_(std::move(statement)),
      since_(Clock::now()),
      deadline_(deadline),
      answered_(slots_->executor())
{
    id_ = slots_->enlist(*this, deadline);
}

Waiter::~Waiter()
{
    if (!lease_ && !refusal_) slots_->leave(id_);
}

asio::awaitable<Lease> Waiter::wait()
{
    while (!lease_ && !refusal_) {
        co_await answered_.wait();
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) throw_cancelled();
    }
    if (refusal_) fail();
    co_return std::move(*lease_);
}

void Waiter::granted(const SlotPtr& slot)
{
    slot->holding = Slot::Holding{place_, Clock::now(), statement_, task_};
    lease_.emplace(slots_, slot, task_, place_);
    answered_.ring();
}

void Waiter::refused(PoolPolicy::What why)
{
    refusal_ = why;
    answered_.ring();
}

void Waiter::fail() const
{
    const Engine engine = slots_->options().engine;
    ErrorInfo info;
    info.place = place_;
    if (statement_) info.statement = std::string(statement_->on(engine));
    if (*refusal_ == PoolPolicy::What::time_out) throw_acquire_timeout(*slots_, Clock::now() - since_, std::move(info));
    if (*refusal_ == PoolPolicy::What::fail) throw_connect_failed(*slots_, std::move(info));
    throw_pool_closed(std::move(info));
}

asio::awaitable<Lease> acquire(std::shared_ptr<Slots> slots, std::source_location place,
                               std::optional<SqlText> statement, Deadline deadline)
{
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    const Deadline patience = after(Clock::now(), slots->options().acquire_timeout);
    Waiter waiter(std::move(slots), task_of(executor), place, std::move(statement), std::min(deadline, patience));
    co_return co_await waiter.wait();
}

Deadline after(Deadline start, std::chrono::nanoseconds patience) noexcept
{
    return patience >= Deadline::max() - start ? Deadline::max() : start + patience;
}

} // namespace trunkline::db::detail
