// SPDX-License-Identifier: MIT
#include <dashboard/statistics.hpp>

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

asio::awaitable<Stats> StatsCache::get(db::Executor& db, Uuid tenant)
{
    const Time now = clock_.now();
    const Kept known = kept_[tenant];
    const bool fresh = known.at != Time{} && now < known.at + kept_for;
    const bool somebody_counts = known.being_counted && known.at != Time{};
    if (fresh || somebody_counts) co_return known.stats;
    kept_[tenant].being_counted = true;
    try {
        const Stats stats = co_await count_everything(db, tenant, now);
        kept_[tenant] = {stats, now, false};
        co_return stats;
    } catch (...) {
        kept_[tenant] = {};
        throw;
    }
}

} // namespace trunkline::dashboard
