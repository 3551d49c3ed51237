// SPDX-License-Identifier: MIT
#pragma once

#include <crm/interactions.hpp>
#include <events/hub.hpp>
#include <http/route.hpp>
#include <trunkline/db/pool.hpp>

namespace trunkline::crm {

struct InteractionPath {
    Uuid id;
};
BOOST_DESCRIBE_STRUCT(InteractionPath, (), (id))

/// The paths of interactions. For staff and administrators, each within his tenant.
class InteractionRoutes {
public:
    InteractionRoutes(db::Pool& pool, Clock& clock, events::Hub& hub) : pool_(pool), clock_(clock), hub_(hub) {}

    std::vector<http::Route> table();

private:
    template <class T>
    using Answer = asio::awaitable<Outcome<T>>;
    using Call = http::Call;

    Answer<http::Page<Interaction>> list(Call& call, http::Params<InteractionFilter> filter);
    Answer<http::Created<Interaction>> create(Call& call, http::Body<NewInteraction> input);
    Answer<Interaction> get(Call& call, http::Path<InteractionPath> path);

    Answer<http::Created<Interaction>> create_in(db::Executor& db, Editor editor, NewInteraction input);

    db::Pool& pool_;
    Clock& clock_;
    events::Hub& hub_;
};

} // namespace trunkline::crm
