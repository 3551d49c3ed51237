// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <utility>
#include <vector>

namespace trunkline::db::detail {

/// What the pool decides: who is served, what is opened and closed, who has waited too long. A state machine without
/// I/O: each event is a call, the time is its argument, and what has to be done is read with `take_actions()`.
///
/// Promises: never more than `max_size` slots, closing ones included; callers who want the same are served first in,
/// first out; a slot is lent to one caller, or to several who said that they share it; a slot that came back broken is
/// never lent again; `min_size` slots are kept.
///
/// Who reads or writes one short statement shares: such callers sit on few slots and send behind one another. While
/// somebody waits for a slot of his own, they may join slots that are shared already, as long as those are at most half
/// of those there are: he had no use for a seat, and the other half comes back to him. Within that half the next slot
/// that is free is theirs while none is shared.
///
/// When connections cannot be opened, callers are kept waiting for `ride_out`; then, if nothing is left that could
/// serve them, the breaker opens: whoever waits or comes fails at once, and one attempt after another is made, with
/// growing pauses, until one succeeds. Afterwards one connection is opened, then two, then four.
///
/// Slots that lead to one server, while it is one thing, are a cohort. What one of them hears of the server holds for
/// all that were begun before: when it takes no writes any more they are lent to nobody again; when it ends sessions
/// they are replaced. Who hears the same of their replacements waits longer each time, so that a server that stays read
/// only costs no storm.
class PoolPolicy {
public:
    using Time = std::chrono::steady_clock::time_point;
    using Duration = std::chrono::steady_clock::duration;
    enum class SlotId : std::uint64_t {};
    enum class WaiterId : std::uint64_t {};
    /// A server and what it said it is; the numbers are the pool's.
    enum class CohortId : std::uint64_t {};

    /// What a caller wants a slot for.
    enum class Use {
        alone,   ///< he has it to himself
        reading, ///< a short statement that shares with others that read
        writing, ///< a short statement that shares with others that write
        grouped, ///< an insert that shares its commit with others
    };
    static constexpr std::size_t uses = 4;

    /// How callers share.
    struct Seats {
        std::size_t slots_max = 0; ///< that are shared at the same time; 0 is never, such callers are alone
        std::size_t seats = 1;     ///< of a shared slot
        std::size_t spread = 1;    ///< a further slot is taken when each of them has so many callers
    };

    struct Limits {
        std::size_t min_size = 5;
        std::size_t max_size = 20;
        std::uint64_t max_queries = 50'000;                 ///< 0 is never
        Duration max_idle = std::chrono::seconds(300);      ///< applies to slots above `min_size`
        Duration max_lifetime = std::chrono::seconds(1800); ///< up to a tenth earlier; 0 is never
        Duration leak_warning = std::chrono::seconds(30);   ///< 0 is never
        Duration ride_out = std::chrono::seconds(1);        ///< of failed connects, before callers are failed
        Duration backoff_first = std::chrono::milliseconds(50);
        Duration backoff_max = std::chrono::seconds(5);
        std::size_t opening_max = 8; ///< attempts at the same time; each is in vain in an outage
        Duration cohort_pause_first = std::chrono::seconds(1); ///< between one retirement of a cohort and the next,
        Duration cohort_pause_max = std::chrono::seconds(10);  ///< doubled each time
        Seats reading{};
        Seats writing{};
        Seats grouped{};
    };

    enum class What {
        open,      ///< slot: open a connection; answer with `opened` or `open_failed`
        stop_open, ///< slot: give up opening it; still answer with `opened` or `open_failed`
        close,     ///< slot: close it; answer with `closed`
        cut,       ///< slot: take it from its holder, then close it; answer with `closed`, never with `released`
        grant,     ///< slot to waiter; answer with `released` one day, or at once with `refused`
        time_out,  ///< waiter: it waited too long
        fail,      ///< waiter: the database cannot be reached
        turn_away, ///< waiter: the pool is closed
        warn,      ///< slot: it has been lent for longer than `leak_warning`
        outage,    ///< the breaker opened
        recovered, ///< a connection was opened after an outage
    };
    struct Action {
        What what;
        SlotId slot{};
        WaiterId waiter{};
    };

