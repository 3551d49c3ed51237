// SPDX-License-Identifier: MIT
#pragma once

#include <conversations/messages.hpp>

namespace trunkline::conversations {

enum class TranscriptRole { user, assistant };
BOOST_DESCRIBE_ENUM(TranscriptRole, user, assistant)

struct TranscriptLine {
    TranscriptRole role = TranscriptRole::user;
    Text<0, message_chars_max> content;
};
BOOST_DESCRIBE_STRUCT(TranscriptLine, (), (role, content))

/// A whole conversation that was held elsewhere.
struct Transcript {
    std::vector<TranscriptLine> messages;
    std::optional<Text<1, 200>> session_id; ///< names the conversation: the same one grows
    std::optional<Json> metadata;           ///< accepted, not kept
};
BOOST_DESCRIBE_STRUCT(Transcript, (), (messages, session_id, metadata))

inline constexpr std::size_t transcript_messages_max = 2'000;

struct SavedTranscript {
    Conversation conversation;
    std::vector<Message> added; ///< what was new
};

/// Saves what is new of a transcript, in one transaction: the conversation of that session is made or found, and what
/// comes after the messages it has is appended. Saving the same transcript again adds nothing.
/// conflict when the transcript does not begin with what was saved before; invalid when it is too long.
asio::awaitable<Outcome<SavedTranscript>> save_transcript(db::Executor& db, const Owner& owner,
                                                          const Transcript& transcript, const Topics& topics, Time now);

} // namespace trunkline::conversations
