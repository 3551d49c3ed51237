// SPDX-License-Identifier: MIT
#include <chat/run_stream.hpp>

#include <chat/run_news.hpp>

namespace trunkline::chat {

asio::awaitable<void> RunStream::pass_on(Uuid run, std::int64_t after, http::EventWriter& writer)
{
    // First listen, then read: so nothing falls between the two.
    const auto viewer = viewers_.view(run);
    const auto row = co_await find_run(pool_, run);
    if (!row) co_return;
    Place place{run, row->conversation_id, after};
    while (!place.over) {
        co_await from_journal(place, writer);
        if (!place.over) co_await end_if_over(place, writer);
        if (!place.over) co_await live(place, *viewer, writer);
    }
}

asio::awaitable<void> RunStream::from_journal(Place& place, http::EventWriter& writer)
{
    for (std::size_t rows = rows_max; rows == rows_max && !place.over;) {
        const auto events = co_await read_journal(pool_, place.run, place.after, rows_max);
        rows = events.size();
        for (const RunEvent& event : events) co_await send(place, event, writer);
    }
}

/// After the journal was read to its end: a run that is over, or gone, has nothing more to say.
asio::awaitable<void> RunStream::end_if_over(Place& place, http::EventWriter& writer)
{
    const auto row = co_await find_run(pool_, place.run);
    place.over = !row || row->status != RunStatus::running;
    if (!row) co_return;
    const Ended now = co_await shown_with_message(pool_, *row);
    const bool running = row->status == RunStatus::running;
    const bool ahead = place.after > now.run.last_seq;
    const bool behind = !running && place.after < now.run.last_seq;
    if (behind && row->has_journal) {
        place.over = false; // it ended after the journal was read
    } else if (ahead || behind) {
        place.after = now.run.last_seq;
        co_await writer.send(sync_event(now, ahead ? "unknown id" : "too old"));
    }
}

asio::awaitable<void> RunStream::live(Place& place, RunViewer& viewer, http::EventWriter& writer)
{
    while (!place.over) {
        const auto event = co_await viewer.next(clock_, look_every);
        if (!event) co_return;
        if (event->seq <= place.after) continue;
        if (event->seq != place.after + 1) co_return; // the journal has what is missing here
        co_await send(place, *event, writer);
    }
}

asio::awaitable<void> RunStream::send(Place& place, const RunEvent& event, http::EventWriter& writer)
{
    place.after = event.seq;
    if (event.kind == EventKind::text)
        co_return co_await writer.send(piece_event(place.run, place.conversation, event));
    place.over = true;
    auto row = co_await find_run(pool_, place.run);
    if (!row) co_return;
    const Ended ended = co_await shown_with_message(pool_, std::move(*row));
    co_await writer.send(end_event(ended));
}

} // namespace trunkline::chat
