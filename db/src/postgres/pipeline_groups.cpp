// SPDX-License-Identifier: MIT
// Who may be grouped: gathered while an earlier group is under way, and sent under one Sync.
#include "postgres/pipeline_errand.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace trunkline::db::postgres {

namespace {

// A large group spares flushes, and one failure in it costs all its members a second trip. So groups grow while they go
// well, as far as there are callers, and each failure halves them.
constexpr std::size_t group_size_min = 16, group_size_max = 512, group_size_step = 16;
// One group may be under way while the next is gathered and sent; of inserts that would only split what one flush can
// carry.
constexpr std::size_t reading_groups_max = 2;
constexpr std::size_t inserting_groups_max = 1;

} // namespace

void Pipeline::gather(const CallPtr& call)
{
    gathered_.push_back(call);
    send_gathered_soon();
}

/// Once everybody was heard whose turn it is now.
void Pipeline::send_gathered_soon()
{
    if (gathered_.empty() || std::exchange(sending_soon_, true)) return;
    asio::post(executor_, Errand(self_.lock(), &Pipeline::send_gathered));
}

void Pipeline::send_gathered()
{
    sending_soon_ = false;
    sweep();
    while (!lost_ && !gathered_.empty()) {
        if (gathered_turns_ >= (gathered_.front()->query.reads_only() ? reading_groups_max : inserting_groups_max))
            break;
        send_front();
        cache_->next_trip();
        Turn turn;
        turn.gathered = true;
        const Calls group = next_group();
        turn.calls.reserve(group.size());
        turn.parts.reserve(2 * group.size() + 1);
        for (const CallPtr& call : group) plan(turn, call);
        send(std::move(turn));
    }
    release();
}

/// Those who came first and want the same.
Pipeline::Calls Pipeline::next_group()
{
    const bool reads = gathered_.front()->query.reads_only();
    const auto last = gathered_.begin() + static_cast<std::ptrdiff_t>(std::min(gathered_.size(), group_size_));
    const auto end =
        std::find_if(gathered_.begin(), last, [&](const CallPtr& call) { return call->query.reads_only() != reads; });
    Calls group(gathered_.begin(), end);
    gathered_.erase(gathered_.begin(), end);
    return group;
}

/// What a group that has ended says of how large the next may be.
void Pipeline::resize_groups(const Turn& ended) noexcept
{
    if (ended.failed) group_size_ = std::max(group_size_ / 2, group_size_min);
    else if (ended.calls.size() >= group_size_) group_size_ = std::min(group_size_ + group_size_step, group_size_max);
}

/// Parts with those who were not sent yet and are not to be any more.
void Pipeline::sweep()
{
    std::erase_if(gathered_, [this](const CallPtr& call) {
        if (!lost_ && !call->unwanted()) return false;
        call->conclude_unsent(wire_->farewell());
        ended_.push_back(call);
        return true;
    });
}

} // namespace trunkline::db::postgres
