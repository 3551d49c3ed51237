// SPDX-License-Identifier: MIT
#include "crm_desk.hpp"

#include <base/crypto.hpp>
#include <http/call_builder.hpp>

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

} // namespace

std::vector<std::string> Answered::texts_of_items(std::string_view field) const
{
    std::vector<std::string> all;
    for (const auto& item : body.at("items").as_array()) all.emplace_back(item.at(field).as_string());
    return all;
}

std::vector<std::string> Answered::wrong_fields() const
{
    std::vector<std::string> all;
    for (const auto& one : body.at("errors").as_array()) all.emplace_back(one.at("pointer").as_string());
    return all;
}

CrmDesk::CrmDesk()
{
    for (auto table : {client_routes.table(), case_routes.table(), interaction_routes.table()})
        for (auto& route : table) routes.push_back(std::move(route));
}

Answered CrmDesk::ask(Method method, std::string address, std::string body, std::optional<std::string> key)
{
    const auto response = database.run(ask_async(method, std::move(address), std::move(body), std::move(key)));
    return {response.status, response.body.empty() ? json::value() : json::parse(response.body)};
}

asio::awaitable<http::Response> CrmDesk::ask_async(Method method, std::string address, std::string body,
                                                   std::optional<std::string> key)
{
    http::RawInput raw;
    raw.body = body;
    const auto parts = split(address, '?'); // values are not percent-encoded here
    if (parts.size() > 1)
        for (const std::string& pair : split(parts[1], '&'))
            raw.query.emplace_back(pair.substr(0, pair.find('=')), pair.substr(pair.find('=') + 1));
    for (const http::Route& route : routes) {
        if (route.method != method || !fits(route.path, parts[0], raw)) continue;
        http::CallBuilder builder;
        builder.actor(*asking)
            .route(route.path)
            .request_line(address)
            .body_hash(sha256_hex(body))
            .idempotency_key(std::move(key));
        http::Call call = builder.build();
        co_return co_await route.handle(call, raw);
    }
    throw std::runtime_error("there is no such route: " + address);
}

std::string CrmDesk::new_client(const std::string& first_name)
{
    const auto made = post(std::string(clients),
                           R"({"full_name":")" + first_name + R"(","email":")" + first_name + R"(@crm.example.test"})");
    if (made.status != 201) throw std::runtime_error("no client was made: " + serialize(made.body));
    return made.text("/id");
}

Uuid CrmDesk::new_conversation(std::vector<std::string> messages)
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

std::vector<std::string> CrmDesk::audit_of(std::string entity, std::string id)
{
    const auto rows = database.run(database.pool().fetch<AuditRow>(
        "SELECT action, actor, changes FROM audit WHERE tenant_id = $1 AND entity = $2 AND entity_id = $3 ORDER BY id",
        database.tenant, entity, *Uuid::parse(id)));
    std::vector<std::string> all;
    for (const AuditRow& row : rows)
        all.push_back(row.action + " by " + row.actor + " " + serialize(sorted(json::parse(row.changes.text()))));
    return all;
}

} // namespace trunkline::crm::testing
