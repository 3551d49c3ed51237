// SPDX-License-Identifier: MIT
#pragma once

#include <chat/runs.hpp>
#include <events/hub.hpp>
#include <http/call.hpp>

namespace trunkline::chat {

// What a browser hears of runs. Each is told after the commit, and only to the one who asked.

void tell_started(events::Hub& hub, const Owner& user, const Run& run);
/// Only to browsers with a tab that watches the run.
void tell_piece(events::Hub& hub, const Owner& user, const Run& run, const RunEvent& event);
void tell_end(events::Hub& hub, const Owner& user, const Ended& ended);

EventKind end_kind(RunStatus status);

// The same as events of a run's own stream; their ids are the journal's seq.

http::Event piece_event(const Uuid& run, const Uuid& conversation, const RunEvent& event);
http::Event end_event(const Ended& ended);
/// What a client gets that asks for what the journal no longer has: the run as it is now.
http::Event sync_event(const Ended& now, std::string_view reason);

} // namespace trunkline::chat
