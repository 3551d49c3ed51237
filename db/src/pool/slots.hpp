// SPDX-License-Identifier: MIT
#pragma once

#include "bell.hpp"
#include "occupied.hpp"
#include "policy.hpp"
#include "speeds.hpp"
#include "stoppable.hpp"
#include "traffic.hpp"

#include <trunkline/db/driver.hpp>
#include <trunkline/db/pool.hpp>
#include <trunkline/db/task.hpp>

#include <list>

namespace trunkline::db::detail {

class Waiter;

/// The place of one connection: who holds it, and what runs on it. At most one thing runs at a time, be it opening,
/// a caller's statement, a rollback or closing; except for the statements of callers who share it.
struct Slot {
    PoolPolicy::SlotId id{};
    std::unique_ptr<DriverConnection> connection; // none while it opens and once it closes
    Stop running;                                 // stops what runs; none when nothing does that can be stopped so
    bool beside = false;                          // a caller's statement runs that `break_off` ends
    bool cut = false;                             // taken from its holder: the pool closed under it
    bool distrusted = false;                      // never to be lent again, whatever its condition says
    std::chrono::steady_clock::time_point opening_since = std::chrono::steady_clock::now();
    PoolPolicy::CohortId cohort{}; // where it leads; none is nowhere in particular
    Role role_at_login = Role::unknown;

    struct Holding {
        Holding(std::source_location from, TaskPtr by) : place(from), task(std::move(by)) {}
        std::source_location place;
        TaskPtr task;
        std::chrono::steady_clock::time_point since = std::chrono::steady_clock::now();
        std::chrono::steady_clock::time_point turned = since; // to or from running a statement
        std::optional<SqlText> statement;
        PoolPolicy::Use use = PoolPolicy::Use::alone;
        bool kept = false; // between statements, by a Connection or a Transaction
    };
    using Holdings = std::list<Holding>;
    Holdings holdings; // one, or those of all who share it
    Holdings spare;    // a place for one, kept for the next

    bool busy() const noexcept { return running || beside; }
    Holdings::iterator hold(Holding&& holding);
    void let_go(Holdings::iterator holding) noexcept;

    bool usable() const noexcept { return connection && !distrusted && connection->condition() != Condition::broken; }
    /// The same, and it looks whether the server has hung up meanwhile. REQUIRES: nothing runs.
    bool alive() noexcept { return usable() && connection->alive(); }
    bool opening() const noexcept { return !connection && running; }
};
using SlotPtr = std::shared_ptr<Slot>;

/// The connections of a pool. Does what the policy decides: opens, lends, tidies up, closes.
///
/// Lifetime: shared by the pool, its leases and what runs in the background. Once the pool has called `abandon`
/// nothing is opened or lent any more, and what is left goes with the last lease.
class Slots {
public:
    enum class Kind {
        main,
        standbys, ///< beside the main ones, which serve when these cannot: they are looked for with less haste
    };
    static std::shared_ptr<Slots> make(asio::any_io_executor executor, Options options, std::unique_ptr<Driver> driver,
                                       Kind kind = Kind::main);

    void start();
    void drain(Deadline deadline);
    /// The pool goes: fails the waiters, drops what is idle, stops what runs.
    void abandon() noexcept;

    /// Puts the waiter in line; it is told what became of it, perhaps before this returns.
    PoolPolicy::WaiterId enlist(Waiter& waiter, Deadline deadline);
    /// A connection for somebody who need not wait; none when he has to line up.
    SlotPtr take(PoolPolicy::Use use, Deadline now);
    void leave(PoolPolicy::WaiterId waiter) noexcept;
    /// A lease ends. The connection is rolled back first when a transaction is open on it.
    void give_back(const SlotPtr& slot, Slot::Holdings::iterator holding) noexcept;
    /// What ran on the slot has ended.
    void finished(const SlotPtr& slot) noexcept;
    /// What a call failed with may say something of the server, and so of all connections to it. `may_write`: nobody had
    /// asked that nothing be written.
    void heard(const SlotPtr& slot, std::exception_ptr failure, bool may_write) noexcept;

    /// How `query`, which runs next, uses a connection when it needs it for itself only: a statement that is known to be
    /// short shares, one that is tried again (see StatementSpeeds), and one that is grouped. Throws UsageError for one that
    /// is grouped and cannot be.
    PoolPolicy::Use use_of(Query& query);
    StatementSpeeds& speeds() noexcept { return speeds_; }

