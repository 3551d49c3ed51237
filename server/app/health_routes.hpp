// SPDX-License-Identifier: MIT
#pragma once

#include <base/clock.hpp>
#include <http/route.hpp>
#include <trunkline/db/pool.hpp>

namespace trunkline {

struct Alive {
    std::string status = "ok";
    std::string version;
};
BOOST_DESCRIBE_STRUCT(Alive, (), (status, version))

struct Ready {
    std::string status = "ready";
    std::string database;
    std::vector<std::string> restarting; ///< workers that failed and are being started again
};
BOOST_DESCRIBE_STRUCT(Ready, (), (status, database, restarting))

/// What the program knows of its own state.
struct Health {
    bool prepared = false; ///< the schema is up to date
    std::string waiting_for = "the database is being opened";
    std::map<std::string, std::string> failing; ///< worker → what it last failed with
};

/// /livez: the process answers. /readyz: it can serve, which needs the database.
class HealthRoutes {
public:
    HealthRoutes(db::Pool& pool, const Health& health) : pool_(pool), health_(health) {}

    std::vector<http::Route> table();

private:
    asio::awaitable<Outcome<Alive>> alive(http::Call& call);
    asio::awaitable<Outcome<Ready>> ready(http::Call& call);

    db::Pool& pool_;
    const Health& health_;
};

} // namespace trunkline
