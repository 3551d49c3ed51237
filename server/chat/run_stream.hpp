// SPDX-License-Identifier: MIT
#pragma once

#include <chat/run_engine.hpp>

namespace trunkline::chat {

/// A run's own stream, for clients of the API: `text.delta` for each entry of the journal behind `after`, then
/// `run.finished`, `run.failed` or `run.stopped`, and the end. Ids are the journal's seq, so that a client that comes
/// back with the last one it saw misses nothing and gets nothing twice. What the journal has forgotten is one `sync`
/// with the run as it is now.
class RunStream {
public:
    RunStream(db::Pool& pool, Clock& clock, RunViewers& viewers) : pool_(pool), clock_(clock), viewers_(viewers) {}

    /// `run` belongs to who asks; `after` is 0 for all of it.
    asio::awaitable<void> pass_on(Uuid run, std::int64_t after, http::EventWriter& writer);

private:
    /// How far a viewer is.
    struct Place {
        Uuid run;
        Uuid conversation;
        std::int64_t after = 0;
        bool over = false;
    };
    asio::awaitable<void> from_journal(Place& place, http::EventWriter& writer);
    asio::awaitable<void> live(Place& place, RunViewer& viewer, http::EventWriter& writer);
    asio::awaitable<void> send(Place& place, const RunEvent& event, http::EventWriter& writer);
    asio::awaitable<void> end_if_over(Place& place, http::EventWriter& writer);

    static constexpr std::int64_t rows_max = 200;
    static constexpr std::chrono::milliseconds look_every{5'000};

    db::Pool& pool_;
    Clock& clock_;
    RunViewers& viewers_;
};

} // namespace trunkline::chat
