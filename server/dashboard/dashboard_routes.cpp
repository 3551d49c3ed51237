// SPDX-License-Identifier: MIT
#include <dashboard/dashboard_routes.hpp>

namespace trunkline::dashboard {

namespace {

double milliseconds_of(std::chrono::nanoseconds time)
{
    return std::chrono::duration<double, std::milli>(time).count();
}

HolderShown shown(const db::Holder& holder)
{
    std::string file = holder.place.file_name();
    if (const auto slash = file.rfind('/'); slash != std::string::npos) file.erase(0, slash + 1);
    return {file + ":" + std::to_string(holder.place.line()),
            std::chrono::duration_cast<std::chrono::milliseconds>(holder.age).count(), holder.statement, holder.task};
}

PoolShown shown(const db::Pool& pool)
{
    const db::PoolStats stats = pool.stats();
    const auto number = [](auto count) { return static_cast<std::int64_t>(count); };
    PoolShown page;
    page.engine = db::to_string(pool.options().engine);
    page.description = pool.describe();
    page.size = number(stats.size), page.idle = number(stats.idle), page.in_use = number(stats.in_use);
    page.opening = number(stats.opening), page.closing = number(stats.closing), page.waiting = number(stats.waiting);
    page.min_size = number(stats.min_size), page.max_size = number(stats.max_size);
    page.acquired = number(stats.acquired), page.acquire_timeouts = number(stats.acquire_timeouts);
    page.opened = number(stats.opened), page.broken = number(stats.broken), page.cancelled = number(stats.cancelled);
    page.wait_max_ms = milliseconds_of(stats.wait_max);
    page.hold_max_ms = milliseconds_of(stats.hold_max);
    for (const db::Holder& holder : pool.holders()) page.holders.push_back(shown(holder));
    return page;
}

} // namespace

std::vector<http::Route> DashboardRoutes::table()
{
    using http::Access, http::Method, http::route;
    using R = DashboardRoutes;
    return {
        route(Method::get, "/api/v1/dashboard/stats", "What there is, in numbers", Access::staff, this, &R::stats),
        route(Method::get, "/api/v1/dashboard/activity", "Messages and conversations of each day", Access::staff, this,
              &R::activity),
        route(Method::get, "/api/v1/dashboard/pool", "Database connections and who holds them", Access::staff, this,
              &R::pool),
    };
}

DashboardRoutes::Answer<Stats> DashboardRoutes::stats(http::Call& call)
{
    co_return co_await cache_.get(pool_, call.actor().tenant_id);
}

DashboardRoutes::Answer<Activity> DashboardRoutes::activity(http::Call& call, http::Params<DaysBack> input)
{
    co_return co_await count_by_day(pool_, call.actor().tenant_id, clock_.now(), static_cast<int>(input->days.value()));
}

DashboardRoutes::Answer<PoolShown> DashboardRoutes::pool(http::Call&) { co_return shown(pool_); }

} // namespace trunkline::dashboard
