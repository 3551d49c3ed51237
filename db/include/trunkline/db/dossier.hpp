// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::db {

/// Who holds a connection, since when, and what it does with it.
struct Holder {
    std::source_location place; ///< where it was acquired, or the statement was called
    std::chrono::steady_clock::duration age{};
    std::string statement;          ///< the SQL it runs, or ran last, without values
    std::string task;               ///< the name of the task that holds it, if it has one
    bool running = false;           ///< a statement of it is under way; otherwise it sits between statements
    bool in_transaction = false;    ///< and its transaction stays open meanwhile
    bool shared = false;            ///< a short statement that has others beside it on its connection
    bool waits_for_another = false; ///< its task stands in line for a second connection
    std::chrono::steady_clock::duration state_age{}; ///< for how long it has been running, or sitting
};

/// Why no connection was free in time.
enum class AcquireCause {
    unknown,         ///< nothing is known of the pool
    leak,            ///< connections have not been used for longer than `leak_warning`: somebody forgot them
    idle_holders,    ///< their holders sit between statements: they wait for something other than the database
    slow_holders,    ///< their holders' statements take long
    nested,          ///< tasks that hold a connection wait for a second one
    connect_failing, ///< connections cannot be opened, or the server does not answer who wants to open one
    slow_connects,   ///< connections are being opened, and that takes long
    backlog,         ///< everything works: more is asked for than so many connections can do in the time allowed
};

/// "leak", "idle_holders", …: what a dashboard groups by.
std::string_view to_string(AcquireCause cause) noexcept;

/// What the pool knew at the moment when a caller had waited for too long.
struct AcquireDossier {
    using Duration = std::chrono::nanoseconds;

    AcquireCause cause = AcquireCause::unknown;

    // The caller
    std::source_location place{};
    Duration waited{};                           ///< what it was willing to wait
    std::size_t place_in_line = 0;               ///< when it lined up: 1 is the head
    std::size_t ahead = 0;                       ///< who still was ahead of it at the end
    std::optional<std::source_location> keeps{}; ///< where its own task took a connection that it keeps meanwhile

    // The pool
    Duration acquire_timeout{}; ///< of the options: the patience that callers have by default
    Duration leak_after{};      ///< a holder that has not used its connection for so long has forgotten it
    std::size_t max_size = 0;
    std::size_t in_use = 0;
    std::size_t idle = 0;
    std::size_t opening = 0;
    std::size_t closing = 0;
    std::size_t waiting = 0;       ///< others in line
    std::vector<Holder> holders{}; ///< the longest first

    // What came and went during the last `window`, which is ten seconds at most
    Duration window{};
    double arrivals_per_second = 0; ///< calls that wanted a connection
    double served_per_second = 0;   ///< calls that gave one back
    double alone_per_second = 0;    ///< of the arrivals those that want a connection to themselves
    std::optional<Duration> held{}; ///< for how long such a call held it, on average

    // The way to the server
    std::string connect_error{}; ///< of the last attempt to connect; empty when it succeeded
    std::string connect_sqlstate{};
    Duration connect_error_age{};
    std::optional<Duration> oldest_attempt{}; ///< the age of the longest attempt that is under way
    std::optional<Duration> connect_time{};   ///< what an attempt that succeeded took, on average

    /// The smallest `max_size` that would have served this caller in time, if the measured load says so (Little's law:
    /// the connections in use are the arrivals in a second times the seconds that each is held).
    std::optional<std::size_t> max_size_needed{};
};

} // namespace trunkline::db
