// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>

namespace trunkline::db::detail {

/// A place for one thread at a time. It keeps nobody out: it notices, for the price of a few plain stores and so not
/// always, that somebody else is inside.
class Occupied {
public:
    bool by_another() const noexcept
    {
        const void* inside = inside_.load(std::memory_order_relaxed);
        return inside && inside != this_thread();
    }

    /// The thread is inside for as long as this lives.
    class Visit {
    public:
        explicit Visit(Occupied& place) noexcept : place_(place), before_(place.inside_.load(std::memory_order_relaxed))
        {
            place_.inside_.store(this_thread(), std::memory_order_relaxed);
        }
        Visit(const Visit&) = delete;
        Visit& operator=(const Visit&) = delete;
        ~Visit() { place_.inside_.store(before_, std::memory_order_relaxed); }

    private:
        Occupied& place_;
        const void* before_;
    };

private:
    static const void* this_thread() noexcept
    {
        thread_local const char mark = 0;
        return &mark;
    }

    std::atomic<const void*> inside_ = nullptr;
};

} // namespace trunkline::db::detail
