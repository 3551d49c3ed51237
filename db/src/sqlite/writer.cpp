// SPDX-License-Identifier: MIT
// The thread that writes: groups of units, statements that stand alone, and one interactive transaction at a time.
#include "database.hpp"

namespace trunkline::db::sqlite {

namespace {

bool is_unit(const Call& call) { return call.kind == Call::Kind::statements; }
bool joins_a_group(const Call& call) { return is_unit(call) && !call.alone; }

[[noreturn]] void refuse_late_commit()
{
    throw CommandTimeout({.message = "the deadline passed before the COMMIT; the transaction was rolled back",
                          .sqlstate = "57014",
                          .outcome = Outcome::rejected});
}

} // namespace

void Database::serve_writer()
{
    GroupCommit groups(*writer_, options_.command_timeout, limits_, closing_, *this);
    Lock lock(mutex_);
    std::vector<CallPtr> group;
    while (take_group(lock, group)) {
        lock.unlock();
        if (is_unit(*group.front())) groups.run(group);
        else run_on_writer(groups, group.front());
        group.clear();
        keep_log_short();
        lock.lock();
    }
}

/// A log that is never begun anew grows without end: whoever reads an older state keeps its end from being folded.
void Database::keep_log_short()
{
    const std::size_t pages = writer_->log_pages();
    if (pages < limits_.log_pages) {
        log_too_long_ = 4 * limits_.log_pages;
    } else if (pages < log_too_long_) {
        writer_->fold_log();
    } else {
        fold_log_undisturbed();
        log_too_long_ = pages + 4 * limits_.log_pages; // a snapshot may keep it long: not again with every commit
    }
}

/// Whoever begins to read afterwards finds everything in the file, and is not in the way.
void Database::fold_log_undisturbed()
{
    {
        Lock lock(mutex_);
        reads_pause_ = true;
        reads_ended_.wait_for(lock, limits_.log_patience, [this] { return reading_ == 0 || closing_; });
    }
    writer_->fold_log();
    {
        const Lock lock(mutex_);
        reads_pause_ = false;
    }
    readers_woken_.notify_all();
}

/// Waits for work: the units at the head of the queue up to the first call that wants the writer for itself, or that
/// call alone. False when the database closes.
bool Database::take_group(Lock& lock, std::vector<CallPtr>& group)
{
    writer_woken_.wait(lock, [this] { return closing_ || !for_writer_.empty(); });
    if (closing_) return false;
    do {
        group.push_back(std::move(for_writer_.front()));
        for_writer_.pop_front();
    } while (joins_a_group(*group.front()) && !for_writer_.empty() && joins_a_group(*for_writer_.front()) &&
             group.size() < limits_.group_max);
    return true;
}

void Database::answer(std::span<const CallPtr> calls)
{
    const Lock lock(mutex_);
    for (const auto& call : calls) answer_locked(call);
}

void Database::take_back(std::span<const CallPtr> calls)
{
    if (calls.empty()) return;
    const Lock lock(mutex_);
    for_writer_.insert(for_writer_.begin(), calls.begin(), calls.end());
    answer_stopped(); // they were in no queue to be taken from
    clock_woken_.notify_one();
}

void Database::run_on_writer(GroupCommit& groups, const CallPtr& call)
{
    switch (call->kind) {
    case Call::Kind::begin:
    case Call::Kind::begin_snapshot: return lend_writer(groups, call);
    case Call::Kind::stands_alone: return run_standing_alone(groups, call);
    default: return answer(call); // commit and rollback of a session that has nothing open
    }
}

void Database::run_standing_alone(GroupCommit& groups, const CallPtr& call)
{
    try {
        const auto now = std::chrono::steady_clock::now();
        if (call->stopped()) std::rethrow_exception(why_stopped(*call, Outcome::not_sent));
        if (call->late(now)) std::rethrow_exception(gave_up_waiting());
        writer_->watch(groups.watch_for(*call, now));
        call->results = run_statements(*writer_, *call);
    } catch (...) {
        call->failure = reason_of_failure(*call);
    }
    writer_->roll_back();
    answer(call);
}

/// Runs an interactive transaction from its BEGIN to its end. Others wait meanwhile.
void Database::lend_writer(GroupCommit& groups, const CallPtr& begin)
{
    std::vector<CallPtr> one{begin};
    if (!groups.begin(one)) return;
    {
        const Lock lock(mutex_);
        owner_ = begin->seat;
        owner_->holds = Seat::Holds::writer;
        owner_->read_only = begin->kind == Call::Kind::begin_snapshot;
        owner_->say(Condition::in_transaction);
        answer_locked(begin);
    }
    while (const CallPtr call = next_of_owner())
        if (!run_of_owner(groups, call)) return;
}

/// Waits for the owner's next call. Nothing when there will be none: the writer is free again then.
CallPtr Database::next_of_owner()
{
    Lock lock(mutex_);
    const auto until = std::chrono::steady_clock::now() + limits_.idle_in_transaction_max;
    const bool came = writer_woken_.wait_until(lock, until, [this] { return owner_call_ || owner_->gone || closing_; });
    if (owner_call_ && !closing_) return std::move(owner_call_);
    if (owner_call_) answer_locked(std::move(owner_call_), closing_down(Outcome::rejected));
    owner_call_ = nullptr;
    const bool too_slow = !came && !owner_->gone;
    owner_->holds = too_slow ? Seat::Holds::timed_out : Seat::Holds::undone;
    owner_->say(Condition::in_failed_transaction);
    owner_ = nullptr;
    lock.unlock();
    writer_->roll_back();
    return nullptr;
}

/// Runs one call of the owner. False when the transaction is over by it.
bool Database::run_of_owner(GroupCommit& groups, const CallPtr& call)
{
    if (call->kind == Call::Kind::commit || call->kind == Call::Kind::rollback) return end_transaction(call);
    try {
        const auto now = std::chrono::steady_clock::now();
        if (call->late(now)) std::rethrow_exception(gave_up_waiting());
        writer_->watch(groups.watch_for(*call, now));
        close_dropped_cursors(*writer_, *call);
        if (call->seat->read_only && call->query) refuse_writes(*writer_, *call->query);
        call->results = run_in_transaction(*writer_, *call);
    } catch (...) {
        call->failure = reason_of_failure(*call);
    }
    writer_->watch({});
    const Lock lock(mutex_);
    const bool open = writer_->in_transaction();
    if (!open) writer_->close_cursors();
    if (!open) give_up_writer(Seat::Holds::undone, Condition::in_failed_transaction);
    answer_locked(call);
    return open;
}

bool Database::end_transaction(const CallPtr& call)
{
    try {
        if (call->kind == Call::Kind::commit) {
            if (call->stopped()) std::rethrow_exception(why_stopped(*call, Outcome::rejected));
            if (call->late(std::chrono::steady_clock::now())) refuse_late_commit();
            writer_->watch({}); // a COMMIT that was begun is not stopped
            writer_->control(Control::commit);
        }
    } catch (...) {
        call->failure = std::current_exception();
    }
    // A COMMIT that SQLite refused ends the transaction as it does elsewhere: nothing of it remains.
    const bool clean = writer_->roll_back();
    const Lock lock(mutex_);
    give_up_writer(Seat::Holds::nothing, clean ? Condition::idle : Condition::broken);
    answer_locked(call);
    return false;
}

void Database::give_up_writer(Seat::Holds holds, Condition condition)
{
    owner_->holds = holds;
    owner_->say(condition);
    owner_ = nullptr;
}

} // namespace trunkline::db::sqlite
