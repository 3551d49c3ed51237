// SPDX-License-Identifier: MIT
#pragma once

#include <base/clock.hpp>
#include <chat/runs.hpp>
#include <leases/bell.hpp>

#include <deque>
#include <map>
#include <set>

namespace trunkline::chat {

class RunViewers;

/// One who follows a run live. What it hears may begin later than it wants, and may have a hole when it is slow: the
/// journal has everything, so a viewer reads on there.
class RunViewer {
public:
    ~RunViewer();
    RunViewer(const RunViewer&) = delete;

    /// The next entry that was written; nothing after `longest`, or when some were left out: look into the journal.
    asio::awaitable<std::optional<RunEvent>> next(Clock& clock, std::chrono::milliseconds longest);

private:
    friend class RunViewers;
    RunViewer(RunViewers& viewers, Uuid run, asio::any_io_executor executor);
    void offer(const RunEvent& event);

    static constexpr std::size_t waiting_bytes_max = 256 * 1024;
    RunViewers& viewers_;
    Uuid run_;
    leases::Bell bell_;
    std::deque<RunEvent> waiting_;
    std::size_t waiting_bytes_ = 0;
};

/// Those who follow the runs of this process. Lifetime: outlives its viewers.
class RunViewers {
public:
    explicit RunViewers(asio::any_io_executor executor) : executor_(std::move(executor)) {}

    std::unique_ptr<RunViewer> view(Uuid run);
    /// Never waits: call it after the commit.
    void tell(const Uuid& run, const RunEvent& event);

private:
    friend class RunViewer;
    asio::any_io_executor executor_;
    std::map<Uuid, std::set<RunViewer*>> viewers_;
};

} // namespace trunkline::chat
