// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace trunkline::db::testing {

/// A stranger who shares a pooler with us and takes what is ours: a plain libpq client that, over and over, gives the
/// names our statements might have to texts of its own, uses named statements of the protocol, and deallocates every
/// name that it finds on the server it was lent. Its rows say "stolen": whoever is answered so was given a row of
/// somebody else's.
///
/// Threads: runs on one of its own until it is destroyed.
class NameThief {
public:
    explicit NameThief(std::string url);
    NameThief(const NameThief&) = delete;
    ~NameThief();

    /// How often it has been round.
    int rounds() const noexcept { return rounds_; }

private:
    void live();
    bool rest();

    const std::string url_;
    std::mutex mutex_;
    std::condition_variable over_;
    bool ending_ = false;
    std::atomic<int> rounds_ = 0;
    std::thread thread_;
};

} // namespace trunkline::db::testing