    /// What a slot heard of its server.
    enum class News {
        read_only, ///< it takes no writes any more
        leaving,   ///< it ends sessions, as when it shuts down
    };

    /// How a lent slot came back.
    struct Returned {
        bool healthy = true;
        std::uint64_t queries = 0; ///< that it has run in its life
    };

    struct Counts {
        std::size_t opening = 0;
        std::size_t idle = 0;
        std::size_t lent = 0;
        std::size_t shared = 0; ///< of those lent
        std::size_t closing = 0;
        std::size_t waiting = 0;
        std::uint64_t retired = 0; ///< closed for age, use or idleness, or with their cohort
        std::size_t size() const noexcept { return opening + idle + lent + closing; }
    };

    /// REQUIRES: `min_size` is at most `max_size`, which is at least 1. `seed` decides the jitter.
    PoolPolicy(Limits limits, std::uint64_t seed);

    /// Opens the first slots: at least one. Before it, or the first `acquire`, nothing is opened.
    void start(Time now);
    /// Somebody wants a slot, and waits for it until `deadline`.
    WaiterId acquire(Time now, Time deadline, Use use = Use::alone);
    /// The same, if it can be served on the spot and nobody is before him: then he has the slot, and no action says so.
    std::optional<SlotId> acquire_now(Time now, Use use = Use::alone);
    /// A waiter that was given no answer yet gives up.
    void leave(WaiterId waiter, Time now);
    void opened(SlotId slot, Time now, CohortId cohort = {});
    void open_failed(SlotId slot, Time now);
    void released(SlotId slot, Returned how, Time now);
    /// The slot of a `grant` turned out to be broken: its waiter goes back to the head of the line.
    /// Others who share it keep it, and nobody joins them.
    void refused(SlotId slot, WaiterId waiter, Time waiter_deadline, Time now, Use use = Use::alone);
    void closed(SlotId slot, Time now);
    /// A slot that serves, lent or idle, tells something of its server, and so of its cohort.
    void heard(SlotId slot, News news, Time now);
    /// The server has hung up on a slot. Only of idle ones, anything else will be noticed by its callers.
    void lost(SlotId slot, Time now);
    /// Time has passed: to be called at `next_wake()`.
    void tick(Time now);
    /// Takes no new work; serves who waits already, closes what comes back, and cuts the rest at `deadline`.
    void drain(Time now, Time deadline);

    std::vector<Action> take_actions() { return std::exchange(actions_, {}); }
    /// The same, in place of what `taken` holds: its memory is used again.
    void take_actions(std::vector<Action>& taken)
    {
        taken.clear();
        taken.swap(actions_);
    }
    bool has_actions() const noexcept { return !actions_.empty(); }
    /// When `tick` may have something to do; `Time::max()` if only another event can change anything.
    Time next_wake() const;

    Counts counts() const;
    const Limits& limits() const noexcept { return limits_; }
    bool draining() const noexcept { return draining_; }
    /// True once everything is closed after `drain`.
    bool drained() const noexcept { return draining_ && slots_.empty() && waiters_.empty(); }
    bool breaker_open() const noexcept { return breaker_open_; }

private:
    enum class State { opening, idle, lent, closing };
    struct Slot {
        State state = State::opening;
        Time since{}; // it entered this state
        Time expires = Time::max();
        bool stale = false; // too old or too much used, or its server leaves: retires when that is possible
        CohortId cohort{};
        bool warned = false;
        Use use = Use::alone;
        std::size_t callers = 0;     // while it is lent
        bool closed_to_more = false; // found broken by one of those who share it, or of no use to any
    };
    struct Cohort {
        SlotId retired_through{}; // and whatever was begun before it
        Duration pause{};
        Time quiet_until{};        // no retirement before
        std::optional<SlotId> due; // what retires then
        Time replaced_until{};     // no replacement before
    };
    struct Waiter {
        Time deadline;
        Use use;
    };
    using Slots = std::map<SlotId, Slot>;

