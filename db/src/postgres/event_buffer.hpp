// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/listener.hpp>

#include <deque>

namespace trunkline::db::postgres {

/// The events that nobody has asked for yet. When it is full the oldest go, and a gap stands in their place.
class EventBuffer {
public:
    explicit EventBuffer(std::size_t events_max) : events_max_(events_max) {}

    void add(Event event)
    {
        if (events_.size() == events_max_) {
            if (!events_.front().is_gap()) {
                ++dropped_;
                ++dropped_ever_;
            }
            events_.pop_front();
            gap_ = true;
        }
        events_.push_back(std::move(event));
    }

    std::optional<Event> take()
    {
        if (gap_) {
            gap_ = false;
            return Event::gap("the reader was slow: the oldest events were dropped", std::exchange(dropped_, 0));
        }
        if (events_.empty()) return std::nullopt;
        Event event = std::move(events_.front());
        events_.pop_front();
        return event;
    }

    void forget(std::string_view channel)
    {
        std::erase_if(events_, [&](const Event& event) { return !event.is_gap() && event.channel == channel; });
    }

    std::size_t size() const noexcept { return events_.size() + (gap_ ? 1 : 0); }
    std::uint64_t dropped_ever() const noexcept { return dropped_ever_; }

private:
    const std::size_t events_max_;
    std::deque<Event> events_;
    std::uint64_t dropped_ = 0; // since the last gap that said so
    std::uint64_t dropped_ever_ = 0;
    bool gap_ = false;
};

} // namespace trunkline::db::postgres
