// SPDX-License-Identifier: MIT
#pragma once

#include <base/json.hpp>

#include <boost/describe/class.hpp>

namespace trunkline::outbox {

/// The topic of messages that the mirror is to copy. The row's order_key is the conversation, its seq the message's.
inline constexpr const char* mirror_topic = "mirror";

/// The payload of such a row, as JSON (`serialize(to_json(payload))`): all that the copy needs, so that the worker
/// reads nothing else. It stands here because those who save messages are below the mirror.
struct MirrorPayload {
    Uuid message_id;
    std::string direction; ///< "in" for inbound, "out" for outbound
    std::string user_id;   ///< the customer: the sender of what came in, the recipient of what went out
    std::string username;  ///< the customer's name if it is known, else user_id; never the business's
    std::string message;
    Time created_at; ///< of the message, not of the copy
    /// What the channel calls the message (Instagram's mid). The web chat has none.
    std::optional<std::string> channel_message_id;
};
BOOST_DESCRIBE_STRUCT(MirrorPayload, (),
                      (message_id, direction, user_id, username, message, created_at, channel_message_id))

} // namespace trunkline::outbox
