// SPDX-License-Identifier: MIT
#pragma once

#include <base/clock.hpp>
#include <conversations/conversation.hpp>
#include <trunkline/db/executor.hpp>

namespace trunkline::conversations {

/// What somebody without an account sent over a channel, to begin a conversation with. It belongs to nobody who signs
/// in: no list of conversations shows it, staff read it through the client.
struct FirstContact {
    Uuid tenant_id;
    std::string channel; ///< "email"
    std::string
        external_key; ///< what the channel calls it: the same one begins one conversation, however often it comes
    std::string title;
    std::string content;
    Time at;
};

struct Begun {
    Uuid conversation_id;
    Uuid message_id;     ///< of its first message, which has seq 1
    bool before = false; ///< it had come before; nothing was written
};

/// Begins the conversation with its first message, or finds the one that was begun before.
asio::awaitable<Begun> begin_with_contact(db::Executor& db, const FirstContact& contact);

} // namespace trunkline::conversations
