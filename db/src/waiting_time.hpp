// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>

#include <time.h>

namespace trunkline::db::detail {

/// A moment, as the clock on the wall and this thread's work show it. Between two of them the thread waited for as long
/// as it did not work: so long at most has somebody else been busy for it. What a busy loop took to look at an answer
/// is not held against the server.
///
/// To ask for the thread's work costs more than a short statement's share of a trip, so it is asked for when it was not
/// for `fresh_for`: a wait is right to within that.
class Moment {
public:
    using Duration = std::chrono::steady_clock::duration;

    static constexpr Duration fresh_for = std::chrono::microseconds(250);

    static Moment now() noexcept
    {
        thread_local Moment latest;
        Moment moment = latest;
        moment.thread_ = &latest;
        moment.wall_ = std::chrono::steady_clock::now().time_since_epoch();
        if (moment.wall_ - latest.wall_ < fresh_for) return moment;
        timespec worked{};
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &worked);
        moment.worked_ = std::chrono::seconds(worked.tv_sec) + std::chrono::nanoseconds(worked.tv_nsec);
        return latest = moment;
    }

    std::chrono::steady_clock::time_point wall() const noexcept { return std::chrono::steady_clock::time_point(wall_); }

    /// For how long the thread waited since `earlier`; where that was another thread, for how long it is ago. May be
    /// below zero by `fresh_for`, so that a sum of many is as right as one.
    Duration waited_since(const Moment& earlier) const noexcept
    {
        const Duration ago = wall_ - earlier.wall_;
        return thread_ == earlier.thread_ ? ago - (worked_ - earlier.worked_) : ago;
    }

private:
    Duration wall_{};
    Duration worked_{};
    const void* thread_ = nullptr; // something that only it has
};

} // namespace trunkline::db::detail
