// SPDX-License-Identifier: MIT
#include <crm/interaction_routes.hpp>

#include <crm/client_news.hpp>
#include <http/idempotency.hpp>

namespace trunkline::crm {

using http::Access;
using http::Method;
using http::route;

std::vector<http::Route> InteractionRoutes::table()
{
    using R = InteractionRoutes;
    constexpr auto staff = Access::staff;
    return {
        route(Method::get, "/api/v1/crm/interactions", "Interactions, newest first", staff, this, &R::list),
        route(Method::post, "/api/v1/crm/interactions", "Note an interaction with a client", staff, this, &R::create,
              {.idempotency_key = true}),
        route(Method::get, "/api/v1/crm/interactions/{id}", "An interaction", staff, this, &R::get),
    };
}

InteractionRoutes::Answer<http::Page<Interaction>> InteractionRoutes::list(Call& call,
                                                                           http::Params<InteractionFilter> filter)
{
    co_return co_await list_interactions(pool_, call.actor().tenant_id, *filter);
}

InteractionRoutes::Answer<http::Created<Interaction>> InteractionRoutes::create(Call& call,
                                                                                http::Body<NewInteraction> input)
{
    auto effect = [this, editor = editor_of(call), &input](db::Executor& db) {
        return create_in(db, editor, input.value);
    };
    co_return co_await http::once<http::Created<Interaction>>(pool_, clock_, call, effect);
}

InteractionRoutes::Answer<http::Created<Interaction>> InteractionRoutes::create_in(db::Executor& db, Editor editor,
                                                                                   NewInteraction input)
{
    auto made = co_await create_interaction(db, editor, input, clock_.now());
    if (!made) co_return made.refusal();
    tell_client_changed(db, hub_, editor.tenant_id, made->client_id);
    co_return http::Created<Interaction>{std::move(*made)};
}

InteractionRoutes::Answer<Interaction> InteractionRoutes::get(Call& call, http::Path<InteractionPath> path)
{
    auto found = co_await find_interaction(pool_, call.actor().tenant_id, path->id);
    if (!found) co_return not_found("interaction");
    co_return std::move(*found);
}

} // namespace trunkline::crm
