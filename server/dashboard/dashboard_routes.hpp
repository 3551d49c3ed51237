// SPDX-License-Identifier: MIT
#pragma once

#include <dashboard/statistics.hpp>
#include <http/route.hpp>
#include <trunkline/db/pool.hpp>

namespace trunkline::dashboard {

struct DaysBack {
    Bounded<1, 365, 7> days;
};
BOOST_DESCRIBE_STRUCT(DaysBack, (), (days))

/// Who holds a connection: where in the program, since when, with which statement.
struct HolderShown {
    std::string place;
    std::int64_t age_ms = 0;
    std::string statement;
    std::string task;
};
BOOST_DESCRIBE_STRUCT(HolderShown, (), (place, age_ms, statement, task))

struct PoolShown {
    std::string engine; ///< postgresql, sqlite
    std::string description;
    std::int64_t size = 0, idle = 0, in_use = 0, opening = 0, closing = 0, waiting = 0, min_size = 0, max_size = 0;
    std::int64_t acquired = 0, acquire_timeouts = 0, opened = 0, broken = 0, cancelled = 0;
    double wait_max_ms = 0;
    double hold_max_ms = 0;
    std::vector<HolderShown> holders;
};
BOOST_DESCRIBE_STRUCT(PoolShown, (),
                      (engine, description, size, idle, in_use, opening, closing, waiting, min_size, max_size, acquired,
                       acquire_timeouts, opened, broken, cancelled, wait_max_ms, hold_max_ms, holders))

/// The paths of the dashboard. The pool's own page needs no connection: it opens also when all are taken.
class DashboardRoutes {
public:
    DashboardRoutes(db::Pool& pool, const Clock& clock) : pool_(pool), clock_(clock), cache_(clock) {}

    std::vector<http::Route> table();

private:
    template <class T>
    using Answer = asio::awaitable<Outcome<T>>;

    Answer<Stats> stats(http::Call& call);
    Answer<Activity> activity(http::Call& call, http::Params<DaysBack> input);
    Answer<PoolShown> pool(http::Call& call);

    db::Pool& pool_;
    const Clock& clock_;
    StatsCache cache_;
};

} // namespace trunkline::dashboard
