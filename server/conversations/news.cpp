// SPDX-License-Identifier: MIT
#include <conversations/news.hpp>

namespace trunkline::conversations {

namespace {

void tell(db::Executor& db, events::Hub& hub, const Owner& owner, std::string name, std::string data)
{
    events::News news{std::move(name), std::move(data), owner.tenant_id, owner.user_id, {}};
    db.after_commit([&hub, news = std::move(news)] { hub.publish(news); });
}

std::string id_only(const Uuid& id) { return serialize(json::object{{"id", db::to_string(id)}}); }

} // namespace

void tell_saved(db::Executor& db, events::Hub& hub, const Owner& owner, const Saved& saved)
{
    tell(db, hub, owner, "message", serialize(to_json(saved.message)));
    tell_changed(db, hub, owner, saved.conversation);
}

void tell_added(db::Executor& db, events::Hub& hub, const Owner& owner, const std::vector<Message>& added,
                const Conversation& conversation)
{
    for (const Message& message : added) tell(db, hub, owner, "message", serialize(to_json(message)));
    tell_changed(db, hub, owner, conversation);
}

void tell_changed(db::Executor& db, events::Hub& hub, const Owner& owner, const Conversation& conversation)
{
    tell(db, hub, owner, "conversation", serialize(to_json(conversation)));
}

void tell_deleted(db::Executor& db, events::Hub& hub, const Owner& owner, const Uuid& conversation)
{
    tell(db, hub, owner, "conversation.deleted", id_only(conversation));
}

void tell_cleared(db::Executor& db, events::Hub& hub, const Owner& owner, const Uuid& conversation)
{
    tell(db, hub, owner, "conversation.cleared", id_only(conversation));
}

} // namespace trunkline::conversations
