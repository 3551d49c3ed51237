// SPDX-License-Identifier: MIT
#include "database.hpp"

#include <pthread.h>

namespace trunkline::db::sqlite {

namespace {

constexpr std::size_t readers_max = 4;

std::exception_ptr lost_transaction(Seat::Holds holds)
{
    if (holds == Seat::Holds::timed_out)
        return std::make_exception_ptr(Error(
            {.message = "the transaction was rolled back: it sent nothing for too long while others waited to write",
             .sqlstate = "25P03",
             .outcome = Outcome::rejected}));
    return std::make_exception_ptr(
        Error({.message = "the transaction was rolled back by an earlier failure; only a rollback is accepted",
               .sqlstate = "25P02",
               .outcome = Outcome::rejected}));
}

} // namespace

void Database::open(Deadline deadline)
{
    const Lock lock(mutex_);
    if (closing_) throw PoolClosed({.message = "the database is being closed", .sqlstate = "57P01"});
    if (running_) return;
    const Watch watch{.until = deadline, .closing = &closing_};
    auto writer = Handle::open(options_, Handle::Use::write, watch);
    std::vector<std::unique_ptr<Handle>> readers;
    const std::size_t cores = std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, readers_max);
    const std::size_t wanted = in_memory() ? 0 : limits_.readers ? limits_.readers : cores;
    for (std::size_t i = 0; i < wanted; ++i) readers.push_back(Handle::open(options_, Handle::Use::read, watch));
    writer_ = std::move(writer);
    readers_ = std::move(readers);
    reader_count_ = wanted;
    threads_.emplace_back([this] { serve_writer(); });
    pthread_setname_np(threads_.back().native_handle(), "sqlite-writer");
    for (auto& reader : readers_) {
        threads_.emplace_back([this, handle = reader.get()] { serve_reader(*handle); });
        pthread_setname_np(threads_.back().native_handle(), "sqlite-reader");
    }
    threads_.emplace_back([this] { serve_clock(); });
    pthread_setname_np(threads_.back().native_handle(), "sqlite-clock");
    running_ = true;
}

void Database::close() noexcept
{
    closing_ = true; // stops what runs
    {
        const Lock lock(mutex_);
        writer_woken_.notify_all();
        readers_woken_.notify_all();
        clock_woken_.notify_all();
    }
    for (auto& thread : threads_) thread.join();
    threads_.clear();
    const Lock lock(mutex_);
    for (auto* queue : {&for_writer_, &for_readers_, &for_snapshot_}) answer_all(*queue);
    spare_handles_.clear();
    readers_.clear();
    writer_.reset();
}

void Database::answer_all(Queue& queue)
{
    for (const auto& call : queue) answer_locked(call, closing_down(Outcome::not_sent));
    queue.clear();
}

void Database::submit(std::vector<CallPtr>& calls)
{
    std::size_t reads = 0;
    bool writes = false;
    {
        const Lock lock(mutex_);
        for (CallPtr& call : calls) {
            ++call->seat->under_way;
            if (closing_ || !running_) answer_locked(call, closing_down(Outcome::not_sent));
            else place(std::move(call));
        }
        reads = for_readers_.size();
        writes = !for_writer_.empty() || owner_call_;
    }
    if (writes) writer_woken_.notify_one();
    for (std::size_t i = 0; i < std::min(reads, readers()); ++i) readers_woken_.notify_one();
}

void Database::take_answered(std::vector<CallPtr>& calls)
{
    const Lock lock(mutex_);
    if (calls.empty()) return calls.swap(answered_);
    calls.insert(calls.end(), std::move_iterator(answered_.begin()), std::move_iterator(answered_.end()));
    answered_.clear();
}

void Database::place(CallPtr call)
{
    switch (call->seat->holds) {
    case Seat::Holds::timed_out:
    case Seat::Holds::undone: return answer_lost(std::move(call));
    case Seat::Holds::writer: owner_call_ = std::move(call); return;
    case Seat::Holds::snapshot: return queue_on_readers(std::move(call));
    case Seat::Holds::nothing: break;
    }
    const bool reads = call->asks || call->kind == Call::Kind::begin_snapshot;
    if (reads && reader_count_ > 0) queue_on_readers(std::move(call));
    else queue_on_writer(std::move(call));
}

