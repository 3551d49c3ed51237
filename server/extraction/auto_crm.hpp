// SPDX-License-Identifier: MIT
#pragma once

#include <base/clock.hpp>
#include <base/json.hpp>
#include <events/hub.hpp>
#include <extraction/extractor.hpp>
#include <trunkline/db/lane.hpp>
#include <trunkline/db/pool.hpp>

namespace trunkline::extraction {

struct Finding;

/// What became of a conversation in the CRM. "Practice" is what the CRM calls a case. When `success` is false, `error`
/// says why in one sentence, no id is set, and nothing was written.
struct CrmResult {
    bool success = false;
    std::optional<Uuid> client_id;
    bool client_created = false;
    bool client_updated = false;
    std::optional<Uuid> practice_id;
    bool practice_created = false;
    std::optional<Uuid> interaction_id;
    std::optional<Extraction> extracted_data;
    std::optional<std::string> error;
};
BOOST_DESCRIBE_STRUCT(CrmResult, (),
                      (success, client_id, client_created, client_updated, practice_id, practice_created,
                       interaction_id, extracted_data, error))

/// How sure the extractor has to be.
struct CrmRules {
    double create_client_min = 0.5;        ///< of the client as a whole; and there is an address or a number
    double fill_client_min = 0.6;          ///< of the client as a whole, to fill what is empty
    double open_case_min = 0.7;            ///< of the intent
    double fact_min = 0.5;                 ///< of a single value: below it is a guess, and fills nothing
    std::chrono::days same_case_within{7}; ///< an open case of the same type and client that is not older is the same
};

/// An e-mail that came in.
struct IncomingEmail {
    std::string id;     ///< Message-ID, or what the mailbox calls it: each is processed once
    std::string sender; ///< "Ada Lovelace <ada@crm.example.test>", or the bare address
    std::string subject;
    std::string body;
    std::optional<Time> date;
};

inline constexpr std::size_t interaction_summary_chars_max = 500;
inline constexpr const char* no_pool = "Database pool not available";

/// Turns conversations into CRM entries: finds or makes the client, fills what is empty, opens a case, keeps one
/// interaction for each conversation and client, and notes for each value the sentence it came from.
///
/// It never makes a pool. It is given one, or none; a call may bring an executor of its own, which wins. With neither,
/// the result says "Database pool not available". No function throws: whatever goes wrong is a result without success.
///
/// The text is read on a lane, before the one short transaction that writes: no connection is held meanwhile (but a
/// caller who brings a transaction holds his own). Two calls at once for the same new person make one client.
///
/// Threads:  the I/O thread.
/// Lifetime: the extractor, the clock, the hub and the pool outlive it; `close()` closes none of them.
class AutoCrm {
public:
    AutoCrm(const Extractor& extractor, Clock& clock, events::Hub& hub, db::Pool* pool = nullptr, CrmRules rules = {});

    /// Whether a pool was given. Opens nothing.
    bool connect() const noexcept { return pool_ != nullptr; }
    /// The pool is shared: it stays open.
    void close() noexcept {}

    /// Reads a stored conversation. `messages` are all of it, in their order; `user_email` is the address of the one
    /// who speaks, when it is known otherwise. Addresses of the tenant's staff count as unknown.
    asio::awaitable<CrmResult> process_conversation(Uuid conversation_id, std::vector<TranscriptMessage> messages,
                                                    std::optional<std::string> user_email = {},
                                                    std::string team_member = "system",
                                                    db::Executor* call_db = nullptr);

    /// Stores the mail as a conversation, "Email: <subject>", and processes that with the sender's address.
    asio::awaitable<CrmResult> process_email_interaction(IncomingEmail email, std::string team_member = "system",
                                                         db::Executor* call_db = nullptr);

private:
    struct Job;
    db::Executor* executor(db::Executor* call_db) const noexcept { return call_db ? call_db : pool_; }
    asio::awaitable<CrmResult> process(db::Executor& db, Job job);
    asio::awaitable<CrmResult> receive(db::Executor& db, IncomingEmail email, std::string team_member);
    asio::awaitable<Extraction> read(ExtractionInput input);
    /// Nothing when somebody else changed the same rows at the same moment.
    asio::awaitable<std::optional<CrmResult>> enter(db::Executor& db, const Finding& finding);

    const Extractor& extractor_;
    Clock& clock_;
    events::Hub& hub_;
    db::Pool* pool_;
    CrmRules rules_;
    db::Lane lane_{"extraction"};
};

} // namespace trunkline::extraction
