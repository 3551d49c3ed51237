// SPDX-License-Identifier: MIT
#pragma once

#include <base/clock.hpp>
#include <base/json.hpp>
#include <trunkline/db/executor.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/describe/class.hpp>

#include <memory>
#include <unordered_map>

namespace trunkline::dashboard {

/// What there is, in numbers. Days are those of UTC.
struct Stats {
    std::int64_t users = 0;
    std::int64_t conversations = 0;
    std::int64_t messages = 0;
    std::int64_t conversations_today = 0;
    std::int64_t messages_today = 0;
    std::int64_t clients = 0;
    std::int64_t open_cases = 0;
    std::int64_t running_runs = 0;
};
BOOST_DESCRIBE_STRUCT(Stats, (),
                      (users, conversations, messages, conversations_today, messages_today, clients, open_cases,
                       running_runs))

struct DayOfActivity {
    std::string date; ///< 2026-11-21
    std::int64_t messages = 0;
    std::int64_t conversations = 0;
};
BOOST_DESCRIBE_STRUCT(DayOfActivity, (), (date, messages, conversations))

struct Activity {
    std::vector<DayOfActivity> days; ///< every day, the oldest first; those without anything are zero
};
BOOST_DESCRIBE_STRUCT(Activity, (), (days))

/// The longest a dashboard may keep the database busy with one question; chats go first.
inline constexpr std::chrono::seconds question_max{2};

asio::awaitable<Stats> count_everything(db::Executor& db, const Uuid& tenant, Time now);

/// The last `days` days up to and with today.
asio::awaitable<Activity> count_by_day(db::Executor& db, const Uuid& tenant, Time now, int days);

/// Remembers a tenant's numbers for a moment, so that twenty dashboards ask the database once: who comes while they are
/// counted waits for them.
class StatsCache {
public:
    static constexpr std::chrono::seconds kept_for{2};

    explicit StatsCache(const Clock& clock) : clock_(clock) {}
    asio::awaitable<Stats> get(db::Executor& db, Uuid tenant);

private:
    struct Kept {
        Stats stats;
        Time at{};
        std::shared_ptr<asio::steady_timer> counting; // while they are counted; cancelled at the end
    };
    std::optional<Stats> fresh(const Uuid& tenant) const;
    void keep(const Uuid& tenant, Kept kept);
    asio::awaitable<Stats> count(db::Executor& db, Uuid tenant);

    const Clock& clock_;
    std::unordered_map<Uuid, Kept> kept_;
};

} // namespace trunkline::dashboard
