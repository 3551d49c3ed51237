// SPDX-License-Identifier: MIT
#include <chat/run_viewers.hpp>

namespace trunkline::chat {

RunViewer::RunViewer(RunViewers& viewers, Uuid run, asio::any_io_executor executor)
    : viewers_(viewers), run_(run), bell_(std::move(executor))
{
    viewers_.viewers_[run_].insert(this);
}

RunViewer::~RunViewer()
{
    const auto found = viewers_.viewers_.find(run_);
    found->second.erase(this);
    if (found->second.empty()) viewers_.viewers_.erase(found);
}

void RunViewer::offer(const RunEvent& event)
{
    waiting_bytes_ += event.text.size() + sizeof(RunEvent);
    waiting_.push_back(event);
    if (waiting_bytes_ > waiting_bytes_max) {
        waiting_.clear(); // too slow: the journal has it
        waiting_bytes_ = 0;
    }
    bell_.ring();
}

asio::awaitable<std::optional<RunEvent>> RunViewer::next(Clock& clock, std::chrono::milliseconds longest)
{
    if (waiting_.empty()) co_await bell_.wait(clock, longest);
    if (waiting_.empty()) co_return std::nullopt;
    RunEvent event = std::move(waiting_.front());
    waiting_.pop_front();
    waiting_bytes_ -= event.text.size() + sizeof(RunEvent);
    co_return event;
}

std::unique_ptr<RunViewer> RunViewers::view(Uuid run)
{
    return std::unique_ptr<RunViewer>(new RunViewer(*this, run, executor_));
}

void RunViewers::tell(const Uuid& run, const RunEvent& event)
{
    const auto found = viewers_.find(run);
    if (found == viewers_.end()) return;
    for (RunViewer* viewer : found->second) viewer->offer(event);
}

} // namespace trunkline::chat