    Bell& changed() noexcept { return changed_; }
    bool drained() const noexcept { return policy_.drained(); }
    bool closing_down() const noexcept { return policy_.draining(); }
    /// What the drain took from its holders.
    const std::vector<Holder>& was_cut() const noexcept { return was_cut_; }
    std::uint64_t attempts_ended() const noexcept { return opened_ + open_failures_; }
    std::uint64_t opened() const noexcept { return opened_; }
    std::exception_ptr last_connect_failure() const noexcept { return last_connect_failure_; }
    const std::string& last_connect_error() const noexcept { return last_connect_error_; }

    PoolStats stats() const;
    std::vector<Holder> holders() const;
    /// Whether statements share connections, and if not why.
    std::string describe_sharing() const;
    const asio::any_io_executor& executor() const noexcept { return executor_; }
    /// The executor without its task, if it has one.
    const asio::any_io_executor& home() const noexcept { return home_; }
    /// True when a coroutine of `caller` runs where the pool does.
    bool is_home(const asio::any_io_executor& caller) const noexcept;
    /// The executor of the pool, with the task of `caller`.
    asio::any_io_executor home_of(const asio::any_io_executor& caller) const;
    /// A statement or a unit was answered, or failed.
    void note_call(std::chrono::nanoseconds took) noexcept { counters_.call_time.add(took); }
    /// Somebody wants a connection. Throws UsageError when another thread is found inside: the executor of the pool is
    /// run by several.
    void arrive(Deadline now, PoolPolicy::Use use);
    const Options& options() const noexcept { return options_; }
    const Driver& driver() const noexcept { return *driver_; }
    void set_log(Pool::Log log) { log_ = std::move(log); }

private:
    class Alarm;
    using Self = std::shared_ptr<Slots>;
    using SlotId = PoolPolicy::SlotId;

    Slots(asio::any_io_executor executor, Options options, std::unique_ptr<Driver> driver, Kind kind);

    void carry_out();
    void carry_out(const PoolPolicy::Action& action);
    void open(SlotId id);
    void close(const SlotPtr& slot);
    void cut(const SlotPtr& slot);
    void grant(SlotId id, PoolPolicy::WaiterId waiter);
    void answer(PoolPolicy::What what, PoolPolicy::WaiterId waiter);
    void returned(const SlotPtr& slot, Deadline now);
    Holder holder_of(const Slot& slot, const Slot::Holding& holding) const;
    AcquireDossier dossier_of(std::map<PoolPolicy::WaiterId, Waiter*>::const_iterator waiter) const;
    void add_connecting(AcquireDossier& facts, Deadline now) const;
    void add_traffic(AcquireDossier& facts, Deadline now) const;
    std::optional<std::source_location> kept_by(const TaskPtr& task) const;
    void count_acquired(std::chrono::nanoseconds waited) noexcept;
    void gone(SlotPtr slot);
    void note_server(const SlotPtr& slot);
    void look_at_fellows_of(const SlotPtr& slot);
    void stop(const SlotPtr& slot);
    void warn(const Slot& slot) const;
    void log(const std::string& message) const;
    void wake_at_next();
    void wake_by(Deadline next);
    void woken();
    /// The loop has ended: those in line go.
    void drop_waiters() noexcept;

    template <class Work>
    void in_background(Work work, const SlotPtr& slot);
    static asio::awaitable<void> run_open(Self self, SlotPtr slot);
    static asio::awaitable<void> run_close(Self self, SlotPtr slot);
    static asio::awaitable<void> run_rollback(Self self, SlotPtr slot);
    void note_open_failure(std::exception_ptr failure);

    asio::any_io_executor executor_;
    asio::any_io_executor home_;
    Options options_;
    std::unique_ptr<Driver> driver_; // outlives the connections below
    PoolPolicy policy_;
    StatementSpeeds speeds_;
    std::weak_ptr<Slots> self_;
    std::map<SlotId, SlotPtr> slots_;
    std::map<std::pair<std::string, Role>, PoolPolicy::CohortId> cohorts_;
    std::map<PoolPolicy::WaiterId, Waiter*> waiters_;
    std::vector<PoolPolicy::Action> to_do_;
    Occupied occupied_;
    bool carrying_out_ = false;
    bool abandoned_ = false;
    asio::steady_timer wake_;
    std::optional<Deadline> armed_; // when `wake_` rings
    Bell changed_;
    Pool::Log log_;

    std::vector<Holder> was_cut_;
    std::exception_ptr last_connect_failure_;
    std::string last_connect_error_;
    Deadline last_connect_error_at_{};
    RecentTraffic traffic_;
    PoolStats counters_; // only what counts up
    std::uint64_t opened_ = 0;
    std::uint64_t open_failures_ = 0;
};

} // namespace trunkline::db::detail
