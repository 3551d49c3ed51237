// SPDX-License-Identifier: MIT
#pragma once

#include "sleeper.hpp"

#include <vector>

namespace trunkline::db::detail {

/// Around the part of a handler that wakes callers with their answers. Who waits for what they give back is woken at its
/// end, before the loop looks at the next answer: a connection that came free works on while the others are read.
///
/// Only the callers' own doing counts: what those do who are woken at the end has a turn of the loop to itself, so that
/// nobody keeps the loop by giving and taking.
///
/// Threads: the one it was made on.
class HandOver {
public:
    /// `here` is what this runs on, and outlives it.
    explicit HandOver(const asio::any_io_executor& here) noexcept;
    HandOver(const HandOver&) = delete;
    HandOver& operator=(const HandOver&) = delete;
    /// Whoever was not woken, because somebody has thrown, is woken in a turn of his own.
    ~HandOver();

    /// Wakes them.
    void finish();

    /// Wakes `sleeper`, who waits on `executor`: at the end of what is there on this thread for this executor, or else in
    /// a turn of the loop.
    static void wake(SleeperPtr sleeper, const asio::any_io_executor& executor);

private:
    void leave() noexcept;

    const asio::any_io_executor& here_;
    HandOver* const outer_;
    std::vector<SleeperPtr> sleepers_;
};

} // namespace trunkline::db::detail