void Database::answer_lost(CallPtr call)
{
    if (call->kind != Call::Kind::rollback) return answer_locked(call, lost_transaction(call->seat->holds));
    call->seat->holds = Seat::Holds::nothing;
    call->seat->say(Condition::idle);
    answer_locked(call);
}

void Database::queue_on_writer(CallPtr call)
{
    wake_clock(*call);
    for_writer_.push_back(std::move(call));
}

void Database::queue_on_readers(CallPtr call)
{
    wake_clock(*call);
    for_readers_.push_back(std::move(call));
}

void Database::wake_clock(const Call& call)
{
    if (call.deadline < clock_wakes_) clock_woken_.notify_one();
}

void Database::cancel(const CallPtr& call)
{
    call->stop = true;
    const Lock lock(mutex_);
    if (take_from_queues(call)) answer_locked(call, why_stopped(*call, Outcome::not_sent));
}

bool Database::take_from_queues(const CallPtr& call)
{
    for (auto* queue : {&for_writer_, &for_readers_, &for_snapshot_}) {
        const auto found = std::find(queue->begin(), queue->end(), call);
        if (found == queue->end()) continue;
        queue->erase(found);
        return true;
    }
    return false;
}

void Database::abandon(const std::shared_ptr<Seat>& seat)
{
    {
        const Lock lock(mutex_);
        seat->gone = true;
        seat->condition = Condition::broken;
        if (closing_) return;
        answer_stopped();
        if (seat->under_way > 0) return; // whoever runs it sees that the session is gone
        if (seat->holds != Seat::Holds::writer && seat->holds != Seat::Holds::snapshot) return;
        ++seat->under_way;
        place(std::make_shared<Call>(Call::Kind::rollback, seat, Deadline::max()));
    }
    writer_woken_.notify_one();
    readers_woken_.notify_one();
}

void Database::drop_cursor(Seat& seat, std::uint64_t cursor)
{
    const Lock lock(mutex_);
    if (!closing_) seat.dropped_cursors.push_back(cursor);
}

void Database::close_dropped_cursors(Handle& handle, const Call& call)
{
    std::vector<std::uint64_t> dropped;
    {
        const Lock lock(mutex_);
        dropped.swap(call.seat->dropped_cursors);
    }
    for (const auto cursor : dropped) handle.close_cursor(cursor);
}

void Database::answer(const CallPtr& call, std::exception_ptr failure)
{
    const Lock lock(mutex_);
    answer_locked(call, std::move(failure));
}

void Database::answer_locked(const CallPtr& call, std::exception_ptr failure)
{
    if (failure) call->failure = std::move(failure);
    if (closing_ && call->failure) call->seat->say(Condition::broken);
    --call->seat->under_way;
    if (!call->caller) return; // nobody asked: the end of a session that is gone
    answered_.push_back(call);
    if (answered_.size() == 1) ring_();
}

/// Those in line who were cancelled, or whose session is gone.
void Database::answer_stopped()
{
    for (auto* queue : {&for_writer_, &for_readers_, &for_snapshot_})
        std::erase_if(*queue, [this](const CallPtr& call) {
            if (!call->stopped() || call->kind == Call::Kind::rollback) return false;
            answer_locked(call, why_stopped(*call, Outcome::not_sent));
            return true;
        });
}

void Database::serve_clock()
{
    Lock lock(mutex_);
    while (!closing_) {
        const auto now = std::chrono::steady_clock::now();
        clock_wakes_ = Instant::max();
        for (auto* queue : {&for_writer_, &for_readers_, &for_snapshot_})
            clock_wakes_ = std::min(clock_wakes_, answer_late(*queue, now));
        if (clock_wakes_ == Instant::max()) clock_woken_.wait(lock);
        else clock_woken_.wait_until(lock, clock_wakes_);
    }
}

Instant Database::answer_late(Queue& queue, Instant now)
{
    Instant next = Instant::max();
    std::erase_if(queue, [&](const CallPtr& call) {
        if (!call->late(now)) next = std::min(next, call->deadline);
        else answer_locked(call, gave_up_waiting());
        return call->late(now);
    });
    return next;
}

} // namespace trunkline::db::sqlite
