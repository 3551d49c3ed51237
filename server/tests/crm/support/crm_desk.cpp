// SPDX-License-Identifier: MIT
#include "crm_desk.hpp"

#include <base/crypto.hpp>
#include <base/utf8.hpp>
#include <http/call_builder.hpp>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

namespace trunkline::crm::testing {

namespace {

std::vector<std::string> split(const std::string& text, char separator)
{
    std::vector<std::string> parts(1);
    for (const char c : text) {
        if (c == separator) parts.emplace_back();
        else parts.back() += c;
    }
    return parts;
}

/// Fills `raw.path` when the address fits the pattern.
bool fits(const std::string& pattern, const std::string& address, http::RawInput& raw)
{
    const auto wanted = split(pattern, '/'), given = split(address, '/');
    if (wanted.size() != given.size()) return false;
    raw.path.clear();
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (wanted[i].starts_with('{')) raw.path.emplace_back(wanted[i].substr(1, wanted[i].size() - 2), given[i]);
        else if (wanted[i] != given[i]) return false;
    }
    return true;
}

/// The same JSON with its names in order: each engine keeps its own.
json::value sorted(const json::value& value)
{
    if (!value.is_object()) return value;
    std::map<std::string, json::value> members;
    for (const auto& [name, member] : value.get_object()) members.emplace(name, sorted(member));
    return json::object(members.begin(), members.end());
}

struct AuditRow {
    std::string action;
    std::string actor;
    Json changes;
};
BOOST_DESCRIBE_STRUCT(AuditRow, (), (action, actor, changes))

Answered successful(Answered answered, int status, const std::string& address)
{
    EXPECT_EQ(answered.status, status) << address << " " << serialize(answered.body);
    return answered;
}

std::string text_or_null(const json::value& value) { return value.is_null() ? "null" : std::string(value.as_string()); }

} // namespace

std::string Answered::text(std::string_view pointer) const { return text_or_null(body.at_pointer(pointer)); }

Texts Answered::texts_of(std::string_view list, std::string_view field) const
{
    Texts all;
    for (const auto& item : body.at_pointer(list).as_array()) all.push_back(text_or_null(item.at(field)));
    return all;
}

std::string at(std::string_view list, const Uuid& id) { return std::string(list) + "/" + db::to_string(id); }

CrmDesk::CrmDesk()
{
    for (auto table : {client_routes.table(), case_routes.table(), interaction_routes.table()})
        for (auto& route : table) routes.push_back(std::move(route));
}

Answered CrmDesk::ask(Method method, std::string address, Form body, std::optional<std::string> key)
{
    const auto response = database.run(ask_async(method, std::move(address), std::move(body), std::move(key)));
    return {response.status, response.body.empty() ? json::value() : json::parse(response.body)};
}

asio::awaitable<http::Response> CrmDesk::ask_async(Method method, std::string address, Form body,
                                                   std::optional<std::string> key)
{
    address.insert(0, "/api/v1/crm");
    http::RawInput raw;
    raw.body = body.text;
    const auto parts = split(address, '?'); // values are not percent-encoded here
    if (parts.size() > 1)
        for (const std::string& pair : split(parts[1], '&'))
            raw.query.emplace_back(pair.substr(0, pair.find('=')), pair.substr(pair.find('=') + 1));
    for (const http::Route& route : routes) {
        if (route.method != method || !fits(route.path, parts[0], raw)) continue;
        http::CallBuilder builder;
        builder.actor(asking)
            .route(route.path)
            .request_line(address)
            .body_hash(sha256_hex(body.text))
            .idempotency_key(std::move(key));
        http::Call call = builder.build();
        co_return co_await route.handle(call, raw);
    }
    throw std::runtime_error("there is no such route: " + address);
}

Answered CrmDesk::read(std::string address) { return successful(get(address), 200, address); }

Answered CrmDesk::make(std::string address, Form body)
{
    return successful(post(address, std::move(body)), 201, address);
}

