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

Watch Database::watch_for(const Call& call) const
{
    const auto now = std::chrono::steady_clock::now();
    const auto patience = std::chrono::duration_cast<Instant::duration>(options_.command_timeout);
    const auto end = patience < Instant::max() - now ? now + patience : Instant::max();
    return {.until = std::min(call.deadline, end), .stop = &call.stop, .closing = &closing_};
}

void Database::serve_reader(Handle& handle)
{
    while (const CallPtr call = next_for_readers()) {
        if (call->kind == Call::Kind::begin_snapshot) open_snapshot(call);
        else if (call->seat->snapshot) run_in_snapshot(call);
        else run_on_reader(handle, call);
    }
}

/// Waits for work; nothing when the database closes. A snapshot beyond the limit waits in a queue of its own.
CallPtr Database::next_for_readers()
{
    Lock lock(mutex_);
    for (;;) {
        readers_woken_.wait(lock, [this] { return closing_ || !for_readers_.empty(); });
        if (closing_) return nullptr;
        CallPtr call = std::move(for_readers_.front());
        for_readers_.pop_front();
        if (call->kind != Call::Kind::begin_snapshot) return call;
        if (snapshots_ < limits_.snapshots_max) {
            ++snapshots_;
            return call;
        }
        for_snapshot_.push_back(std::move(call));
    }
}

void Database::run_on_reader(Handle& handle, const CallPtr& call)
{
    try {
        if (call->stopped()) std::rethrow_exception(cancelled());
        if (call->late(std::chrono::steady_clock::now())) std::rethrow_exception(gave_up_waiting());
        handle.watch(watch_for(*call));
        if (forward_to_writer(handle, call)) return;
        // A unit reads one state of the database.
        if (call->query->is_unit()) handle.control("BEGIN");
        call->results = run_statements(handle, *call);
    } catch (...) {
        call->failure = reason_of_failure(*call);
    }
    handle.roll_back();
    answer(call);
}

/// What SQLite says would change the database goes to the writer's queue.
bool Database::forward_to_writer(Handle& handle, const CallPtr& call)
{
    if (leaves_all_as_it_is(handle, *call->query)) return false;
    const Lock lock(mutex_);
    // A cancellation that came meanwhile found the call in no queue.
    if (call->stopped()) answer_locked(call, cancelled());
    else queue_on_writer(call);
    return true;
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
        if (!handle) handle = Handle::open(options_, Handle::Use::read, watch_for(*call));
        handle->watch(watch_for(*call));
        handle->control("BEGIN");
        handle->control("SELECT count(*) FROM sqlite_schema"); // the snapshot is of now, not of the first statement
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
            if (call->late(std::chrono::steady_clock::now())) std::rethrow_exception(gave_up_waiting());
            handle.watch(watch_for(*call));
            // Savepoints and questions leave the database as it is; everything else is refused.
            refuse_writes(handle, *call->query);
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
