// SPDX-License-Identifier: MIT
#pragma once

#include <crm/case_types.hpp>
#include <crm/clients.hpp>

namespace trunkline::crm {

enum class CaseStatus {
    inquiry,
    quotation_sent,
    payment_pending,
    in_progress,
    waiting_documents,
    submitted_to_gov,
    approved,
    completed,
    cancelled,
};
BOOST_DESCRIBE_ENUM(CaseStatus, inquiry, quotation_sent, payment_pending, in_progress, waiting_documents,
                    submitted_to_gov, approved, completed, cancelled)

enum class Priority { low, normal, high, urgent };
BOOST_DESCRIBE_ENUM(Priority, low, normal, high, urgent)

/// What a client wants. Any status may follow any other.
struct Case {
    Uuid id;
    Uuid client_id;
    std::string client_name;
    std::string case_type_code;
    std::string case_type_name;
    CaseStatus status = CaseStatus::inquiry;
    Priority priority = Priority::normal;
    std::optional<std::string> assigned_to; ///< e-mail address of a member of staff
    std::optional<std::string> notes;
    std::optional<Money> quoted_price;
    Time created_at;
    std::string created_by;
};
BOOST_DESCRIBE_STRUCT(Case, (),
                      (id, client_id, client_name, case_type_code, case_type_name, status, priority, assigned_to, notes,
                       quoted_price, created_at, created_by))

struct NewCase {
    Uuid client_id;
    Typed<50> case_type_code;
    std::optional<CaseStatus> status; ///< inquiry
    std::optional<Priority> priority; ///< normal
    Blankable<Email> assigned_to;
    Blankable<Typed<10'000>> notes;
    std::optional<Money> quoted_price; ///< the base price of the type
};
BOOST_DESCRIBE_STRUCT(NewCase, (), (client_id, case_type_code, status, priority, assigned_to, notes, quoted_price))

struct CasePatch {
    Maybe<CaseStatus> status;
    Maybe<Priority> priority;
    Blankable<Email> assigned_to;
    Blankable<Typed<10'000>> notes;
    Maybe<Money> quoted_price;
};
BOOST_DESCRIBE_STRUCT(CasePatch, (), (status, priority, assigned_to, notes, quoted_price))

struct CaseFilter {
    std::optional<Uuid> client_id;
    std::optional<CaseStatus> status;
    std::optional<Email> assigned_to;
    std::optional<Text<1, 50>> case_type; ///< its code
    std::optional<Priority> priority;
    Bounded<1, 200, 50> limit;
    std::optional<Uuid> after;
};
BOOST_DESCRIBE_STRUCT(CaseFilter, (), (client_id, status, assigned_to, case_type, priority, limit, after))

/// not_found when the tenant has no such client, or no active case type of that code. The client was spoken with: his
/// last interaction is now.
asio::awaitable<Outcome<Case>> create_case(db::Executor& db, const Editor& editor, const NewCase& input, Time now);

asio::awaitable<std::optional<Case>> find_case(db::Executor& db, const Uuid& tenant, const Uuid& id);

/// Newest first.
asio::awaitable<http::Page<Case>> list_cases(db::Executor& db, const Uuid& tenant, const CaseFilter& filter);

/// invalid when the patch gives nothing. A patch that changes nothing is a success and leaves no trace.
asio::awaitable<Outcome<Case>> change_case(db::Executor& db, const Editor& editor, const Uuid& id,
                                           const CasePatch& patch, Time now);

/// The newest case of that type and client that is not decided yet (inquiry, quotation_sent, payment_pending,
/// in_progress) and was opened at `since` or later.
asio::awaitable<std::optional<Uuid>> find_open_case(db::Executor& db, const Uuid& tenant, const Uuid& client,
                                                    const Uuid& type, Time since);

/// Opens an inquiry at the price of its type, for somebody who asked for it in a conversation; `notes` may be "".
/// REQUIRES: client and type are the tenant's.
asio::awaitable<Uuid> open_inquiry(db::Executor& db, const Editor& editor, const Uuid& client, const CaseType& type,
                                   std::string notes, Time now);

} // namespace trunkline::crm
