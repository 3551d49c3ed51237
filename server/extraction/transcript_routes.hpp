// SPDX-License-Identifier: MIT
#pragma once

#include <conversations/transcripts.hpp>
#include <extraction/reading_results.hpp>
#include <http/route.hpp>
#include <leases/bell.hpp>

namespace trunkline::extraction {

/// How long a saved transcript waits for what the CRM made of it.
inline constexpr std::chrono::seconds crm_wait_max{5};

/// The answer to a saved transcript.
struct TranscriptAnswer {
    bool success = true;
    Uuid conversation_id;
    std::int64_t messages_saved = 0; ///< those that were new
    Json crm;                        ///< a CrmResult, or "pending": the worker is still at it
};
BOOST_DESCRIBE_STRUCT(TranscriptAnswer, (), (success, conversation_id, messages_saved, crm))

/// The path of whole transcripts. Saving is what decides; the CRM is filled by the worker, and the answer waits for it
/// a little, holding nothing.
class TranscriptRoutes {
public:
    /// `worker_bell` is rung when a transcript is to be read; results come by way of `results`.
    TranscriptRoutes(db::Pool& pool, Clock& clock, events::Hub& hub, conversations::Topics topics,
                     leases::Bell& worker_bell, ReadingResults& results,
                     std::chrono::microseconds wait_max = crm_wait_max)
        : pool_(pool),
          clock_(clock),
          hub_(hub),
          topics_(topics),
          worker_bell_(worker_bell),
          results_(results),
          wait_max_(wait_max)
    {}

    std::vector<http::Route> table();

private:
    /// What was saved, for the one who asked.
    struct Kept {
        Uuid conversation;
        std::int64_t last_seq = 0;
        bool grew = false;
    };
    using Saving = asio::awaitable<Outcome<TranscriptAnswer>>;

    Saving save(http::Call& call, http::Body<conversations::Transcript> input);
    Saving save_in(db::Executor& db, conversations::Owner owner, conversations::Transcript transcript, Kept& kept);
    asio::awaitable<Json> crm_of(Uuid tenant, Kept kept);

    db::Pool& pool_;
    Clock& clock_;
    events::Hub& hub_;
    conversations::Topics topics_;
    leases::Bell& worker_bell_;
    ReadingResults& results_;
    std::chrono::microseconds wait_max_;
};

} // namespace trunkline::extraction
