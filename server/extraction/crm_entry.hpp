// SPDX-License-Identifier: MIT
#pragma once

#include <extraction/auto_crm.hpp>
#include <trunkline/db/transaction.hpp>

namespace trunkline::extraction {

/// What reading a conversation found, and what has to be known to put it into the CRM.
struct Finding {
    Uuid tenant_id;
    Uuid conversation_id;
    std::string channel;                   ///< of the conversation: "web_chat", "email", …
    std::optional<std::string> subject;    ///< of a mail
    std::string full_content;              ///< "USER: …" and "ASSISTANT: …" lines
    std::optional<std::string> user_email; ///< of the one who speaks, in normal form; never of the staff
    std::string team_member;
    Extraction extraction;
};

/// The conversation was deleted before its entry could be written.
struct ConversationGone : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Writes what was found, within `tx`, which the caller commits: the client (found, filled where empty, or made), the
/// evidence for each value that was taken, a case, the interaction of this conversation with this client.
///
/// The client is the one with the address of the user, else the address that was said; else the one with the number
/// that was said, else the one this conversation spoke of before, unless his own address or number says otherwise.
/// Without `extracted_data` in the answer. UniqueViolation when somebody else just made the same client: run it again.
asio::awaitable<CrmResult> enter_into_crm(db::Transaction& tx, const Finding& finding, const CrmRules& rules, Time now);

/// The newest entry of a conversation, as a result without changes; no ids when it has none.
asio::awaitable<CrmResult> crm_entry_of(db::Executor& db, Uuid tenant, Uuid conversation);

} // namespace trunkline::extraction
