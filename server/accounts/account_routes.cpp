// SPDX-License-Identifier: MIT
#include <accounts/account_routes.hpp>

namespace trunkline::accounts {

namespace {

using http::Access;
using http::Method;
using http::route;

Me me_of(const User& user) { return {user.id, user.name, user.email, user.role, user.tenant_id, user.created_at}; }

void sign_in(http::Call& call, const NewSession& session)
{
    call.set_session_cookie(session.token, std::chrono::duration_cast<std::chrono::seconds>(session_age_max));
}

Origin origin_of(const http::Call& call) { return {call.peer(), call.user_agent()}; }

} // namespace

std::vector<http::Route> AccountRoutes::table()
{
    using R = AccountRoutes;
    // Guessing is slow: a handful of attempts a minute for each address.
    const http::RouteOptions guessing{.per_minute_max = 5};
    return {
        route(Method::get, "/api/v1/setup", "Whether the first administrator is still missing", Access::anyone, this,
              &R::setup_state),
        route(Method::post, "/api/v1/setup", "Make the first administrator, with the code from the log", Access::anyone,
              this, &R::set_up, guessing),
        route(Method::get, "/api/v1/auth/registration", "Who may register", Access::anyone, this,
              &R::registration_mode),
        route(Method::post, "/api/v1/auth/register", "Register", Access::anyone, this, &R::register_user, guessing),
        route(Method::post, "/api/v1/auth/login", "Sign in", Access::anyone, this, &R::log_in, guessing),
        route(Method::post, "/api/v1/auth/logout", "Sign out", Access::signed_in, this, &R::log_out),
        route(Method::get, "/api/v1/auth/me", "Who is signed in", Access::signed_in, this, &R::me),
        route(Method::get, "/api/v1/auth/sessions", "Browsers that are signed in", Access::signed_in, this,
              &R::sessions),
        route(Method::del, "/api/v1/auth/sessions/{id}", "Sign a browser out", Access::signed_in, this,
              &R::revoke_session),
        route(Method::get, "/api/v1/admin/users", "Users of the tenant", Access::admin, this, &R::users),
        route(Method::post, "/api/v1/admin/users/{id}/approve", "Let a registered user in", Access::admin, this,
              &R::approve),
        route(Method::post, "/api/v1/admin/users/{id}/role", "Change what a user may do", Access::admin, this,
              &R::change_role),
    };
}

AccountRoutes::Answer<SetUpState> AccountRoutes::setup_state(Call&)
{
    co_return SetUpState{!co_await has_users(pool_)};
}

AccountRoutes::Answer<http::Created<Me>> AccountRoutes::set_up(Call& call, http::Body<SetUp> input)
{
    const auto outcome = co_await accounts_.set_up(pool_, std::move(input.value), origin_of(call));
    if (!outcome) co_return outcome.refusal();
    sign_in(call, outcome->session);
    co_return http::Created<Me>{me_of(outcome->user)};
}

AccountRoutes::Answer<RegistrationMode> AccountRoutes::registration_mode(Call&)
{
    co_return RegistrationMode{accounts_.registration()};
}

AccountRoutes::Answer<http::Created<RegistrationAnswer>> AccountRoutes::register_user(Call& call,
                                                                                      http::Body<Register> input)
{
    const auto outcome = co_await accounts_.register_user(pool_, std::move(input.value), origin_of(call));
    if (!outcome) co_return outcome.refusal();
    if (outcome->session) sign_in(call, *outcome->session);
    co_return http::Created<RegistrationAnswer>{{outcome->user.status}};
}

AccountRoutes::Answer<Me> AccountRoutes::log_in(Call& call, http::Body<LogIn> input)
{
    const auto outcome = co_await accounts_.log_in(pool_, std::move(input.value), origin_of(call));
    if (!outcome) co_return outcome.refusal();
    sign_in(call, outcome->session);
    co_return me_of(outcome->user);
}

AccountRoutes::Answer<http::NoContent> AccountRoutes::log_out(Call& call)
{
    co_await close_session(pool_, call.actor().user_id, call.actor().session_id);
    hub_.end_session(call.actor().session_id);
    call.set_session_cookie("", std::chrono::seconds(0));
    co_return http::NoContent{};
}

AccountRoutes::Answer<Me> AccountRoutes::me(Call& call)
{
    const auto user = co_await find_user(pool_, call.actor().tenant_id, call.actor().user_id);
    if (!user) co_return not_found("user");
    co_return me_of(*user);
}

AccountRoutes::Answer<http::Page<SessionShown>> AccountRoutes::sessions(Call& call)
{
    const auto found = co_await list_sessions(pool_, call.actor().user_id, clock_.now());
    http::Page<SessionShown> page;
    for (const Session& one : found)
        page.items.push_back(
            {one.id, one.created_at, one.last_seen_at, one.peer, one.user_agent, one.id == call.actor().session_id});
    co_return page;
}

AccountRoutes::Answer<http::NoContent> AccountRoutes::revoke_session(Call& call, http::Path<ById> path)
{
    if (!co_await close_session(pool_, call.actor().user_id, path->id)) co_return not_found("session");
    hub_.end_session(path->id);
    co_return http::NoContent{};
}

AccountRoutes::Answer<http::Page<User>> AccountRoutes::users(Call& call, http::Params<UserFilter> filter,
                                                             http::DatabaseParameters database)
{
    auto db = database.on(pool_);
    http::Page<User> page;
    page.items = co_await list_users(db, call.actor().tenant_id, *filter);
    if (static_cast<std::int64_t>(page.items.size()) > filter->limit.value()) {
        page.items.pop_back();
        page.next = db::to_string(page.items.back().id);
    }
    co_return page;
}

AccountRoutes::Answer<User> AccountRoutes::approve(Call& call, http::Path<ById> path)
{
    co_return co_await accounts_.approve(pool_, call.actor(), path->id);
}

AccountRoutes::Answer<User> AccountRoutes::change_role(Call& call, http::Path<ById> path, http::Body<NewRole> input)
{
    co_return co_await accounts_.change_role(pool_, call.actor(), path->id, input->role);
}

} // namespace trunkline::accounts
