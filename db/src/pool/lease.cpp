// SPDX-License-Identifier: MIT
#include "lease.hpp"

#include "report.hpp"

#include <boost/asio/this_coro.hpp>

namespace trunkline::db::detail {

using Clock = std::chrono::steady_clock;

Lease::Lease(std::shared_ptr<Slots> slots, SlotPtr slot, Slot::Holding&& holding)
    : slots_(std::move(slots)), slot_(std::move(slot)), holding_(slot_->hold(std::move(holding)))
{
    if (holding_->task) hold_ = holding_->task->hold(holding_->place, holding_->kept);
}

Lease::Lease(Lease&& other) noexcept
    : slots_(std::move(other.slots_)), slot_(std::move(other.slot_)), holding_(other.holding_), hold_(other.hold_)
{
    other.slot_.reset();
}

Lease::~Lease()
{
    if (!slot_) return;
    if (holding_->task) holding_->task->release(hold_);
    slots_->give_back(slot_, holding_);
}

Waiter::Waiter(std::shared_ptr<Slots> slots, Slot::Holding holding, Deadline deadline)
    : slots_(std::move(slots)), holding_(std::move(holding)), deadline_(deadline)
{
    id_ = slots_->enlist(*this, deadline);
}

Waiter::~Waiter()
{
    if (cancel_) cancel_->forget();
    if (!answered()) slots_->leave(id_);
}

Lease Waiter::take()
{
    if (refusal_) fail();
    return std::move(*lease_);
}

void Waiter::granted(const SlotPtr& slot)
{
    Slot::Holding holding = holding_;
    holding.since = holding.turned = Clock::now();
    lease_.emplace(slots_, slot, std::move(holding));
    wake();
}

void Waiter::refused(PoolPolicy::What why)
{
    refusal_ = why;
    wake();
}

void Waiter::wake()
{
    if (caller_) HandOver::wake(std::move(caller_), slots_->executor());
}

void Waiter::fail()
{
    const Engine engine = slots_->options().engine;
    ErrorInfo info;
    info.place = holding_.place;
    if (holding_.statement) info.statement = std::string(holding_.statement->on(engine));
    if (dossier_) throw_acquire_timeout(std::move(*dossier_), std::move(info));
    if (*refusal_ == PoolPolicy::What::fail) throw_connect_failed(*slots_, std::move(info));
    throw_pool_closed(std::move(info));
}

std::optional<Lease> acquire_now(const std::shared_ptr<Slots>& slots, Slot::Holding& holding)
{
    slots->arrive(holding.since, holding.use);
    SlotPtr slot = slots->take(holding.use, holding.since);
    if (!slot) return std::nullopt;
    return std::optional<Lease>(std::in_place, slots, std::move(slot), std::move(holding));
}

asio::awaitable<Lease> acquire(std::shared_ptr<Slots> slots, Slot::Holding holding, Deadline deadline)
{
    const Deadline patience = after(holding.since, slots->options().acquire_timeout);
    Waiter waiter(std::move(slots), std::move(holding), std::min(deadline, patience));
    while (!waiter.answered()) {
        co_await waiter.answer();
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) throw_cancelled();
    }
    co_return waiter.take();
}

Deadline after(Deadline start, std::chrono::nanoseconds patience) noexcept
{
    return patience >= Deadline::max() - start ? Deadline::max() : start + patience;
}

Deadline from_now(std::optional<std::chrono::nanoseconds> patience) noexcept
{
    return patience ? after(Clock::now(), *patience) : Deadline::max();
}

} // namespace trunkline::db::detail
