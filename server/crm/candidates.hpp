// SPDX-License-Identifier: MIT
#pragma once

#include <crm/clients.hpp>

namespace trunkline::crm {

/// A client who may be the one a conversation speaks with, as far as a conversation can tell and change him. Every
/// value is in its normal form.
struct Candidate {
    Uuid id;
    std::string full_name;
    bool name_is_stand_in = false; ///< nobody gave the name
    std::optional<std::string> email, phone, whatsapp, nationality;
};
BOOST_DESCRIBE_STRUCT(Candidate, (), (id, full_name, name_is_stand_in, email, phone, whatsapp, nationality))

asio::awaitable<std::optional<Candidate>> candidate_by_email(db::Executor& db, const Uuid& tenant, std::string email);
/// The oldest first, at most ten: families share a number.
asio::awaitable<std::vector<Candidate>> candidates_by_phone(db::Executor& db, const Uuid& tenant, std::string phone);
/// Those with an interaction of that conversation, the newest first.
asio::awaitable<std::vector<Candidate>> candidates_of_conversation(db::Executor& db, const Uuid& tenant,
                                                                   const Uuid& conversation);

} // namespace trunkline::crm
