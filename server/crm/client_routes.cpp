// SPDX-License-Identifier: MIT
#include <crm/client_routes.hpp>

#include <crm/client_news.hpp>
#include <http/idempotency.hpp>

namespace trunkline::crm {

using http::Access;
using http::Method;
using http::route;

std::vector<http::Route> ClientRoutes::table()
{
    using R = ClientRoutes;
    constexpr auto staff = Access::staff;
    return {
        route(Method::get, "/api/v1/crm/clients", "Clients, newest first", staff, this, &R::list),
        route(Method::post, "/api/v1/crm/clients", "Add a client", staff, this, &R::create, {.idempotency_key = true}),
        route(Method::get, "/api/v1/crm/clients/{id}", "A client, with evidence, cases, interactions and conversations",
              staff, this, &R::record),
        route(Method::patch, "/api/v1/crm/clients/{id}", "Change a client", staff, this, &R::change),
        route(Method::del, "/api/v1/crm/clients/{id}", "Make a client inactive", staff, this, &R::deactivate),
        route(Method::get, "/api/v1/crm/clients/{id}/timeline", "What happened with a client, newest first", staff,
              this, &R::timeline),
        route(Method::get, "/api/v1/crm/clients/{id}/conversations/{conversation_id}",
              "Read a conversation of a client; the audit notes it", staff, this, &R::conversation),
    };
}

ClientRoutes::Answer<http::Page<Client>> ClientRoutes::list(Call& call, http::Params<ClientFilter> filter,
                                                            http::DatabaseParameters database)
{
    auto db = database.on(pool_);
    co_return co_await list_clients(db, call.actor().tenant_id, *filter);
}

ClientRoutes::Answer<http::Created<Client>> ClientRoutes::create(Call& call, http::Body<NewClient> input)
{
    auto effect = [this, editor = editor_of(call), &input](db::Executor& db) {
        return create_in(db, editor, input.value);
    };
    co_return co_await http::once<http::Created<Client>>(pool_, clock_, call, effect);
}

ClientRoutes::Answer<http::Created<Client>> ClientRoutes::create_in(db::Executor& db, Editor editor, NewClient input)
{
    auto made = co_await create_client(db, editor, input, clock_.now());
    if (!made) co_return made.refusal();
    tell_client_changed(db, hub_, editor.tenant_id, made->id);
    co_return http::Created<Client>{std::move(*made)};
}

ClientRoutes::Answer<ClientRecord> ClientRoutes::record(Call& call, http::Path<ClientPath> path)
{
    const Uuid tenant = call.actor().tenant_id;
    auto client = co_await find_client(pool_, tenant, path->id);
    if (!client) co_return not_found("client");
    CaseFilter cases;
    cases.client_id = path->id;
    cases.limit = Bounded<1, 200, 50>(200);
    InteractionFilter interactions;
    interactions.client_id = path->id;
    interactions.limit = Bounded<1, 200, 50>(10);
    ClientRecord record;
    record.client = std::move(*client);
    record.evidence = co_await list_evidence(pool_, tenant, path->id);
    record.cases = (co_await list_cases(pool_, tenant, cases)).items;
    record.interactions = (co_await list_interactions(pool_, tenant, interactions)).items;
    record.conversations = co_await list_conversations(pool_, tenant, path->id);
    co_return record;
}

ClientRoutes::Answer<Client> ClientRoutes::change(Call& call, http::Path<ClientPath> path,
                                                  http::Body<ClientPatch> patch)
{
    auto changed = co_await change_client(pool_, editor_of(call), path->id, *patch, clock_.now());
    if (changed) tell_client_changed(pool_, hub_, call.actor().tenant_id, path->id);
    co_return changed;
}

ClientRoutes::Answer<Client> ClientRoutes::deactivate(Call& call, http::Path<ClientPath> path)
{
    auto changed = co_await deactivate_client(pool_, editor_of(call), path->id, clock_.now());
    if (changed) tell_client_changed(pool_, hub_, call.actor().tenant_id, path->id);
    co_return changed;
}

ClientRoutes::Answer<http::Page<TimelineEntry>> ClientRoutes::timeline(Call& call, http::Path<ClientPath> path,
                                                                       http::Params<TimelineFilter> filter)
{
    const Uuid tenant = call.actor().tenant_id;
    if (!co_await find_client(pool_, tenant, path->id)) co_return not_found("client");
    co_return co_await client_timeline(pool_, tenant, path->id, *filter);
}

ClientRoutes::Answer<ConversationOfClient>
ClientRoutes::conversation(Call& call, http::Path<ClientConversationPath> path, http::Params<TranscriptFilter> filter)
{
    co_return co_await read_conversation(pool_, editor_of(call), path->id, path->conversation_id, *filter,
                                         clock_.now());
}

} // namespace trunkline::crm
