// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>

#include <time.h>

namespace trunkline::db::detail {

/// A moment, as the clock on the wall and this thread's work show it. Between two of them the thread waited for as long
/// as it did not work: so long at most has somebody else been busy for it. What a busy loop took to look at an answer
/// is not held against the server.
class Moment {
public:
    using Duration = std::chrono::steady_clock::duration;

    static Moment now() noexcept
    {
        timespec worked{};
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &worked);
        Moment moment;
        moment.wall_ = std::chrono::steady_clock::now().time_since_epoch();
        moment.worked_ = std::chrono::seconds(worked.tv_sec) + std::chrono::nanoseconds(worked.tv_nsec);
        return moment;
    }

    /// For how long the thread waited since `earlier`. REQUIRES: the same thread.
    Duration waited_since(const Moment& earlier) const noexcept
    {
        return std::max(Duration::zero(), (wall_ - earlier.wall_) - (worked_ - earlier.worked_));
    }

private:
    Duration wall_{};
    Duration worked_{};
};

} // namespace trunkline::db::detail