    void settle(Time now);
    void expire_waiters(Time now);
    void serve(Time now);
    void retire(Time now);
    void grow(Time now);
    void close_down();
    void cut_all();
    void warn_of_leaks(Time now);
    void retire_cohorts_due(Time now);
    void retire_cohort(CohortId id, Cohort& cohort, SlotId through, Time now);
    void replace_cohort(CohortId id, Cohort& cohort, Time now);

    void open(Time now);
    void close(SlotId id, Slot& slot);
    std::optional<Use> left_without_slot() const;
    std::optional<SlotId> slot_for(Use use, bool join_only) const;
    std::optional<SlotId> emptiest(Use use) const;
    bool serve_one(Time now);
    bool lines_leave_room() const;
    void lend(SlotId id, WaiterId waiter, Use use, Time now);
    void seat(SlotId id, Use use, Time now);
    void line_up(WaiterId waiter, Waiter how);
    void step_out(WaiterId waiter);
    void end_sharing(SlotId id, Slot& slot);
    void answer(What what, WaiterId waiter);
    void answer_everybody(What what);
    void look_at_slots();
    Time wake_of(const Slot& slot) const;
    void enter(Slot& slot, State state, Time now);
    void failed_to_open(Time now);
    void breathe_again();

    std::size_t count(State state) const noexcept { return counted_[static_cast<std::size_t>(state)]; }
    std::size_t serving() const noexcept { return count(State::idle) + count(State::lent); }
    std::size_t fresh() const noexcept { return serving() - stale_; }
    bool room() const noexcept { return slots_.size() < limits_.max_size; }
    bool failing() const noexcept { return failing_since_.has_value(); }
    bool may_retire() const;
    bool idle_too_long(const Slot& slot, Time now) const;
    bool wants_probe() const;
    bool wants_slot() const;
    std::size_t wanted() const;
    std::size_t wanted_for(Use use) const;
    const Seats& seats_of(Use use) const;
    std::size_t shared() const noexcept;
    void make_stale(Slot& slot);
    bool retired_with_cohort(SlotId id, const Slot& slot) const;
    void give_up(SlotId id, Slot& slot);
    void lengthen_pause(Cohort& cohort, Time now) const;
    void forget(Slots::iterator slot);
    double random();

    Limits limits_;
    std::mt19937_64 random_;
    std::vector<Action> actions_;
    Slots slots_;
    std::size_t counted_[4] = {};
    std::size_t stale_ = 0;                // of the idle and lent ones
    Time slots_wake_ = Time::max();        // none of them needs `tick` before
    std::vector<SlotId> idle_;             // the last one was used last, and is lent first
    std::map<WaiterId, Waiter> waiters_;   // ids grow, so the first one came first
    std::set<WaiterId> waiting_for_[uses]; // the same, by use
    std::vector<SlotId> shared_[uses];     // slots that several may have, by use
    std::map<CohortId, Cohort> cohorts_;   // of which something was heard
    std::set<std::pair<Time, WaiterId>> deadlines_;
    std::uint64_t last_slot_ = 0;
    std::uint64_t last_waiter_ = 0;
    std::uint64_t retired_ = 0;
    bool started_ = false;
    bool first_wanted_ = false; // `start` wants a slot even when the floor is 0
    bool draining_ = false;
    bool shut_ = false; // the drain's deadline has passed
    Time cut_at_ = Time::max();
    std::optional<Time> failing_since_;
    Time retry_at_{};
    Duration backoff_{};
    bool breaker_open_ = false;
    std::size_t opening_limit_; // small after an outage
};

} // namespace trunkline::db::detail
