// SPDX-License-Identifier: MIT
#pragma once

#include <base/clock.hpp>
#include <base/json.hpp>
#include <crm/editor.hpp>
#include <extraction/extractor.hpp>
#include <trunkline/db/executor.hpp>

namespace trunkline::extraction {

// What Auto-CRM asks of the CRM beside crm/prospects.hpp, and writes into it. Every value is in its normal form.

/// A client as far as a conversation can change it.
struct ClientRow {
    Uuid id;
    std::string full_name;
    bool name_is_stand_in = false; ///< nobody gave the name
    std::optional<std::string> email, phone;
    std::optional<std::string> whatsapp, nationality;
};
BOOST_DESCRIBE_STRUCT(ClientRow, (), (id, full_name, name_is_stand_in, email, phone, whatsapp, nationality))

struct CaseTypeRow {
    Uuid id;
    std::string code;
    std::optional<std::int64_t> base_price_amount;
    std::optional<std::string> base_price_currency;
};
BOOST_DESCRIBE_STRUCT(CaseTypeRow, (), (id, code, base_price_amount, base_price_currency))

struct InteractionRow {
    Uuid client_id;
    std::optional<Uuid> case_id;
    Uuid conversation_id;
    std::string interaction_type;
    std::string channel;
    std::optional<std::string> subject;
    std::string summary;
    std::string full_content;
    std::string team_member;
    Json entities;
};

/// What the newest interaction of a conversation says.
struct EntryRow {
    Uuid id;
    Uuid client_id;
    std::optional<Uuid> case_id;
};
BOOST_DESCRIBE_STRUCT(EntryRow, (), (id, client_id, case_id))

/// Keeps the conversation from being deleted, and from being entered twice at once, until the transaction ends.
/// False when it is gone.
asio::awaitable<bool> lock_conversation(db::Executor& db, Uuid conversation);

asio::awaitable<std::optional<ClientRow>> client_by_email(db::Executor& db, Uuid tenant, std::string email);
/// The oldest first, at most ten.
asio::awaitable<std::vector<ClientRow>> clients_by_phone(db::Executor& db, Uuid tenant, std::string phone);
/// Those with an interaction of that conversation, the newest first.
asio::awaitable<std::vector<ClientRow>> clients_of_conversation(db::Executor& db, Uuid tenant, Uuid conversation);

/// Once for each place where it was said.
asio::awaitable<void> add_evidence(db::Executor& db, Uuid tenant, Uuid client, Uuid conversation, std::string field,
                                   std::string value, Fact fact, Time now);
asio::awaitable<bool> has_evidence_at(db::Executor& db, Uuid tenant, Uuid client, std::string field, Fact fact);

asio::awaitable<std::vector<CaseType>> active_case_types(db::Executor& db, Uuid tenant);
asio::awaitable<std::optional<CaseTypeRow>> active_case_type(db::Executor& db, Uuid tenant, std::string code);
/// A case of that type that is not decided yet (inquiry, quotation_sent, payment_pending, in_progress) and was opened
/// at `since` or later.
asio::awaitable<std::optional<Uuid>> open_case_since(db::Executor& db, Uuid client, Uuid case_type, Time since);
/// Opens an inquiry, and says so in the audit.
asio::awaitable<Uuid> insert_case(db::Executor& db, crm::Editor editor, Uuid client, CaseTypeRow type,
                                  std::string notes, Time now);

/// One for each conversation and client: a second one replaces what the first says, but not its case with none.
asio::awaitable<Uuid> upsert_interaction(db::Executor& db, Uuid tenant, InteractionRow row, Time now);
asio::awaitable<std::optional<EntryRow>> newest_entry(db::Executor& db, Uuid tenant, Uuid conversation);
asio::awaitable<std::optional<Uuid>> case_of_interaction(db::Executor& db, Uuid conversation, Uuid client);

} // namespace trunkline::extraction
