// SPDX-License-Identifier: MIT
#include "desk.hpp"

#include <boost/asio/execution.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>

namespace trunkline::db::sqlite {

/// Something to do in a coming turn of the loop. When it goes undone the loop has ended: then those who wait go too,
/// because nothing else holds their frames, and their frames hold the desk.
class Desk::Errand {
public:
    Errand(Self desk, void (Desk::*what)()) : desk_(std::move(desk)), what_(what) {}
    Errand(Errand&&) = default;
    ~Errand()
    {
        if (desk_) desk_->drop_callers();
    }

    void operator()()
    {
        const Self desk = std::move(desk_);
        ((*desk).*what_)();
    }

private:
    Self desk_;
    void (Desk::*what_)();
};

Desk::Self Desk::make(asio::any_io_executor executor, Options options, Limits limits)
{
    Self made(new Desk(std::move(executor), std::move(options), limits));
    made->self_ = made;
    return made;
}

Desk::Desk(asio::any_io_executor executor, Options options, Limits limits)
    : executor_(std::move(executor)), database_(std::move(options), limits, [this] { post(&Desk::collect); })
{}

Desk::~Desk() = default;

/// Threads: any, as long as the desk is there.
void Desk::post(void (Desk::*what)())
{
    if (Self self = self_.lock()) asio::post(executor_, Errand(std::move(self), what));
}

void Desk::submit(CallPtr call)
{
    if (under_way_++ == 0) work_ = asio::prefer(executor_, asio::execution::outstanding_work.tracked);
    leaving_.push_back(std::move(call));
    const bool collecting = !arrived_.empty(); // it hands over at its end
    if (!collecting && !std::exchange(posted_, true)) post(&Desk::hand_over);
}

void Desk::hand_over()
{
    posted_ = false;
    if (!leaving_.empty()) database_.submit(leaving_);
    leaving_.clear();
}

void Desk::collect()
{
    database_.take_answered(arrived_);
    wake_arrived();
    hand_over();
}

/// Whoever is woken runs at once, and may do anything.
void Desk::wake_arrived()
{
    try {
        while (next_ < arrived_.size()) {
            const CallPtr call = std::move(arrived_[next_++]);
            if (--under_way_ == 0) work_.reset();
            if (const auto caller = std::move(call->caller)) caller->wake(executor_);
        }
    } catch (...) { // a caller's own failure passes through here; the others are woken all the same
        post(&Desk::collect);
        throw;
    }
    arrived_.clear();
    next_ = 0;
}

void Desk::cancel(const CallPtr& call)
{
    call->stop = true;
    hand_over();
    database_.cancel(call);
}

void Desk::abandon(const std::shared_ptr<Seat>& seat)
{
    hand_over();
    database_.abandon(seat);
}

void Desk::drop_callers() noexcept
{
    std::vector<CallPtr> dropped;
    database_.take_answered(dropped);
    for (auto* calls : {&arrived_, &leaving_}) dropped.insert(dropped.end(), calls->begin(), calls->end());
    arrived_.clear();
    leaving_.clear();
    work_.reset();
    std::vector<db::detail::SleeperPtr> callers;
    for (const auto& call : dropped)
        if (call) callers.push_back(std::move(call->caller));
}

} // namespace trunkline::db::sqlite
