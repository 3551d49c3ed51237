// SPDX-License-Identifier: MIT
#pragma once

#include <conversations/messages.hpp>
#include <events/hub.hpp>

namespace trunkline::conversations {

// What a browser hears of conversations. Each is told after `db`'s work is committed, and only to the owner.

void tell_saved(db::Executor& db, events::Hub& hub, const Owner& owner, const Saved& saved);
/// Several messages of one conversation, which is told once.
void tell_added(db::Executor& db, events::Hub& hub, const Owner& owner, const std::vector<Message>& added,
                const Conversation& conversation);
void tell_changed(db::Executor& db, events::Hub& hub, const Owner& owner, const Conversation& conversation);
void tell_deleted(db::Executor& db, events::Hub& hub, const Owner& owner, const Uuid& conversation);
void tell_cleared(db::Executor& db, events::Hub& hub, const Owner& owner, const Uuid& conversation);

} // namespace trunkline::conversations
