// SPDX-License-Identifier: MIT
#include <chat/run_news.hpp>

namespace trunkline::chat {

namespace {

json::object piece(const Uuid& run, const Uuid& conversation, const RunEvent& event)
{
    return {{"run_id", db::to_string(run)},
            {"conversation_id", db::to_string(conversation)},
            {"seq", event.seq},
            {"text", event.text}};
}

std::string name_of_end(RunStatus status)
{
    if (status == RunStatus::stopped) return "run.stopped";
    return status == RunStatus::failed ? "run.failed" : "run.finished";
}

} // namespace

void tell_started(events::Hub& hub, const Owner& user, const Run& run)
{
    hub.publish({"run.started", serialize(to_json(run)), user.tenant_id, user.user_id, {}});
}

void tell_piece(events::Hub& hub, const Owner& user, const Run& run, const RunEvent& event)
{
    hub.publish(
        {"text.delta", serialize(piece(run.id, run.conversation_id, event)), user.tenant_id, user.user_id, run.id});
}

void tell_end(events::Hub& hub, const Owner& user, const Ended& ended)
{
    if (ended.message) hub.publish({"message", serialize(to_json(*ended.message)), user.tenant_id, user.user_id, {}});
    hub.publish({name_of_end(ended.run.status), serialize(to_json(ended)), user.tenant_id, user.user_id, {}});
}

EventKind end_kind(RunStatus status)
{
    if (status == RunStatus::stopped) return EventKind::stopped;
    return status == RunStatus::failed ? EventKind::failed : EventKind::finished;
}

http::Event piece_event(const Uuid& run, const Uuid& conversation, const RunEvent& event)
{
    return {"text.delta", serialize(piece(run, conversation, event)), std::to_string(event.seq)};
}

http::Event end_event(const Ended& ended)
{
    return {name_of_end(ended.run.status), serialize(to_json(ended)), std::to_string(ended.run.last_seq)};
}

http::Event sync_event(const Ended& now, std::string_view reason)
{
    json::value data = to_json(now);
    data.as_object()["reason"] = reason;
    return {"sync", serialize(data), std::to_string(now.run.last_seq)};
}

} // namespace trunkline::chat
