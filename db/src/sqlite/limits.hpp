// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>

namespace trunkline::db::sqlite {

/// What the driver allows. The defaults are what a program runs with; tests choose others.
struct Limits {
    /// An interactive transaction that sends nothing for so long is rolled back: others wait for the writer.
    std::chrono::milliseconds idle_in_transaction_max{1000};
    /// Units that share one COMMIT.
    std::size_t group_max = 1000;
    /// No further unit is started in a group after this, so that the first need not wait long for their COMMIT. One that
    /// by itself takes longer is stopped for those before it, and begins anew when they are committed.
    std::chrono::milliseconds group_time_max{50};
    /// Single reads that share one look at the database.
    std::size_t reads_max = 64;
    /// A read that runs for so long no longer keeps those behind it: they go back to the line.
    std::chrono::milliseconds slow_read{2};
    /// Pages of the log after which it is folded into the file, between two groups. At four times that, when somebody is
    /// always reading and so some of it always remains, those who come to read wait for those who do.
    std::size_t log_pages = 1000;
    /// For so long at most.
    std::chrono::milliseconds log_patience{50};
    /// Read-only transactions at a time; each keeps a handle of its own. Others wait for their turn.
    std::size_t snapshots_max = 16;
    /// Threads that read; 0 is as many as there are cores, at most four.
    std::size_t readers = 0;
};

} // namespace trunkline::db::sqlite