Answered CrmDesk::change(std::string address, Form body)
{
    return successful(patch(address, std::move(body)), 200, address);
}

Uuid CrmDesk::add_client(const std::string& first_name)
{
    const std::string email = first_name + "@crm.example.test";
    return make("/clients", json::object{{"full_name", first_name}, {"email", email}}).id();
}

Uuid CrmDesk::add_case_type(std::string code)
{
    const json::object type{{"code", code},
                            {"name", "Work permit"},
                            {"category", "visa"},
                            {"keywords", json::array{"work permit", "working visa"}},
                            {"base_price", json::object{{"amount", 150000}, {"currency", "EUR"}}}};
    return make("/case-types", type).id();
}

Uuid CrmDesk::add_conversation(std::vector<std::string> messages)
{
    const Uuid id = db::new_uuid();
    database.run(fill_conversation(id, std::move(messages)));
    return id;
}

asio::awaitable<void> CrmDesk::fill_conversation(Uuid id, std::vector<std::string> messages)
{
    const Time now = database.clock.now();
    const auto size = static_cast<std::int64_t>(messages.size());
    db::Batch batch;
    batch.add("INSERT INTO conversations (id, tenant_id, user_id, channel, agent_type, title, title_source, is_fresh, "
              "preview, last_seq,"
              " message_count, created_at, last_message_at, active_at)"
              " VALUES ($1, $2, $3, 'web_chat', 'assistant', 'A visa', 'auto', $4, '', $5, $5, $6, $6, $6)",
              id, database.tenant, database.customer.user_id, false, size, now);
    std::int64_t seq = 0;
    for (const std::string& text : messages) {
        ++seq;
        batch.add("INSERT INTO messages (id, tenant_id, conversation_id, seq, sender, content, created_at) VALUES ($1, "
                  "$2, $3, $4, $5, $6, $7)",
                  db::new_uuid(), database.tenant, id, seq, std::string(seq % 2 == 1 ? "user" : "bot"), text, now);
    }
    auto written = database.pool().run(std::move(batch));
    (void)co_await std::move(written);
}

asio::awaitable<void> CrmDesk::write_evidence(Uuid client, Evidence found)
{
    found.message_id = co_await database.pool().fetch_value<Uuid>(
        "SELECT id FROM messages WHERE conversation_id = $1 AND seq = 1", *found.conversation_id);
    std::vector<Evidence> all{found};
    co_await crm::add_evidence(database.pool(), database.tenant, client, std::move(all), database.clock.now());
}

void CrmDesk::add_evidence(const Uuid& client, const Uuid& conversation, std::string field, std::string value)
{
    Evidence found;
    found.field = std::move(field);
    found.conversation_id = conversation;
    found.message_seq = 1;
    found.start = 3;
    found.end = found.start + static_cast<std::int64_t>(count_characters(value));
    found.quote = found.value = std::move(value);
    found.method = "stated";
    found.confidence = 0.95;
    database.run(write_evidence(client, std::move(found)));
}

void CrmDesk::add_interaction(const Uuid& client, const Uuid& conversation)
{
    ConversationNote note;
    note.conversation_id = conversation;
    note.client_id = client;
    note.summary = "Asked";
    const Editor editor = system_editor(database.tenant);
    (void)database.run(keep_conversation(database.pool(), editor, note, database.clock.now()));
}

Texts CrmDesk::audit_of(std::string entity, const Uuid& id)
{
    const auto rows = database.run(database.pool().fetch<AuditRow>(
        "SELECT action, actor, changes FROM audit WHERE tenant_id = $1 AND entity = $2 AND entity_id = $3 ORDER BY id",
        database.tenant, entity, id));
    Texts all;
    for (const AuditRow& row : rows)
        all.push_back(row.action + " by " + row.actor + " " + serialize(sorted(json::parse(row.changes.text()))));
    return all;
}

} // namespace trunkline::crm::testing
