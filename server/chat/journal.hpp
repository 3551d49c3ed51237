// SPDX-License-Identifier: MIT
#pragma once

#include <base/clock.hpp>
#include <chat/runs.hpp>
#include <leases/backoff.hpp>
#include <leases/bell.hpp>
#include <trunkline/db/pool.hpp>

#include <map>

namespace trunkline::chat {

/// Writes down what runs say, before anybody sees it. Pieces gather for a moment; then those of all runs go to the
/// database as one unit, which also renews the runs' leases. Whoever listens hears of a piece after its commit.
///
/// While the database is away the pieces wait here, each run's up to a limit; then its agent waits.
///
/// Threads: one.
class Journal {
public:
    struct Options {
        std::chrono::milliseconds gather{50};
        std::size_t piece_bytes = 4 * 1024;         ///< that much is written at once
        std::size_t waiting_bytes_max = 256 * 1024; ///< of one run
        std::chrono::milliseconds lease{30'000};    ///< of a run, from its last renewal
        std::chrono::milliseconds renew_every{5'000};
        leases::Backoff backoff{std::chrono::milliseconds(100), std::chrono::milliseconds(5'000)};
    };
    /// Hears what happened to a run. Neither waits nor throws.
    class Listener {
    public:
        virtual void on_written(const Uuid& run, const RunEvent& event) = 0;
        /// The run is gone, or another process ended it: nothing more can be written.
        virtual void on_lost(const Uuid& run) = 0;

    protected:
        ~Listener() = default;
    };

    /// `owner` is this process, as the runs' rows name it.
    Journal(db::Pool& pool, Clock& clock, asio::any_io_executor executor, Uuid owner, Listener& listener,
            Options options);
    ~Journal();

    /// A run of this process has started.
    void open(const Uuid& run);
    /// Adds to what a run says. Waits when too much of it is not written yet.
    asio::awaitable<void> add(Uuid run, std::string text);

    /// Writes nothing more of this run, and waits until what is on its way has arrived.
    asio::awaitable<void> seal(Uuid run);
    /// What is left when a run ends: text that was not written, and the seq that it would have got.
    struct Rest {
        std::int64_t next_seq = 1;
        std::string text;
    };
    /// REQUIRES: the run is sealed.
    Rest rest(const Uuid& run) const;
    /// The run has ended. Its lease is not renewed any longer.
    void close(const Uuid& run);

    /// The writer: runs until it is cancelled.
    asio::awaitable<void> run();

private:
    struct Page;
    struct Line {
        Uuid run;
        RunEvent event;
    };

    void collect();
    db::Batch unit(bool renew) const;
    asio::awaitable<bool> write();
    void arrived(const std::vector<db::Result>& results);
    bool anything_to_write() const;

    db::Pool& pool_;
    Clock& clock_;
    asio::any_io_executor executor_;
    Uuid owner_;
    Listener& listener_;
    Options options_;

    std::map<Uuid, std::shared_ptr<Page>> pages_;
    std::vector<Line> on_the_way_; // of the unit that is being written; the same again after a failure
    leases::Bell work_;
    leases::Bell full_;
    Time renew_at_{};
    std::int64_t failures_ = 0;
};

} // namespace trunkline::chat
