// SPDX-License-Identifier: MIT
#include <mirror/mirror_routes.hpp>

namespace trunkline::mirror {

using http::Access;
using http::Method;
using http::route;

std::vector<http::Route> MirrorRoutes::table()
{
    return {
        route(Method::get, "/api/v1/mirror", "How the copy into the other CRM's MySQL table stands", Access::staff,
              this, &MirrorRoutes::show),
        route(Method::post, "/api/v1/mirror/dead-letters/{id}/retry", "Try a message again that was given up",
              Access::staff, this, &MirrorRoutes::retry),
    };
}

asio::awaitable<Outcome<MirrorStatus>> MirrorRoutes::show(http::Call& call)
{
    co_return co_await mirror_status(pool_, copier_, call.actor().tenant_id, clock_.now());
}

asio::awaitable<Outcome<MirrorStatus>> MirrorRoutes::retry(http::Call& call, http::Path<ByDeadLetter> path)
{
    const Uuid tenant = call.actor().tenant_id;
    const bool revived = co_await outbox::revive(pool_, tenant, outbox::mirror_topic, path->id, clock_.now());
    if (!revived) co_return not_found("dead letter");
    bell_.ring();
    co_return co_await mirror_status(pool_, copier_, tenant, clock_.now());
}

} // namespace trunkline::mirror
