// SPDX-License-Identifier: MIT
// What the connections look like from outside: who holds them, and why somebody got none.
#include "slots.hpp"

#include "dossier.hpp"
#include "lease.hpp"
#include "report.hpp"

#include <algorithm>
#include <set>

namespace trunkline::db::detail {

using Clock = std::chrono::steady_clock;

namespace {

/// Without a warning of its own, a connection that nobody used for so long is taken for forgotten.
constexpr std::chrono::seconds forgotten_after{30};

std::size_t at_most(std::size_t count, std::ptrdiff_t of) { return std::min(count, static_cast<std::size_t>(of)); }

} // namespace

Holder Slots::holder_of(const Slot& slot, const Slot::Holding& holding) const
{
    const auto now = Clock::now();
    Holder holder;
    holder.place = holding.place;
    holder.age = now - holding.since;
    holder.state_age = now - holding.turned;
    if (holding.statement) holder.statement = std::string(holding.statement->on(options_.engine));
    if (holding.task) holder.task = holding.task->name();
    holder.shared = holding.use != PoolPolicy::Use::alone;
    holder.running = holder.shared || slot.busy();
    if (!holder.running && slot.usable()) holder.in_transaction = slot.connection->condition() != Condition::idle;
    return holder;
}

std::vector<Holder> Slots::holders() const
{
    std::set<TaskPtr> in_line; // only where a task may ask for a second connection
    if (options_.nested == Options::Nested::allow)
        for (const auto& [id, waiter] : waiters_) in_line.insert(waiter->holding().task);
    std::vector<Holder> holders;
    for (const auto& [id, slot] : slots_) {
        for (const auto& holding : slot->holdings) {
            holders.push_back(holder_of(*slot, holding));
            holders.back().waits_for_another = holding.kept && holding.task && in_line.contains(holding.task);
        }
    }
    std::ranges::sort(holders, std::ranges::greater{}, &Holder::age);
    return holders;
}

std::string Slots::describe_sharing() const
{
    if (!options_.sharing) return "no statements share connections, as the options say";
    if (driver_->shares()) return "short statements share connections";
    if (options_.engine != Engine::postgresql) return "no statements share connections, which needs PostgreSQL";
    if (opened_ == 0) return "whether statements share connections is known once one is open";
    if (options_.raw_sql) return "no statements share connections, because of raw_sql";
    return "no statements share connections, because of the pooler";
}

AcquireDossier Slots::dossier_of(std::map<PoolPolicy::WaiterId, Waiter*>::const_iterator waiter) const
{
    const auto now = Clock::now();
    const Waiter& caller = *waiter->second;
    const auto counts = policy_.counts();
    AcquireDossier facts;
    facts.place = caller.holding().place;
    facts.waited = now - caller.since();
    facts.place_in_line = caller.place_in_line();
    facts.ahead = at_most(waiters_.size(), std::distance(waiters_.begin(), waiter));
    facts.acquire_timeout = options_.acquire_timeout;
    facts.leak_after = options_.leak_warning > milliseconds::zero() ? options_.leak_warning : forgotten_after;
    facts.max_size = policy_.limits().max_size;
    facts.in_use = counts.lent;
    facts.idle = counts.idle;
    facts.opening = counts.opening;
    facts.closing = counts.closing;
    facts.waiting = waiters_.size() - 1;
    facts.holders = holders();
    add_traffic(facts, now);
    add_connecting(facts, now);
    facts.keeps = kept_by(caller.holding().task);
    facts.cause = cause_of(facts);
    facts.max_size_needed = max_size_needed(facts, facts.cause);
    return facts;
}

void Slots::add_traffic(AcquireDossier& facts, Deadline now) const
{
    const auto lately = traffic_.lately(now);
    const double seconds = std::chrono::duration<double>(lately.window).count();
    if (seconds <= 0) return;
    facts.window = lately.window;
    facts.arrivals_per_second = static_cast<double>(lately.came) / seconds;
    facts.served_per_second = static_cast<double>(lately.served) / seconds;
    facts.alone_per_second = static_cast<double>(lately.came_alone) / seconds;
    if (lately.served_alone > 0) facts.held = lately.held_alone / static_cast<std::int64_t>(lately.served_alone);
}

void Slots::add_connecting(AcquireDossier& facts, Deadline now) const
{
    facts.connect_error = last_connect_error_;
    if (!last_connect_error_.empty()) {
        facts.connect_sqlstate = sqlstate_of(last_connect_failure_);
        facts.connect_error_age = now - last_connect_error_at_;
    }
    for (const auto& [id, slot] : slots_) {
        if (!slot->opening()) continue;
        const AcquireDossier::Duration age = now - slot->opening_since;
        facts.oldest_attempt = std::max(age, facts.oldest_attempt.value_or(age));
    }
    const auto& took = counters_.create_time;
    if (const auto count = took.count(); count > 0) facts.connect_time = took.total / static_cast<std::int64_t>(count);
}

/// Where the caller's own task took a connection of this pool that it keeps while it waits.
std::optional<std::source_location> Slots::kept_by(const TaskPtr& task) const
{
    if (!task) return std::nullopt;
    for (const auto& [id, slot] : slots_)
        for (const auto& holding : slot->holdings)
            if (holding.kept && holding.task == task) return holding.place;
    return std::nullopt;
}

} // namespace trunkline::db::detail
