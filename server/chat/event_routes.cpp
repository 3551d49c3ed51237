// SPDX-License-Identifier: MIT
#include <chat/event_routes.hpp>

#include <algorithm>

namespace trunkline::chat {

using http::Access;
using http::Method;
using http::route;

namespace {

asio::awaitable<void> pass_on(events::Hub& hub, events::Listener listener, std::optional<std::string> last_id,
                              http::EventWriter& writer)
{
    const auto subscription = hub.subscribe(listener, last_id);
    while (auto heard = co_await subscription->next()) {
        http::Event event{std::move(heard->name), std::move(heard->data), std::move(heard->id)};
        co_await writer.send(std::move(event));
    }
}

} // namespace

std::vector<http::Route> EventRoutes::table()
{
    return {
        route(Method::get, "/api/v1/events", "What happens, as server-sent events: one stream for each browser",
              Access::signed_in, this, &EventRoutes::events),
        route(Method::post, "/api/v1/events/watch", "Which answers a tab wants to see while they are written",
              Access::signed_in, this, &EventRoutes::watch),
    };
}

asio::awaitable<Outcome<http::EventStream>> EventRoutes::events(http::Call& call, http::Params<StreamPlace> place)
{
    const http::Actor& actor = call.actor();
    const events::Listener listener{actor.tenant_id, actor.user_id, actor.session_id,
                                    actor.role != http::Role::customer};
    // A browser that comes back by itself repeats the address and adds the newer id.
    std::optional<std::string> last_id = call.last_event_id();
    if (!last_id && place->after) last_id = place->after->value();
    co_return http::EventStream{[&hub = hub_, listener, last_id](http::EventWriter& writer) {
        return pass_on(hub, listener, last_id, writer);
    }};
}

asio::awaitable<Outcome<http::NoContent>> EventRoutes::watch(http::Call& call, http::Body<Watch> input)
{
    if (input->runs.size() > watched_runs_max)
        co_return invalid("/runs", "at most " + std::to_string(watched_runs_max) + " runs");
    std::vector<Uuid> running;
    std::ranges::copy_if(input->runs, std::back_inserter(running),
                         [&](const Uuid& run) { return engine_.produces(call.actor().user_id, run); });
    hub_.watch(call.actor().session_id, input->tab, std::move(running));
    co_return http::NoContent{};
}

} // namespace trunkline::chat
