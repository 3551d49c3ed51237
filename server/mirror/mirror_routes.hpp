// SPDX-License-Identifier: MIT
#pragma once

#include <http/route.hpp>
#include <mirror/status.hpp>

namespace trunkline::mirror {

/// Which row of the outbox a path names.
struct ByDeadLetter {
    Uuid id;
};
BOOST_DESCRIBE_STRUCT(ByDeadLetter, (), (id))

/// The paths of the mirror, for staff.
class MirrorRoutes {
public:
    MirrorRoutes(db::Pool& pool, Clock& clock, const Copier& copier, leases::Bell& bell)
        : pool_(pool), clock_(clock), copier_(copier), bell_(bell)
    {}

    std::vector<http::Route> table();

private:
    asio::awaitable<Outcome<MirrorStatus>> show(http::Call& call);
    asio::awaitable<Outcome<MirrorStatus>> retry(http::Call& call, http::Path<ByDeadLetter> path);

    db::Pool& pool_;
    Clock& clock_;
    const Copier& copier_;
    leases::Bell& bell_;
};

} // namespace trunkline::mirror
