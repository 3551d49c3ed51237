// SPDX-License-Identifier: MIT
#include <app/health_routes.hpp>

namespace trunkline {

std::vector<http::Route> HealthRoutes::table()
{
    using http::Access, http::Method, http::route;
    return {
        route(Method::get, "/livez", "Whether the process answers", Access::anyone, this, &HealthRoutes::alive),
        route(Method::get, "/readyz", "Whether it can serve", Access::anyone, this, &HealthRoutes::ready),
    };
}

asio::awaitable<Outcome<Alive>> HealthRoutes::alive(http::Call&) { co_return Alive{"ok", TRUNKLINE_VERSION}; }

asio::awaitable<Outcome<Ready>> HealthRoutes::ready(http::Call&)
{
    if (!health_.prepared) co_return Refusal{Refused::unavailable, health_.waiting_for, {}, 2};
    auto limited = pool_.within(std::chrono::seconds(2));
    co_await limited.fetch_value<std::int64_t>("SELECT count(*) FROM trunkline_migrations"); // throws: 503
    Ready answer{"ready", std::string(db::to_string(pool_.options().engine)), {}};
    for (const auto& [worker, failure] : health_.failing) answer.restarting.push_back(worker);
    co_return answer;
}

} // namespace trunkline
