// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/types.hpp>

#include <boost/asio/awaitable.hpp>

#include <list>
#include <source_location>

namespace trunkline {

namespace asio = boost::asio;
using db::Time;

/// What time it is, and waiting for a time. Everything in the program that asks for the time asks a Clock, so that
/// a test can own it; `now()` is banned in SQL.
class Clock {
public:
    virtual ~Clock() = default;

    virtual Time now() const = 0;

    /// Waits until `now()` has reached `when`. Refuses (db::UsageError) in a task that holds a database connection.
    virtual asio::awaitable<void> sleep_until(Time when,
                                              std::source_location place = std::source_location::current()) = 0;

    asio::awaitable<void> sleep_for(std::chrono::microseconds duration,
                                    std::source_location place = std::source_location::current())
    {
        return sleep_until(now() + duration, place);
    }
};

/// The machine's clock.
class SystemClock final : public Clock {
public:
    Time now() const override;
    asio::awaitable<void> sleep_until(Time when, std::source_location place) override;
};

/// A clock that moves when it is told to: for tests. Used from one thread.
class ManualClock final : public Clock {
public:
    explicit ManualClock(Time start) : now_(start) {}

    Time now() const override { return now_; }
    asio::awaitable<void> sleep_until(Time when, std::source_location place) override;

    /// Moves the clock and wakes those whose time has come.
    void advance(std::chrono::microseconds by);
    std::size_t sleepers() const noexcept { return sleepers_.size(); }

private:
    struct Sleeper;
    Time now_;
    std::list<Sleeper*> sleepers_;
};

} // namespace trunkline
