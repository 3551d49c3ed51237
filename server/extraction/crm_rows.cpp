// SPDX-License-Identifier: MIT
#include <extraction/crm_rows.hpp>

#include <crm/audit.hpp>

namespace trunkline::extraction {

namespace {

struct TypeWords {
    std::string code;
    std::string name;
    Json keywords;
};
BOOST_DESCRIBE_STRUCT(TypeWords, (), (code, name, keywords))

std::optional<Uuid> place_of(const Fact& fact)
{
    return fact.message_id.is_nil() ? std::nullopt : std::optional(fact.message_id);
}

} // namespace

asio::awaitable<bool> lock_conversation(db::Executor& db, Uuid conversation)
{
    const auto found =
        co_await db.fetch<Uuid>(db::by_engine{.postgresql = "SELECT id FROM conversations WHERE id = $1 FOR UPDATE",
                                              .sqlite = "SELECT id FROM conversations WHERE id = $1"},
                                conversation);
    co_return !found.empty();
}

asio::awaitable<std::optional<ClientRow>> client_by_email(db::Executor& db, Uuid tenant, std::string email)
{
    return db.fetch_optional<ClientRow>(
        "SELECT id, full_name, name_is_stand_in, email, phone, whatsapp, nationality FROM clients"
        " WHERE tenant_id = $1 AND email = $2",
        tenant, email);
}

asio::awaitable<std::vector<ClientRow>> clients_by_phone(db::Executor& db, Uuid tenant, std::string phone)
{
    return db.fetch<ClientRow>(
        "SELECT id, full_name, name_is_stand_in, email, phone, whatsapp, nationality FROM clients"
        " WHERE tenant_id = $1 AND phone = $2 ORDER BY id LIMIT 10",
        tenant, phone);
}

asio::awaitable<std::vector<ClientRow>> clients_of_conversation(db::Executor& db, Uuid tenant, Uuid conversation)
{
    return db.fetch<ClientRow>(
        "SELECT c.id, c.full_name, c.name_is_stand_in, c.email, c.phone, c.whatsapp, c.nationality FROM clients c"
        " JOIN interactions i ON i.client_id = c.id WHERE i.tenant_id = $1 AND i.conversation_id = $2"
        " ORDER BY i.interaction_at DESC, i.id DESC",
        tenant, conversation);
}

asio::awaitable<void> add_evidence(db::Executor& db, Uuid tenant, Uuid client, Uuid conversation, std::string field,
                                   std::string value, Fact fact, Time now)
{
    const auto message = place_of(fact);
    co_await db.execute(
        "INSERT INTO evidence (id, tenant_id, client_id, field, value, conversation_id, message_id, message_seq, start_at,"
        " end_at, quote, method, confidence, recorded_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
        " ON CONFLICT (tenant_id, client_id, field, message_id, start_at) DO NOTHING",
        db::new_uuid(), tenant, client, field, value, conversation, message,
        message ? std::optional(fact.message_seq) : std::nullopt, fact.start, fact.end, fact.quote, fact.method,
        fact.confidence, now);
}

asio::awaitable<bool> has_evidence_at(db::Executor& db, Uuid tenant, Uuid client, std::string field, Fact fact)
{
    co_return co_await db.fetch_value<std::int64_t>(
        "SELECT count(*) FROM evidence WHERE tenant_id = $1 AND client_id = $2 AND field = $3 AND message_id = $4 AND start_at = $5",
        tenant, client, field, fact.message_id, fact.start) > 0;
}

asio::awaitable<std::vector<CaseType>> active_case_types(db::Executor& db, Uuid tenant)
{
    const auto rows =
        co_await db.fetch<TypeWords>("SELECT code, name, keywords FROM case_types WHERE tenant_id = $1 AND active"
                                     " ORDER BY code",
                                     tenant);
    std::vector<CaseType> types;
    for (const TypeWords& row : rows) {
        auto keywords = from_json_text<std::vector<std::string>>(row.keywords.text());
        types.push_back({row.code, row.name, keywords ? std::move(*keywords) : std::vector<std::string>()});
    }
    co_return types;
}

asio::awaitable<std::optional<CaseTypeRow>> active_case_type(db::Executor& db, Uuid tenant, std::string code)
{
    return db.fetch_optional<CaseTypeRow>("SELECT id, code, base_price_amount, base_price_currency FROM case_types"
                                          " WHERE tenant_id = $1 AND code = $2 AND active",
                                          tenant, code);
}

asio::awaitable<std::optional<Uuid>> open_case_since(db::Executor& db, Uuid client, Uuid case_type, Time since)
{
    return db.fetch_optional<Uuid>(
        "SELECT id FROM cases WHERE client_id = $1 AND case_type_id = $2 AND created_at >= $3"
        " AND status IN ('inquiry', 'quotation_sent', 'payment_pending', 'in_progress')"
        " ORDER BY created_at DESC, id DESC LIMIT 1",
        client, case_type, since);
}

asio::awaitable<Uuid> insert_case(db::Executor& db, crm::Editor editor, Uuid client, CaseTypeRow type,
                                  std::string notes, Time now)
{
    // The extractor does not say how urgent it is.
    const Uuid id = db::new_uuid();
    co_await db.execute(
        "INSERT INTO cases (id, tenant_id, client_id, case_type_id, status, priority, notes, quoted_price_amount,"
        " quoted_price_currency, created_at, updated_at, created_by)"
        " VALUES ($1, $2, $3, $4, 'inquiry', 'normal', $5, $6, $7, $8, $8, $9)",
        id, editor.tenant_id, client, type.id, notes.empty() ? std::nullopt : std::optional(notes),
        type.base_price_amount, type.base_price_currency, now, editor.name);
    const json::object opened{{"before", nullptr}, {"after", type.code}};
    const crm::AuditEntry entry{"created", "case", id, {{"case_type", opened}}};
    co_await crm::write_audit(db, editor, entry, now);
    co_return id;
}

asio::awaitable<Uuid> upsert_interaction(db::Executor& db, Uuid tenant, InteractionRow row, Time now)
{
    co_return co_await db.fetch_value<Uuid>(
        "INSERT INTO interactions (id, tenant_id, client_id, case_id, conversation_id, interaction_type, channel, subject, summary,"
        " full_content, direction, team_member, entities, interaction_at, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'inbound', $11, $12, $13, $13)"
        " ON CONFLICT (tenant_id, conversation_id, client_id) WHERE conversation_id IS NOT NULL DO UPDATE"
        " SET case_id = coalesce(excluded.case_id, interactions.case_id), summary = excluded.summary,"
        " full_content = excluded.full_content, entities = excluded.entities, interaction_at = excluded.interaction_at"
        " RETURNING id",
        db::new_uuid(), tenant, row.client_id, row.case_id, row.conversation_id, row.interaction_type, row.channel,
        row.subject, row.summary, row.full_content, row.team_member, row.entities, now);
}

asio::awaitable<std::optional<EntryRow>> newest_entry(db::Executor& db, Uuid tenant, Uuid conversation)
{
    return db.fetch_optional<EntryRow>(
        "SELECT id, client_id, case_id FROM interactions WHERE tenant_id = $1 AND conversation_id = $2"
        " ORDER BY interaction_at DESC, id DESC LIMIT 1",
        tenant, conversation);
}

asio::awaitable<std::optional<Uuid>> case_of_interaction(db::Executor& db, Uuid conversation, Uuid client)
{
    const auto cases = co_await db.fetch<std::optional<Uuid>>(
        "SELECT case_id FROM interactions WHERE conversation_id = $1 AND client_id = $2", conversation, client);
    co_return cases.empty() ? std::nullopt : cases.front();
}

} // namespace trunkline::extraction
