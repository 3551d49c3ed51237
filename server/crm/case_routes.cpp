// SPDX-License-Identifier: MIT
#include <crm/case_routes.hpp>

#include <crm/client_news.hpp>
#include <http/idempotency.hpp>

namespace trunkline::crm {

using http::Access;
using http::Method;
using http::route;

std::vector<http::Route> CaseRoutes::table()
{
    using R = CaseRoutes;
    constexpr auto staff = Access::staff;
    const http::RouteOptions creates{.idempotency_key = true};
    return {
        route(Method::get, "/api/v1/crm/case-types", "The services a case can be about, by code", staff, this,
              &R::types),
        route(Method::post, "/api/v1/crm/case-types", "Add a case type", staff, this, &R::create_type, creates),
        route(Method::patch, "/api/v1/crm/case-types/{id}", "Change a case type", staff, this, &R::change_type),
        route(Method::get, "/api/v1/crm/cases", "Cases, newest first", staff, this, &R::list),
        route(Method::post, "/api/v1/crm/cases", "Open a case for a client", staff, this, &R::create, creates),
        route(Method::get, "/api/v1/crm/cases/{id}", "A case", staff, this, &R::get),
        route(Method::patch, "/api/v1/crm/cases/{id}", "Change a case", staff, this, &R::change),
    };
}

CaseRoutes::Answer<http::Page<CaseType>> CaseRoutes::types(Call& call)
{
    co_return http::Page<CaseType>{co_await list_case_types(pool_, call.actor().tenant_id), std::nullopt};
}

CaseRoutes::Answer<http::Created<CaseType>> CaseRoutes::create_type(Call& call, http::Body<NewCaseType> input)
{
    auto effect = [this, editor = editor_of(call), &input](db::Executor& db) {
        return create_type_in(db, editor, input.value);
    };
    co_return co_await http::once<http::Created<CaseType>>(pool_, clock_, call, effect);
}

CaseRoutes::Answer<http::Created<CaseType>> CaseRoutes::create_type_in(db::Executor& db, Editor editor,
                                                                       NewCaseType input)
{
    auto made = co_await create_case_type(db, editor, input, clock_.now());
    if (!made) co_return made.refusal();
    co_return http::Created<CaseType>{std::move(*made)};
}

CaseRoutes::Answer<CaseType> CaseRoutes::change_type(Call& call, http::Path<CasePath> path,
                                                     http::Body<CaseTypePatch> patch)
{
    co_return co_await change_case_type(pool_, editor_of(call), path->id, *patch, clock_.now());
}

CaseRoutes::Answer<http::Page<Case>> CaseRoutes::list(Call& call, http::Params<CaseFilter> filter)
{
    co_return co_await list_cases(pool_, call.actor().tenant_id, *filter);
}

CaseRoutes::Answer<http::Created<Case>> CaseRoutes::create(Call& call, http::Body<NewCase> input)
{
    auto effect = [this, editor = editor_of(call), &input](db::Executor& db) {
        return create_in(db, editor, input.value);
    };
    co_return co_await http::once<http::Created<Case>>(pool_, clock_, call, effect);
}

CaseRoutes::Answer<http::Created<Case>> CaseRoutes::create_in(db::Executor& db, Editor editor, NewCase input)
{
    auto made = co_await create_case(db, editor, input, clock_.now());
    if (!made) co_return made.refusal();
    tell_client_changed(db, hub_, editor.tenant_id, made->client_id);
    co_return http::Created<Case>{std::move(*made)};
}

CaseRoutes::Answer<Case> CaseRoutes::get(Call& call, http::Path<CasePath> path)
{
    auto found = co_await find_case(pool_, call.actor().tenant_id, path->id);
    if (!found) co_return not_found("case");
    co_return std::move(*found);
}

CaseRoutes::Answer<Case> CaseRoutes::change(Call& call, http::Path<CasePath> path, http::Body<CasePatch> patch)
{
    auto changed = co_await change_case(pool_, editor_of(call), path->id, *patch, clock_.now());
    if (changed) tell_client_changed(pool_, hub_, call.actor().tenant_id, changed->client_id);
    co_return changed;
}

} // namespace trunkline::crm
