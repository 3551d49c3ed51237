// SPDX-License-Identifier: MIT
#include <extraction/transcript_routes.hpp>

#include <conversations/conversation_routes.hpp>
#include <conversations/news.hpp>
#include <extraction/crm_entry.hpp>
#include <extraction/stored_conversation.hpp>
#include <http/idempotency.hpp>

namespace trunkline::extraction {

using conversations::Owner;
using conversations::Transcript;

namespace {

const Json pending() { return Json("\"pending\""); }

CrmResult switched_off()
{
    CrmResult result;
    result.error = "Conversations are not read for the CRM here";
    return result;
}

} // namespace

std::vector<http::Route> TranscriptRoutes::table()
{
    return {http::route(http::Method::post, "/api/v1/conversations/save",
                        "Save a whole transcript, or what is new of one that grew, and fill the CRM from it",
                        http::Access::signed_in, this, &TranscriptRoutes::save,
                        {.idempotency_key = true, .body_bytes_max = 8 * 1024 * 1024})};
}

TranscriptRoutes::Saving TranscriptRoutes::save(http::Call& call, http::Body<Transcript> input)
{
    Kept kept;
    const Owner owner = conversations::owner_of(call);
    auto effect = [this, &owner, &input, &kept](db::Executor& db) {
        return save_in(db, owner, std::move(input.value), kept);
    };
    auto answer = co_await http::once<TranscriptAnswer>(pool_, clock_, call, effect);
    // From here on it is saved: whatever happens to the CRM, and whoever leaves.
    if (answer) answer->crm = co_await crm_of(owner.tenant_id, kept);
    co_return answer;
}

TranscriptRoutes::Saving TranscriptRoutes::save_in(db::Executor& db, Owner owner, Transcript transcript, Kept& kept)
{
    const auto saved = co_await conversations::save_transcript(db, owner, transcript, topics_, clock_.now());
    if (!saved) co_return saved.refusal();
    const auto& conversation = saved->conversation;
    kept = {conversation.id, conversation.last_seq, !saved->added.empty()};
    if (kept.grew) conversations::tell_added(db, hub_, owner, saved->added, conversation);
    db.after_commit([this] { worker_bell_.ring(); });
    co_return TranscriptAnswer{true, conversation.id, static_cast<std::int64_t>(saved->added.size()), pending()};
}

asio::awaitable<Json> TranscriptRoutes::crm_of(Uuid tenant, Kept kept)
{
    if (!topics_.extraction) co_return Json(serialize(to_json(switched_off())));
    try {
        // Nothing new to read, and nothing left to do: what was made of it before stands in the CRM.
        if (!kept.grew && !co_await is_to_be_read(pool_, tenant, kept.conversation))
            co_return Json(serialize(to_json(co_await crm_entry_of(pool_, tenant, kept.conversation))));
        const auto result = co_await results_.wait(clock_, kept.conversation, kept.last_seq, wait_max_);
        co_return result ? Json(serialize(to_json(*result))) : pending();
    } catch (const db::Error&) {
        co_return pending();
    }
}

} // namespace trunkline::extraction
