// SPDX-License-Identifier: MIT
#pragma once

#include <chat/run_engine.hpp>

namespace trunkline::chat {

struct StreamPlace {
    std::optional<Text<1, 100>> after; ///< the id of the last event this browser saw
};
BOOST_DESCRIBE_STRUCT(StreamPlace, (), (after))

inline constexpr std::size_t watched_runs_max = 100;

struct Watch {
    Uuid tab;
    std::vector<Uuid> runs;
};
BOOST_DESCRIBE_STRUCT(Watch, (), (tab, runs))

/// The one event stream of a browser.
class EventRoutes {
public:
    EventRoutes(events::Hub& hub, const RunEngine& engine) : hub_(hub), engine_(engine) {}

    std::vector<http::Route> table();

private:
    asio::awaitable<Outcome<http::EventStream>> events(http::Call& call, http::Params<StreamPlace> place);
    asio::awaitable<Outcome<http::NoContent>> watch(http::Call& call, http::Body<Watch> input);

    events::Hub& hub_;
    const RunEngine& engine_;
};

} // namespace trunkline::chat
