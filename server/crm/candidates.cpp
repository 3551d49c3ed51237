// SPDX-License-Identifier: MIT
#include <crm/candidates.hpp>

namespace trunkline::crm {

asio::awaitable<std::optional<Candidate>> candidate_by_email(db::Executor& db, const Uuid& tenant, std::string email)
{
    return db.fetch_optional<Candidate>(
        "SELECT id, full_name, name_is_stand_in, email, phone, whatsapp, nationality FROM clients"
        " WHERE tenant_id = $1 AND email = $2",
        tenant, email);
}

asio::awaitable<std::vector<Candidate>> candidates_by_phone(db::Executor& db, const Uuid& tenant, std::string phone)
{
    return db.fetch<Candidate>(
        "SELECT id, full_name, name_is_stand_in, email, phone, whatsapp, nationality FROM clients"
        " WHERE tenant_id = $1 AND phone = $2 ORDER BY id LIMIT 10",
        tenant, phone);
}

asio::awaitable<std::vector<Candidate>> candidates_of_conversation(db::Executor& db, const Uuid& tenant,
                                                                   const Uuid& conversation)
{
    return db.fetch<Candidate>(
        "SELECT c.id, c.full_name, c.name_is_stand_in, c.email, c.phone, c.whatsapp, c.nationality FROM clients c"
        " JOIN interactions i ON i.client_id = c.id WHERE i.tenant_id = $1 AND i.conversation_id = $2"
        " ORDER BY i.interaction_at DESC, i.id DESC",
        tenant, conversation);
}

} // namespace trunkline::crm
