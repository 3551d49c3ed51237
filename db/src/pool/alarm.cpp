// SPDX-License-Identifier: MIT
// When the pool looks at the clock; and what becomes of those in line when the loop ends.
#include "lease.hpp"

namespace trunkline::db::detail {

using Clock = std::chrono::steady_clock;

/// What the timer calls. When it goes undone the loop has ended: then those in line go too, because nothing else holds
/// their frames, and their frames hold the pool.
class Slots::Alarm {
public:
    explicit Alarm(std::weak_ptr<Slots> slots) : slots_(std::move(slots)) {}
    Alarm(Alarm&& other) noexcept : slots_(std::exchange(other.slots_, {})) {}
    ~Alarm()
    {
        if (const auto slots = slots_.lock()) slots->drop_waiters();
    }

    void operator()(boost::system::error_code failure)
    {
        const auto slots = std::exchange(slots_, {}).lock();
        if (slots && !failure) slots->woken();
    }

private:
    std::weak_ptr<Slots> slots_;
};

void Slots::wake_at_next() { wake_by(policy_.next_wake()); }

/// Somebody in line keeps it armed, even if he waits without end: it notices when the loop ends.
void Slots::wake_by(Deadline next)
{
    if (abandoned_ || (armed_ && next >= *armed_)) return; // a timer that rings too early does no harm
    if (next == Deadline::max() && waiters_.empty()) return;
    armed_ = next;
    wake_.expires_at(next);
    wake_.async_wait(Alarm(self_));
}

void Slots::woken()
{
    armed_.reset();
    policy_.tick(Clock::now());
    carry_out();
}

void Slots::drop_waiters() noexcept
{
    abandoned_ = true;
    std::vector<SleeperPtr> dropped;
    for (const auto& [id, waiter] : waiters_) dropped.push_back(waiter->drop());
}

} // namespace trunkline::db::detail
