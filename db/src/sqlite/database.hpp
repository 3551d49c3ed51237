// SPDX-License-Identifier: MIT
#pragma once

#include "call.hpp"
#include "group.hpp"
#include "limits.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace trunkline::db::sqlite {

/// One SQLite database: a writer thread with a fair queue and group commit, several reader threads, and a clock that
/// answers those whose deadline passes while they wait.
///
/// A call is submitted, runs on one of the threads, and is answered by `Waiter::resume`, exactly once.
///
/// Threads: any, except where noted. Lifetime: `close` (or the destructor, on none of the threads) stops what runs,
/// answers what waits, and joins; sessions may outlive it and are then refused.
class Database {
public:
    Database(Options options, Limits limits) : options_(std::move(options)), limits_(limits) {}
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;
    ~Database() { close(); }

    /// Opens the file and starts the threads, unless that is done. Throws ConnectFailed. Blocks.
    void open(Deadline deadline);
    /// Blocks until the threads have ended, which takes as long as SQLite needs to notice.
    void close() noexcept;

    void submit(CallPtr call);
    /// Takes the call out of its queue, or stops it where it runs.
    void cancel(const CallPtr& call);
    /// The session is gone: what it runs is stopped, what it has open is rolled back.
    void abandon(const std::shared_ptr<Seat>& seat);

    bool in_memory() const noexcept { return options_.target == ":memory:"; }
    std::size_t readers() const noexcept { return reader_count_; }

private:
    using Lock = std::unique_lock<std::mutex>;
    using Queue = std::deque<CallPtr>;

    // submitting (database.cpp)
    void place(CallPtr call);
    void queue_on_writer(CallPtr call);
    void queue_on_readers(CallPtr call);
    void answer_lost(CallPtr call);
    void answer(const CallPtr& call, std::exception_ptr failure = nullptr);
    void answer_locked(const CallPtr& call, std::exception_ptr failure = nullptr);
    bool take_from_queues(const CallPtr& call);
    void answer_all(Queue& queue);

    // the clock (database.cpp)
    void serve_clock();
    Instant answer_late(Queue& queue, Instant now);

    // the writer (writer.cpp)
    void serve_writer();
    bool take_group(Lock& lock, std::vector<CallPtr>& group);
    void run_group(GroupCommit& groups, std::vector<CallPtr> group);
    void run_on_writer(GroupCommit& groups, const CallPtr& call);
    void run_standing_alone(GroupCommit& groups, const CallPtr& call);
    void lend_writer(GroupCommit& groups, const CallPtr& begin);
    CallPtr next_of_owner();
    bool run_of_owner(GroupCommit& groups, const CallPtr& call);
    bool end_transaction(const CallPtr& call);
    void give_up_writer(Seat::Holds holds, Condition condition);

    // the readers (reader.cpp)
    void serve_reader(Handle& handle);
    CallPtr next_for_readers();
    void run_on_reader(Handle& handle, const CallPtr& call);
    bool forward_to_writer(Handle& handle, const CallPtr& call);
    void open_snapshot(const CallPtr& call);
    void run_in_snapshot(const CallPtr& call);
    void end_snapshot(Seat& seat);
    Watch watch_for(const Call& call) const;

    const Options options_;
    const Limits limits_;

    std::mutex mutex_; // guards all below but closing_, and the Seats
    std::condition_variable writer_woken_, readers_woken_, clock_woken_;
    Queue for_writer_, for_readers_, for_snapshot_;
    bool running_ = false;
    std::atomic<bool> closing_{false};
    Instant clock_wakes_ = Instant::max();

    std::shared_ptr<Seat> owner_; // whose interactive transaction the writer is in
    CallPtr owner_call_;
    std::size_t snapshots_ = 0;

    std::unique_ptr<Handle> writer_;                     // the writer thread's
    std::vector<std::unique_ptr<Handle>> readers_;       // one for each reader thread
    std::vector<std::unique_ptr<Handle>> spare_handles_; // of snapshots that ended
    std::atomic<std::size_t> reader_count_{0};
    std::vector<std::thread> threads_;
};

} // namespace trunkline::db::sqlite
