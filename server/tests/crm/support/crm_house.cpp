// SPDX-License-Identifier: MIT
#include "crm_house.hpp"

#include <base/crypto.hpp>
#include <base/utf8.hpp>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <http/call_builder.hpp>

namespace trunkline::crm::testing {

std::vector<http::Route> CrmHouse::all_routes()
{
    auto all = clients.table();
    for (auto& one : cases.table()) all.push_back(std::move(one));
    for (auto& one : interactions.table()) all.push_back(std::move(one));
    return all;
}

asio::awaitable<http::Response> CrmHouse::asked(http::Method method, std::string path, Ask ask)
{
    const std::string full = "/api/v1/crm" + path;
    const auto found =
        std::ranges::find_if(table, [&](const http::Route& one) { return one.method == method && one.path == full; });
    if (found == table.end()) throw std::logic_error("there is no route " + full);
    const std::string body = ask.body.is_null() ? "" : serialize(ask.body);
    std::string line = "POST " + full;
    http::RawInput raw;
    raw.body = body;
    raw.query = ask.query;
    const std::vector<std::string> names = {"id", "conversation_id"};
    for (std::size_t i = 0; i < ask.ids.size(); ++i) raw.path.emplace_back(names.at(i), db::to_string(ask.ids[i]));
    http::CallBuilder builder;
    builder.actor(caller).idempotency_key(ask.key).request_line(line).body_hash(sha256_hex(body));
    http::Call call = builder.build();
    co_return co_await found->handle(call, raw);
}

http::Response CrmHouse::respond(http::Method method, std::string path, Ask ask)
{
    return database.run(asked(method, std::move(path), std::move(ask)));
}

json::value CrmHouse::expect(int status, http::Method method, std::string path, Ask ask)
{
    const http::Response response = respond(method, path, std::move(ask));
    EXPECT_EQ(response.status, status) << path << " " << response.body;
    return json::parse(response.body);
}

Uuid CrmHouse::add_client(std::string name, std::string email)
{
    return id_of(post("/clients", json::object{{"full_name", name}, {"email", email}}));
}

Uuid CrmHouse::add_case_type(std::string code)
{
    return id_of(
        post("/case-types", json::object{{"code", code},
                                         {"name", "Work permit"},
                                         {"category", "visa"},
                                         {"keywords", json::array{"work permit", "working visa"}},
                                         {"base_price", json::object{{"amount", 150000}, {"currency", "EUR"}}}}));
}

asio::awaitable<Uuid> CrmHouse::insert_conversation(std::vector<std::string> lines)
{
    const Uuid id = db::new_uuid();
    const Time now = database.clock.now();
    co_await database.pool().execute(
        "INSERT INTO conversations (id, tenant_id, user_id, channel, agent_type, title, title_source, is_fresh,"
        " preview, last_seq, message_count, created_at, last_message_at, active_at)"
        " VALUES ($1, $2, $3, 'web_chat', 'assistant', 'A talk', 'auto', $4, '', $5, $5, $6, $6, $6)",
        id, database.tenant, database.customer.user_id, false, static_cast<std::int64_t>(lines.size()), now);
    for (std::size_t i = 0; i < lines.size(); ++i)
        co_await database.pool().execute(
            "INSERT INTO messages (id, tenant_id, conversation_id, seq, sender, content, created_at)"
            " VALUES ($1, $2, $3, $4, 'user', $5, $6)",
            db::new_uuid(), database.tenant, id, static_cast<std::int64_t>(i + 1), lines[i], now);
    co_return id;
}

Uuid CrmHouse::add_conversation(std::vector<std::string> lines)
{
    return database.run(insert_conversation(std::move(lines)));
}

asio::awaitable<Uuid> CrmHouse::insert_evidence(Uuid client, Uuid conversation, std::string field, std::string value)
{
    const Uuid id = db::new_uuid();
    const auto message = co_await database.pool().fetch_value<Uuid>(
        "SELECT id FROM messages WHERE conversation_id = $1 AND seq = 1", conversation);
    const auto length = static_cast<std::int64_t>(count_characters(value));
    co_await database.pool().execute(
        "INSERT INTO evidence (id, tenant_id, client_id, field, value, conversation_id, message_id, message_seq,"
        " start_at, end_at, quote, method, confidence, recorded_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, 1, 3, $8, $5, 'stated', 0.95, $9)",
        id, database.tenant, client, field, value, conversation, message, length + 3, database.clock.now());
    co_return id;
}

Uuid CrmHouse::add_evidence(const Uuid& client, const Uuid& conversation, std::string field, std::string value)
{
    return database.run(insert_evidence(client, conversation, std::move(field), std::move(value)));
}

asio::awaitable<Uuid> CrmHouse::insert_interaction(Uuid client, Uuid conversation)
{
    const Uuid id = db::new_uuid();
    co_await database.pool().execute(
        "INSERT INTO interactions (id, tenant_id, client_id, conversation_id, interaction_type, channel, summary,"
        " full_content, direction, team_member, entities, interaction_at, created_at)"
        " VALUES ($1, $2, $3, $4, 'chat', 'web_chat', 'Asked', '', 'inbound', 'system', $5, $6, $6)",
        id, database.tenant, client, conversation, Json("{}"), database.clock.now());
    co_return id;
}

Uuid CrmHouse::add_interaction(const Uuid& client, const Uuid& conversation)
{
    return database.run(insert_interaction(client, conversation));
}

std::vector<CrmHouse::Audited> CrmHouse::audit()
{
    return database.run(database.pool().fetch<Audited>(
        "SELECT actor, action, entity, entity_id, changes FROM audit WHERE tenant_id = $1 ORDER BY id",
        database.tenant));
}

Uuid id_of(const json::value& object, std::string_view name) { return *Uuid::parse(text_of(object, name)); }

std::string text_of(const json::value& object, std::string_view name)
{
    const json::value& value = object.at(name);
    return value.is_null() ? "null" : std::string(value.as_string());
}

std::vector<std::string> column(const json::value& page, std::string_view name)
{
    std::vector<std::string> texts;
    for (const auto& item : page.at("items").as_array()) texts.push_back(text_of(item, name));
    return texts;
}

} // namespace trunkline::crm::testing
