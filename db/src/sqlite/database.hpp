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
/// A call is submitted, runs on one of the threads, and comes back by `take_answered`, exactly once. Whoever asks
/// hears of that by `Ring`.
///
/// Threads: any, except where noted. Lifetime: `close` (or the destructor, on none of the threads) stops what runs,
/// answers what waits, and joins; sessions may outlive it and are then refused.
class Database : private GroupCommit::Callers {
public:
    /// Called when there is something to take, on any thread and under the database's lock: it posts.
    using Ring = std::function<void()>;

    Database(Options options, Limits limits, Ring ring)
        : options_(std::move(options)), limits_(limits), ring_(std::move(ring)), log_too_long_(4 * limits.log_pages)
    {}
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;
    ~Database() override { close(); }

    /// Opens the file and starts the threads, unless that is done. Throws ConnectFailed. Blocks.
    void open(Deadline deadline);
    /// Blocks until the threads have ended, which takes as long as SQLite needs to notice.
    void close() noexcept;

    /// Takes them over, in their order.
    void submit(std::vector<CallPtr>& calls);
    /// Adds the calls that were answered since the last time.
    void take_answered(std::vector<CallPtr>& calls);
    /// Takes the call out of its queue, or stops it where it runs.
    void cancel(const CallPtr& call);
    /// The session is gone: what it runs is stopped, what it has open is rolled back.
    void abandon(const std::shared_ptr<Seat>& seat);
    /// The cursor is closed in front of the session's next call.
    void drop_cursor(Seat& seat, std::uint64_t cursor);

    bool in_memory() const noexcept { return options_.target == ":memory:"; }
    std::size_t readers() const noexcept { return reader_count_; }
    const std::string& file() const noexcept { return options_.target; }

private:
    using Lock = std::unique_lock<std::mutex>;
    using Queue = std::deque<CallPtr>;

    // submitting and answering (database.cpp)
    void place(CallPtr call);
    void queue_on_writer(CallPtr call);
    void queue_on_readers(CallPtr call);
    void wake_clock(const Call& call);
    void answer_lost(CallPtr call);
    void answer(const CallPtr& call, std::exception_ptr failure = nullptr);
    void answer_locked(const CallPtr& call, std::exception_ptr failure = nullptr);
    bool take_from_queues(const CallPtr& call);
    void answer_stopped();
    void answer_all(Queue& queue);

    // the clock (database.cpp)
    void serve_clock();
    Instant answer_late(Queue& queue, Instant now);

    // the writer (writer.cpp)
    void serve_writer();
    bool take_group(Lock& lock, std::vector<CallPtr>& group);
    void answer(std::span<const CallPtr> calls) override;
    void take_back(std::span<const CallPtr> calls) override;
    void run_on_writer(GroupCommit& groups, const CallPtr& call);
    void run_standing_alone(GroupCommit& groups, const CallPtr& call);
    void lend_writer(GroupCommit& groups, const CallPtr& begin);
    CallPtr next_of_owner();
    bool run_of_owner(GroupCommit& groups, const CallPtr& call);
    bool end_transaction(const CallPtr& call);
    void give_up_writer(Seat::Holds holds, Condition condition);
    void keep_log_short();
    void fold_log_undisturbed();

    // the readers (reader.cpp)
    void serve_reader(Handle& handle);
    bool take_reads(Lock& lock, std::vector<CallPtr>& reads);
    void run_reads(Handle& handle, std::vector<CallPtr>& reads);
    void run_read(Handle& handle, Call& call, const Watch& watch);
    void settle_reads(std::span<const CallPtr> reads);
    void open_snapshot(const CallPtr& call);
    void run_in_snapshot(const CallPtr& call);
    void end_snapshot(Seat& seat);
    Watch watch_for(const Call& call, Instant now) const;
    void close_dropped_cursors(Handle& handle, const Call& call);

    const Options options_;
    const Limits limits_;
    const Ring ring_;

    std::mutex mutex_; // guards all below but closing_, and the Seats
    std::condition_variable writer_woken_, readers_woken_, clock_woken_, reads_ended_;
    Queue for_writer_, for_readers_, for_snapshot_;
    std::vector<CallPtr> answered_; // and not taken yet
    bool running_ = false;
    std::atomic<bool> closing_{false};
    Instant clock_wakes_ = Instant::max();

    std::shared_ptr<Seat> owner_; // whose interactive transaction the writer is in
    CallPtr owner_call_;
    std::size_t snapshots_ = 0;
    std::size_t reading_ = 0;  // threads that run a reader's call
    bool reads_pause_ = false; // nobody begins to read
    std::size_t log_too_long_; // the writer thread's: pages from which on the reads pause

    std::unique_ptr<Handle> writer_;                     // the writer thread's
    std::vector<std::unique_ptr<Handle>> readers_;       // one for each reader thread
    std::vector<std::unique_ptr<Handle>> spare_handles_; // of snapshots that ended
    std::atomic<std::size_t> reader_count_{0};
    std::vector<std::thread> threads_;
};

} // namespace trunkline::db::sqlite
