// SPDX-License-Identifier: MIT
#pragma once

#include <base/clock.hpp>
#include <crm/editor.hpp>
#include <crm/word_list.hpp>
#include <trunkline/db/executor.hpp>

namespace trunkline::crm {

enum class ClientStatus { prospect, lead, active, completed, lost, inactive };
BOOST_DESCRIBE_ENUM(ClientStatus, prospect, lead, active, completed, lost, inactive)

enum class ClientType { individual, company };
BOOST_DESCRIBE_ENUM(ClientType, individual, company)

/// A person or company in the CRM. The e-mail address is in its normal form and belongs to one client of a tenant;
/// telephone numbers are in the form E.164, and families share them; an address or a telephone number is always there.
struct Client {
    Uuid id;
    std::string full_name;
    std::optional<std::string> email;
    std::optional<std::string> phone;
    std::optional<std::string> whatsapp;
    std::optional<std::string> nationality;
    std::optional<std::string> company;
    ClientStatus status = ClientStatus::prospect;
    ClientType client_type = ClientType::individual;
    std::optional<std::string> assigned_to; ///< e-mail address of a member of staff
    std::optional<std::string> notes;
    WordList tags;
    std::optional<Time> first_contact_at;
    std::optional<Time> last_interaction_at;
    Time created_at;
    std::string created_by;
};
BOOST_DESCRIBE_STRUCT(Client, (),
                      (id, full_name, email, phone, whatsapp, nationality, company, status, client_type, assigned_to,
                       notes, tags, first_contact_at, last_interaction_at, created_at, created_by))

struct NewClient {
    Typed<200> full_name;
    Blankable<Email> email;
    Blankable<Phone> phone;
    Blankable<Phone> whatsapp;
    Blankable<Typed<100>> nationality;
    Blankable<Typed<200>> company;
    std::optional<ClientStatus> status;    ///< prospect
    std::optional<ClientType> client_type; ///< individual
    Blankable<Email> assigned_to;
    Blankable<Typed<10'000>> notes;
    std::optional<WordList> tags;
};
BOOST_DESCRIBE_STRUCT(NewClient, (),
                      (full_name, email, phone, whatsapp, nationality, company, status, client_type, assigned_to, notes,
                       tags))

struct ClientPatch {
    Maybe<Typed<200>> full_name;
    Blankable<Email> email;
    Blankable<Phone> phone;
    Blankable<Phone> whatsapp;
    Blankable<Typed<100>> nationality;
    Blankable<Typed<200>> company;
    Maybe<ClientStatus> status;
    Maybe<ClientType> client_type;
    Blankable<Email> assigned_to;
    Blankable<Typed<10'000>> notes;
    Maybe<WordList> tags;
};
BOOST_DESCRIBE_STRUCT(ClientPatch, (),
                      (full_name, email, phone, whatsapp, nationality, company, status, client_type, assigned_to, notes,
                       tags))

struct ClientFilter {
    /// A part of name, e-mail address or telephone number, in any case. SQLite folds the case of A–Z only.
    std::optional<Text<0, 200>> search;
    std::optional<ClientStatus> status;
    std::optional<Email> assigned_to;
    Bounded<1, 200, 50> limit;
    std::optional<Uuid> after;
};
BOOST_DESCRIBE_STRUCT(ClientFilter, (), (search, status, assigned_to, limit, after))

/// Nothing when there is none, or it is another tenant's: the two cannot be told apart.
asio::awaitable<std::optional<Client>> find_client(db::Executor& db, const Uuid& tenant, const Uuid& id);

/// As `find_client`, and nobody else changes the client until the transaction of `db` ends.
asio::awaitable<std::optional<Client>> lock_client(db::Executor& db, const Uuid& tenant, const Uuid& id);

/// Newest first.
asio::awaitable<http::Page<Client>> list_clients(db::Executor& db, const Uuid& tenant, const ClientFilter& filter);

/// Telephone numbers without a country code are of the tenant's default region.
/// invalid without address and number, and for a number that is not complete; conflict when the address is another
/// client's or a member of staff's.
asio::awaitable<Outcome<Client>> create_client(db::Executor& db, const Editor& editor, const NewClient& input,
                                               Time now);

/// Changes what the patch gives. invalid when it gives nothing, no complete number, or would leave neither address nor
/// number; not_found; conflict as above. A patch that changes nothing is a success and leaves no trace.
asio::awaitable<Outcome<Client>> change_client(db::Executor& db, const Editor& editor, const Uuid& id,
                                               const ClientPatch& patch, Time now);

/// What deleting a client means: the status becomes inactive, all else stays.
asio::awaitable<Outcome<Client>> deactivate_client(db::Executor& db, const Editor& editor, const Uuid& id, Time now);

/// The pattern of LIKE … ESCAPE '!' that finds `part` literally anywhere.
std::string pattern_of(std::string_view part);

} // namespace trunkline::crm
