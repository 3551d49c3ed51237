// SPDX-License-Identifier: MIT
#pragma once

#include <support/postgres_server.hpp>

#include <trunkline/db/testing/fault_proxy.hpp>

#include <functional>
#include <future>
#include <random>
#include <thread>

namespace trunkline::db::soak {

/// Troubles the way to a server, one trouble after another: connections are cut and reset in the middle of messages,
/// everything freezes for a while, nobody is let in, answers come late, the server is killed and started again. Between
/// two of them everybody has a moment to recover.
///
/// Threads: lives on one of its own. The server that it started last ends with that thread, so it stays until `finish`.
class Faults {
public:
    struct Counts {
        int cuts = 0, freezes = 0, refusals = 0, delays = 0, restarts = 0;
    };

    Faults(testing::FaultProxy& proxy, testing::PostgresServer& server, std::uint32_t seed)
        : proxy_(proxy), server_(server), random_(seed)
    {}
    ~Faults();

    /// Goes on until `end`; then heals everything and calls `over` on its own thread.
    void begin(std::chrono::steady_clock::time_point end, std::function<void()> over);
    /// Waits for the end, and lets go of the server.
    void finish();
    /// REQUIRES: `over` was called.
    const Counts& counts() const noexcept { return counts_; }

private:
    void strike();
    void cut();
    void freeze();
    void pause(std::chrono::milliseconds time);

    testing::FaultProxy& proxy_;
    testing::PostgresServer& server_;
    std::mt19937 random_;
    Counts counts_;
    std::promise<void> leave_;
    std::thread thread_;
};

} // namespace trunkline::db::soak
