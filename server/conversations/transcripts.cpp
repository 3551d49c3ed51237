// SPDX-License-Identifier: MIT
#include <conversations/transcripts.hpp>

#include <trunkline/db/transaction.hpp>

namespace trunkline::conversations {

namespace {

struct Known {
    Sender sender = Sender::user;
    std::string content;
};
BOOST_DESCRIBE_STRUCT(Known, (), (sender, content))

Sender sender_of(const TranscriptLine& line) { return line.role == TranscriptRole::user ? Sender::user : Sender::bot; }

/// How many lines are saved already, or where the transcript departs from them.
Outcome<std::size_t> common_beginning(const std::vector<Known>& known, const std::vector<TranscriptLine>& lines)
{
    for (std::size_t i = 0; i < known.size(); ++i) {
        const bool same =
            i < lines.size() && known[i].sender == sender_of(lines[i]) && known[i].content == lines[i].content.value();
        if (!same)
            return conflict("this session was saved with other messages before: message " + std::to_string(i + 1) +
                            " differs");
    }
    return known.size();
}

/// "session-20261121-093000-1a2b3c4d": for callers that did not name theirs.
std::string new_session_id(Time now)
{
    std::string stamp = db::to_rfc3339(std::chrono::floor<std::chrono::seconds>(now));
    std::erase_if(stamp, [](char c) { return c == '-' || c == ':' || c == 'Z'; });
    std::ranges::replace(stamp, 'T', '-');
    return "session-" + stamp + "-" + db::to_string(db::new_uuid()).substr(28);
}

/// The conversation of that session, made when there is none, and locked until the transaction ends.
asio::awaitable<Uuid> lock_conversation(db::Executor& tx, const Owner& owner, std::string session, Time now)
{
    const Owner asking = owner;
    co_await tx.execute(
        "INSERT INTO conversations (id, tenant_id, user_id, channel, agent_type, external_key, title, title_source,"
        " is_fresh, preview, last_seq, message_count, created_at, active_at)"
        " VALUES ($1, $2, $3, 'web_chat', $4, $5, NULL, 'default', $6, '', 0, 0, $7, $7)"
        " ON CONFLICT (tenant_id, user_id, external_key) DO NOTHING",
        db::new_uuid(), asking.tenant_id, asking.user_id, agent_type_default, session, false, now);
    co_return co_await tx.fetch_value<Uuid>("UPDATE conversations SET is_fresh = $1"
                                            " WHERE tenant_id = $2 AND user_id = $3 AND external_key = $4 RETURNING id",
                                            false, asking.tenant_id, asking.user_id, session);
}

} // namespace

asio::awaitable<Outcome<SavedTranscript>> save_transcript(db::Executor& db, const Owner& owner,
                                                          const Transcript& transcript, const Topics& topics, Time now)
{
    if (transcript.messages.size() > transcript_messages_max)
        co_return invalid("/messages", "must have at most " + std::to_string(transcript_messages_max) + " messages");
    const std::string session = transcript.session_id ? transcript.session_id->value() : new_session_id(now);

    auto tx = co_await db.begin();
    const Uuid conversation = co_await lock_conversation(tx, owner, session, now);
    const auto known = co_await tx.fetch<Known>(
        "SELECT sender, content FROM messages WHERE conversation_id = $1 ORDER BY seq", conversation);
    const auto common = common_beginning(known, transcript.messages);
    if (!common) co_return common.refusal();

    db::Batch batch;
    std::vector<std::size_t> indexes;
    for (std::size_t i = *common; i < transcript.messages.size(); ++i) {
        Draft draft;
        draft.sender = sender_of(transcript.messages[i]);
        draft.content = transcript.messages[i].content.value();
        draft.created_at = now;
        // It is complete: one row, due at once.
        const bool last = i + 1 == transcript.messages.size();
        indexes.push_back(add_save(batch, owner, conversation, draft, {topics.mirror, topics.extraction && last, {}}));
    }
    SavedTranscript saved;
    if (!batch.empty()) {
        const auto results = co_await tx.run(std::move(batch));
        for (const std::size_t index : indexes) saved.added.push_back(saved_from(results, index)->message);
    }
    saved.conversation = *co_await find(tx, owner, conversation);
    co_await tx.commit();
    co_return saved;
}

} // namespace trunkline::conversations
