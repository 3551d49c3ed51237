// SPDX-License-Identifier: MIT
#pragma once

#include <base/json.hpp>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

namespace trunkline::conversations {

/// Whose conversations: every call asks for those of one user and finds no others.
struct Owner {
    Uuid tenant_id;
    Uuid user_id;
    std::string name; ///< as the mirror shows it
};

enum class Sender { user, bot };
BOOST_DESCRIBE_ENUM(Sender, user, bot)

struct Conversation {
    Uuid id;
    std::optional<std::string> title;
    std::string
        title_source; ///< default: none of its own yet; auto: from the first message; user: a person's, never replaced
    std::string agent_type;
    std::string preview; ///< the beginning of the user's last message
    std::int64_t message_count = 0;
    std::int64_t last_seq = 0;
    Time created_at;
    std::optional<Time> last_message_at;
};
BOOST_DESCRIBE_STRUCT(Conversation, (),
                      (id, title, title_source, agent_type, preview, message_count, last_seq, created_at,
                       last_message_at))

struct Message {
    Uuid id;
    Uuid conversation_id;
    std::int64_t seq = 0;
    Sender sender = Sender::user;
    std::string content;
    std::optional<std::string> agent_type;
    std::optional<Uuid> run_id;
    Time created_at;
};
BOOST_DESCRIBE_STRUCT(Message, (), (id, conversation_id, seq, sender, content, agent_type, run_id, created_at))

inline constexpr std::size_t message_chars_max = 20'000;
inline constexpr std::size_t title_chars_max = 256;
inline constexpr std::size_t preview_chars_max = 60;

} // namespace trunkline::conversations
