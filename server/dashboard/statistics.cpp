// SPDX-License-Identifier: MIT
#include <dashboard/statistics.hpp>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace trunkline::dashboard {

namespace {

Time midnight_of(Time time) { return std::chrono::floor<std::chrono::days>(time); }

struct DayCount {
    std::int64_t day = 0; ///< since 1970-01-01
    std::int64_t count = 0;
};
BOOST_DESCRIBE_STRUCT(DayCount, (), (day, count))

std::string date_text(std::chrono::sys_days day) { return db::to_rfc3339(Time(day)).substr(0, 10); }

asio::awaitable<std::vector<DayCount>> messages_by_day(db::Executor& db, Uuid tenant, Time from)
{
    co_return co_await db.fetch<DayCount>(
        db::by_engine{
            .postgresql =
                "SELECT floor(extract(epoch FROM created_at) / 86400)::bigint AS day, count(*) AS count FROM messages"
                " WHERE tenant_id = $1 AND created_at >= $2 GROUP BY 1",
            .sqlite = "SELECT created_at / 86400000000 AS day, count(*) AS count FROM messages"
                      " WHERE tenant_id = $1 AND created_at >= $2 GROUP BY 1"},
        tenant, from);
}

asio::awaitable<std::vector<DayCount>> conversations_by_day(db::Executor& db, Uuid tenant, Time from)
{
    co_return co_await db.fetch<DayCount>(
        db::by_engine{
            .postgresql =
                "SELECT floor(extract(epoch FROM created_at) / 86400)::bigint AS day, count(*) AS count FROM conversations"
                " WHERE tenant_id = $1 AND created_at >= $2 AND message_count > 0 GROUP BY 1",
            .sqlite = "SELECT created_at / 86400000000 AS day, count(*) AS count FROM conversations"
                      " WHERE tenant_id = $1 AND created_at >= $2 AND message_count > 0 GROUP BY 1"},
        tenant, from);
}

/// Waits until somebody else has counted, however that ended.
asio::awaitable<void> end_of(std::shared_ptr<asio::steady_timer> counting)
{
    boost::system::error_code woken;
    co_await counting->async_wait(asio::redirect_error(asio::use_awaitable, woken));
    const auto cancellation = co_await asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != asio::cancellation_type::none) throw boost::system::system_error(woken);
}

} // namespace

asio::awaitable<Stats> count_everything(db::Executor& db, const Uuid& tenant, Time now)
{
    // One statement, one connection, one moment.
    auto limited = db.within(question_max);
    auto asked = limited.fetch_one<Stats>(
        "SELECT (SELECT count(*) FROM users WHERE tenant_id = $1) AS users,"
        " (SELECT count(*) FROM conversations WHERE tenant_id = $1 AND message_count > 0) AS conversations,"
        " (SELECT CAST(coalesce(sum(message_count), 0) AS bigint) FROM conversations WHERE tenant_id = $1) AS messages,"
        " (SELECT count(*) FROM conversations WHERE tenant_id = $1 AND created_at >= $2 AND message_count > 0) AS conversations_today,"
        " (SELECT count(*) FROM messages WHERE tenant_id = $1 AND created_at >= $2) AS messages_today,"
        " (SELECT count(*) FROM clients WHERE tenant_id = $1 AND status <> 'inactive') AS clients,"
        " (SELECT count(*) FROM cases WHERE tenant_id = $1 AND status NOT IN ('completed', 'cancelled')) AS open_cases,"
        " (SELECT count(*) FROM runs WHERE tenant_id = $1 AND status = 'running') AS running_runs",
        tenant, midnight_of(now));
    co_return co_await std::move(asked);
}

asio::awaitable<Activity> count_by_day(db::Executor& db, const Uuid& tenant, Time now, int days)
{
    const auto today = std::chrono::floor<std::chrono::days>(now);
    const auto first = today - std::chrono::days(days - 1);
    const Uuid of = tenant;
    auto limited = db.within(question_max);
    const auto messages = co_await messages_by_day(limited, of, Time(first));
    const auto conversations = co_await conversations_by_day(limited, of, Time(first));

    Activity activity;
    for (auto day = first; day <= today; day += std::chrono::days(1)) activity.days.push_back({date_text(day), 0, 0});
    const auto place = [&](std::int64_t day) {
        return static_cast<std::size_t>(day - first.time_since_epoch().count());
    };
    for (const DayCount& one : messages)
        if (place(one.day) < activity.days.size()) activity.days[place(one.day)].messages = one.count;
    for (const DayCount& one : conversations)
        if (place(one.day) < activity.days.size()) activity.days[place(one.day)].conversations = one.count;
    co_return activity;
}

std::optional<Stats> StatsCache::fresh(const Uuid& tenant) const
{
    const auto known = kept_.find(tenant);
    if (known == kept_.end() || known->second.at == Time{}) return std::nullopt;
    if (clock_.now() >= known->second.at + kept_for) return std::nullopt;
    return known->second.stats;
}

void StatsCache::keep(const Uuid& tenant, Kept kept)
{
    if (const auto counting = std::exchange(kept_[tenant], std::move(kept)).counting) counting->cancel();
}

asio::awaitable<Stats> StatsCache::get(db::Executor& db, Uuid tenant)
{
    if (const auto known = fresh(tenant)) co_return *known;
    if (const auto counting = kept_[tenant].counting) {
        co_await end_of(counting);
        if (const auto known = fresh(tenant)) co_return *known;
        co_return co_await count_everything(db, tenant, clock_.now()); // the other one failed, or has left
    }
    co_return co_await count(db, tenant);
}

asio::awaitable<Stats> StatsCache::count(db::Executor& db, Uuid tenant)
{
    const auto executor = co_await asio::this_coro::executor;
    kept_[tenant].counting = std::make_shared<asio::steady_timer>(executor, asio::steady_timer::time_point::max());
    try {
        const Time now = clock_.now();
        const Stats stats = co_await count_everything(db, tenant, now);
        keep(tenant, {stats, now, nullptr});
        co_return stats;
    } catch (...) {
        keep(tenant, {});
        throw;
    }
}

} // namespace trunkline::dashboard
