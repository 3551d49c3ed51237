// SPDX-License-Identifier: MIT
#pragma once

#include "hand_over.hpp"
#include "slots.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/deferred.hpp>

namespace trunkline::db::detail {

/// A connection that is lent, and noted in the task that holds it. Gives itself back.
class Lease {
public:
    Lease(std::shared_ptr<Slots> slots, SlotPtr slot, Slot::Holding&& holding);
    Lease(Lease&& other) noexcept;
    Lease& operator=(Lease&&) = delete;
    ~Lease();

    const SlotPtr& slot() const noexcept { return slot_; }
    const std::shared_ptr<Slots>& slots() const noexcept { return slots_; }
    Slot::Holding& holding() const noexcept { return *holding_; }
    /// What its task, if there is one, calls it.
    Task::Hold hold() const noexcept { return hold_; }
    bool shared() const noexcept { return holding_->use != PoolPolicy::Use::alone; }

private:
    std::shared_ptr<Slots> slots_;
    SlotPtr slot_;
    Slot::Holdings::iterator holding_;
    Task::Hold hold_ = 0; // in the task, if there is one
};

/// One caller in the line for a connection. What it was given and did not take goes to the next in line.
class Waiter {
public:
    Waiter(std::shared_ptr<Slots> slots, Slot::Holding holding, Deadline deadline);
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;
    ~Waiter();

    bool answered() const noexcept { return lease_ || refusal_; }
    /// Completes with the answer, or when the caller is cancelled. To be awaited at once, without a coroutine between.
    /// REQUIRES: it is not answered yet.
    auto answer()
    {
        auto initiate = [this](auto handler) { sleep(std::move(handler)); };
        return asio::async_initiate<const asio::deferred_t, void()>(std::move(initiate), asio::deferred);
    }
    /// The loop has ended: whoever waits here is to be destroyed, with nothing of the pool's in use.
    SleeperPtr drop() noexcept { return std::move(caller_); }
    /// What was granted. Throws AcquireTimeout, ConnectFailed or PoolClosed. REQUIRES: it is answered.
    Lease take();

    void granted(const SlotPtr& slot);
    void refused(PoolPolicy::What why);
    /// What it came to know in line: its place when it lined up, and in the end why it waited in vain.
    void lined_up(std::size_t place) noexcept { place_in_line_ = place; }
    void explain(AcquireDossier why) { dossier_ = std::make_unique<AcquireDossier>(std::move(why)); }

    const Slot::Holding& holding() const noexcept { return holding_; }
    std::size_t place_in_line() const noexcept { return place_in_line_; }
    Deadline deadline() const noexcept { return deadline_; }
    Deadline since() const noexcept { return holding_.since; }
    PoolPolicy::Use use() const noexcept { return holding_.use; }

private:
    /// Lies in the slot of the caller's cancellation, for as long as that likes.
    class Cancel {
    public:
        explicit Cancel(Waiter& waiter) noexcept : waiter_(&waiter) { waiter.cancel_ = this; }
        Cancel(const Cancel&) = delete;
        ~Cancel()
        {
            if (waiter_) waiter_->cancel_ = nullptr;
        }
        void operator()(asio::cancellation_type) const
        {
            if (waiter_) waiter_->wake();
        }
        void forget() noexcept { waiter_ = nullptr; }

    private:
        Waiter* waiter_;
    };

    template <class Handler>
    void sleep(Handler handler)
    {
        auto slot = asio::get_associated_cancellation_slot(handler);
        if (slot.is_connected()) slot.template emplace<Cancel>(*this);
        caller_ = sleeper_for(std::move(handler));
    }
    void wake();
    [[noreturn]] void fail();

    std::shared_ptr<Slots> slots_;
    Slot::Holding holding_; // as it will be; until then `since` is when the wait began
    Deadline deadline_;
    SleeperPtr caller_; // while he waits
    Cancel* cancel_ = nullptr;
    std::optional<Lease> lease_;
    std::optional<PoolPolicy::What> refusal_;
    std::unique_ptr<AcquireDossier> dossier_;
    std::size_t place_in_line_ = 0;
    PoolPolicy::WaiterId id_{};
};

/// A connection for a caller who need not wait for it; nothing when he has to, and then he keeps his `holding`.
std::optional<Lease> acquire_now(const std::shared_ptr<Slots>& slots, Slot::Holding& holding);

/// A connection for a caller, in his turn.
asio::awaitable<Lease> acquire(std::shared_ptr<Slots> slots, Slot::Holding holding, Deadline deadline);

/// `start` plus `patience`, without overflow.
Deadline after(Deadline start, std::chrono::nanoseconds patience) noexcept;
/// Now plus `patience`, if there is any limit to it.
Deadline from_now(std::optional<std::chrono::nanoseconds> patience) noexcept;

} // namespace trunkline::db::detail
