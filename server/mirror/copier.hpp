// SPDX-License-Identifier: MIT
#pragma once

#include <base/log.hpp>
#include <leases/backoff.hpp>
#include <leases/bell.hpp>
#include <mirror/ledger.hpp>
#include <trunkline/db/lane.hpp>
#include <trunkline/db/pool.hpp>

#include <functional>

namespace trunkline::mirror {

/// How the copier stands at this moment.
struct CopierState {
    enum class Word {
        off,         ///< switched off, or something is not set
        copying,     ///< nothing is wrong
        waiting,     ///< another session copies into the table
        refused,     ///< the server is there and takes no rows now
        unreachable, ///< the server is not there
    };
    Word word = Word::off;
    std::string error;                   ///< why, when something is wrong
    std::optional<Time> next_attempt_at; ///< then
};

/// What a look at the target found.
struct TargetCheck {
    bool fit = false;
    std::string summary;              ///< one sentence; when not fit, with what to do
    std::vector<std::string> remarks; ///< what an operator should know although it works
    friend bool operator==(const TargetCheck&, const TargetCheck&) = default;
};

/// Copies the messages that the outbox holds under the topic "mirror" into a table of somebody else's MySQL or MariaDB:
/// each exactly once, a conversation's in their order, however often either side goes away in between.
///
/// One session at a time copies into a table: it holds a lock of the server's (GET_LOCK) for as long as it lives, and
/// takes it before it looks for what a predecessor may have done; so a dying predecessor cannot commit behind it. Rows
/// are claimed only while that session stands, so a server that is away costs nothing but waiting. Between claim and
/// finish no local connection is held. A row that was tried before is looked for first: see `already_there`.
///
/// Nothing that MySQL does ends `run`: what passes is tried again with growing waits, for as long as it takes; what the
/// server will never take (too long, no such character) becomes a dead letter with the reason, and those behind it go
/// on.
///
/// Threads: the I/O thread; MySQL's calls block a lane of its own.
class Copier {
public:
    struct Options {
        std::int64_t rows_max = 200; ///< claimed at once
        std::chrono::seconds lease{300};
        milliseconds look_every{1'000};  ///< for work that nobody rang the bell for
        milliseconds ping_after{20'000}; ///< without work; the server forgets us after a minute
        milliseconds look_for_lock_every{5'000};
        leases::Backoff backoff{milliseconds(1'000), milliseconds(60'000)};
        std::function<void(LogLevel, std::string_view)> log = [](LogLevel level, std::string_view text) {
            trunkline::log(level, "mirror", text);
        };
        /// Called when MySQL has committed and nothing of it is noted here yet: where tests stage a death.
        std::function<void()> committed = [] {};
    };

    /// `bell` is rung after the commit of rows for the topic; it must outlive the copier.
    Copier(MirrorConfig config, leases::Bell& bell);
    Copier(MirrorConfig config, leases::Bell& bell, Options options);

    /// The worker. Says in the log what it found out about the table. Returns at once when the mirror is not usable
    /// (and says why), otherwise when it is cancelled.
    asio::awaitable<void> run(db::Pool& pool, Clock& clock);

    /// Connects, looks at the table and at our rights, and says in the log what it found, without copying anything and
    /// without the lock. Never throws for what it finds.
    asio::awaitable<TargetCheck> check();

    const CopierState& state() const noexcept { return state_; }
    const MirrorConfig& config() const noexcept { return config_; }

private:
    enum class Next { more, idle, wait };
    using Millis = milliseconds;

    asio::awaitable<Next> round(db::Pool& pool, Clock& clock);
    asio::awaitable<Next> copy(db::Pool& pool, Clock& clock, std::vector<outbox::Claimed> claimed);
    asio::awaitable<std::vector<Letter>> open_all(db::Pool& pool, Clock& clock, std::vector<outbox::Claimed> claimed);
    asio::awaitable<void> settle(db::Pool& pool, Clock& clock, std::span<const Letter> letters,
                                 std::span<const Fate> fates);
    asio::awaitable<void> settle_failures(db::Pool& pool, Clock& clock, std::span<const Letter> letters,
                                          std::span<const Fate> fates);
    asio::awaitable<void> put_back(db::Pool& pool, Time next_at, std::span<const Letter> letters, std::string why);
    asio::awaitable<void> stay_awake(Clock& clock);

    void open_session();
    void take_lock();
    void warn_if_slow(std::size_t messages, std::chrono::steady_clock::time_point started) const;
    TargetCheck check_now(MysqlConnection& connection) const;
    TargetCheck fitness_of(const TargetTable& table) const;
    void say(const TargetCheck& found) const;
    std::string where() const;

    /// Runs `work` on the lane; when the caller is cancelled, cuts the line that it waits on.
    template <class Work>
    asio::awaitable<void> on_lane(MysqlConnection& connection, Work work);
    template <class Work>
    asio::awaitable<void> run_noting_end(Work work, bool& over);
    asio::awaitable<void> cut_when_cancelled(MysqlConnection& connection, const bool& over);

    void note_trouble(const MysqlError& error, Time now);
    void note(CopierState::Word word, std::string error, std::string_view consequence, Time now, Millis wait);
    void note_well(Time now);
    /// What was found out about the table, said when it is news.
    void tell_of_table();
    void say(LogLevel level, const std::string& text) const { options_.log(level, text); }
    Millis wait_after_failure() const { return options_.backoff.after(failures_); }

    const MirrorConfig config_;
    leases::Bell& bell_;
    const Options options_;
    const std::string target_;
    CopierState state_;
    std::int64_t failures_ = 0; // rounds in a row
    std::optional<Time> trouble_since_;
    Time last_word_{};
    std::optional<TargetCheck> told_;
    MysqlConnection connection_;
    std::optional<TargetTable> table_; // while the session stands, with the lock
    db::Lane lane_;                    // last: its thread ends before what it works on
};

} // namespace trunkline::mirror
