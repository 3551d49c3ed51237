// SPDX-License-Identifier: MIT
// The threads that read: single statements on a handle of the thread, snapshots on handles of their own.
#include "database.hpp"

namespace trunkline::db::sqlite {

namespace {

bool leaves_all_as_it_is(Handle& handle, const Query& query)
{
    for (std::size_t i = 0; i < query.statements().size(); ++i) {
        const auto index = query.is_unit() ? std::optional(i) : std::nullopt;
        if (!handle.reads_only(query.statements()[i], index)) return false;
    }
    return true;
}

} // namespace

Watch Database::watch_for(const Call& call, Instant now) const
{
    const auto patience = std::chrono::duration_cast<Instant::duration>(options_.command_timeout);
    const auto end = patience < Instant::max() - now ? now + patience : Instant::max();
    return {.until = std::min(call.deadline, end), .stop = &call.stop, .gone = &call.seat->gone, .closing = &closing_};
}

void Database::serve_reader(Handle& handle)
{
    Lock lock(mutex_);
    std::vector<CallPtr> reads;
    while (take_reads(lock, reads)) {
        const CallPtr& first = reads.front();
        const bool in_snapshot = first->seat->snapshot != nullptr;
        lock.unlock();
        if (first->kind == Call::Kind::begin_snapshot) open_snapshot(first);
        else if (in_snapshot) run_in_snapshot(first);
        else run_reads(handle, reads);
        reads.clear();
        lock.lock();
        if (--reading_ == 0 && reads_pause_) reads_ended_.notify_one();
    }
}

/// Waits for work; false when the database closes. Takes this reader's part of the single reads at the head of the
/// queue, or another call alone. A snapshot beyond the limit waits in a queue of its own.
bool Database::take_reads(Lock& lock, std::vector<CallPtr>& reads)
{
    const auto takes = [this](const Call& call) {
        return call.kind != Call::Kind::begin_snapshot || snapshots_ < limits_.snapshots_max;
    };
    const auto is_single = [](const Call& call) { return call.kind == Call::Kind::statements && !call.seat->snapshot; };
    for (;;) {
        readers_woken_.wait(lock, [this] { return closing_ || (!for_readers_.empty() && !reads_pause_); });
        if (closing_) return false;
        if (takes(*for_readers_.front())) break;
        for_snapshot_.push_back(std::move(for_readers_.front()));
        for_readers_.pop_front();
    }
    const std::size_t part = (for_readers_.size() + readers_.size() - 1) / readers_.size();
    do {
        reads.push_back(std::move(for_readers_.front()));
        for_readers_.pop_front();
    } while (reads.size() < std::min(part, limits_.reads_max) && is_single(*reads.front()) &&
             is_single(*for_readers_.front()));
    if (reads.front()->kind == Call::Kind::begin_snapshot) ++snapshots_;
    ++reading_;
    return true;
}

/// Several share one look at the database. All of them asked before it begins, so each sees whatever was committed
/// before he asked. As soon as one is slow, those before it are answered and those behind it go back to the line.
void Database::run_reads(Handle& handle, std::vector<CallPtr>& reads)
{
    std::size_t settled = 0, next = 0;
    const std::function<void()> let_go = [&] {
        const Lock lock(mutex_);
        settle_reads(std::span(reads).subspan(settled, next - 1 - settled));
        settled = next - 1;
        for_readers_.insert(for_readers_.begin(), reads.begin() + static_cast<std::ptrdiff_t>(next), reads.end());
        reads.resize(next);
        answer_stopped(); // they were in no queue to be taken from
        clock_woken_.notify_one();
        readers_woken_.notify_all();
    };
    if (reads.size() > 1) handle.begin();
    while (next < reads.size()) {
        Call& call = *reads[next++];
        const auto now = std::chrono::steady_clock::now();
        Watch watch = watch_for(call, now);
        watch.slow = now + limits_.slow_read;
        watch.on_slow = &let_go;
        if (call.late(now)) call.failure = gave_up_waiting();
        else run_read(handle, call, watch);
    }
    handle.end();
    const Lock lock(mutex_);
    settle_reads(std::span(reads).subspan(settled));
}

void Database::run_read(Handle& handle, Call& call, const Watch& watch)
{
    try {
        if (call.stopped()) std::rethrow_exception(why_stopped(call, Outcome::not_sent));
        handle.watch(watch);
        call.writes = !leaves_all_as_it_is(handle, *call.query);
        if (call.writes) return;
        // A unit reads one state of the database.
        if (call.query->is_unit() && !handle.in_transaction()) handle.begin();
        call.results = run_statements(handle, call);
    } catch (...) {
        call.failure = reason_of_failure(call);
    }
}

/// Answers them; what SQLite says would change the database goes to the writer's queue.
void Database::settle_reads(std::span<const CallPtr> reads)
{
    bool writes = false;
    for (const CallPtr& call : reads) {
        if (!call->writes || call->failure) answer_locked(call);
        else if (call->stopped()) answer_locked(call, why_stopped(*call, Outcome::not_sent)); // it was in no queue
        else queue_on_writer(call), writes = true;
    }
    if (writes) writer_woken_.notify_one();
}

void Database::open_snapshot(const CallPtr& call)
{
    std::unique_ptr<Handle> handle;
    try {
        {
            const Lock lock(mutex_);
            if (!spare_handles_.empty()) {
                handle = std::move(spare_handles_.back());
                spare_handles_.pop_back();
            }
        }
        const Watch watch = watch_for(*call, std::chrono::steady_clock::now());
        if (!handle) handle = Handle::open(options_, Handle::Use::read, watch);
        handle->watch(watch);
        handle->control(Control::begin);
        handle->control(Control::take_snapshot); // the snapshot is of now, not of the first statement
    } catch (...) {
        call->failure = reason_of_failure(*call);
    }
    const Lock lock(mutex_);
    call->seat->snapshot = std::move(handle);
    call->seat->holds = Seat::Holds::snapshot;
    call->seat->say(Condition::in_transaction);
    if (call->failure || call->seat->gone) end_snapshot(*call->seat);
    answer_locked(call);
}

void Database::run_in_snapshot(const CallPtr& call)
{
    Handle& handle = *call->seat->snapshot;
    const bool ends = call->kind == Call::Kind::commit || call->kind == Call::Kind::rollback;
    try {
        if (!ends) {
            const auto now = std::chrono::steady_clock::now();
            if (call->late(now)) std::rethrow_exception(gave_up_waiting());
            handle.watch(watch_for(*call, now));
            close_dropped_cursors(handle, *call);
            // Savepoints and questions leave the database as it is; everything else is refused.
            if (call->query) refuse_writes(handle, *call->query);
            call->results = run_in_transaction(handle, *call);
        }
    } catch (...) {
        call->failure = reason_of_failure(*call);
    }
    handle.watch({});
    const Lock lock(mutex_);
    if (!handle.in_transaction()) call->seat->say(Condition::in_failed_transaction);
    if (ends || call->seat->gone) end_snapshot(*call->seat);
    answer_locked(call);
}

/// Under the lock: ending a read transaction waits for nothing.
void Database::end_snapshot(Seat& seat)
{
    if (seat.snapshot && seat.snapshot->roll_back()) spare_handles_.push_back(std::move(seat.snapshot));
    seat.snapshot.reset();
    seat.holds = Seat::Holds::nothing;
    seat.say(Condition::idle);
    --snapshots_;
    if (for_snapshot_.empty()) return;
    for_readers_.push_front(std::move(for_snapshot_.front()));
    for_snapshot_.pop_front();
    readers_woken_.notify_one();
}

} // namespace trunkline::db::sqlite
