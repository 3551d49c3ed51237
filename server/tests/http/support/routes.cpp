// SPDX-License-Identifier: MIT
#include "routes.hpp"

#include <trunkline/db/error.hpp>
#include <trunkline/db/lane.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace trunkline::http::testing {

namespace {

asio::awaitable<void> wait_for_ever()
{
    asio::steady_timer timer(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
    co_await timer.async_wait(asio::use_awaitable);
}

struct Ended {
    int& counter;
    ~Ended() { ++counter; }
};

asio::awaitable<void> send_for_ever(EventWriter& writer)
{
    const std::string data(32 * 1024, 'x');
    for (;;) {
        Event event{"flood", data, ""};
        co_await writer.send(std::move(event));
    }
}

asio::awaitable<void> send_two(EventWriter& writer)
{
    Event first{"one", "{\"n\":1}", "a-1"}, second{"two", "line 1\nline 2", ""};
    co_await writer.send(std::move(first));
    co_await writer.send(std::move(second));
}

} // namespace

std::vector<Route> ThingRoutes::routes()
{
    using T = ThingRoutes;
    return {
        route(Method::get, "/api/v1/things", "List things", Access::signed_in, this, &T::list),
        route(Method::post, "/api/v1/things", "Make a thing", Access::signed_in, this, &T::create,
              {.idempotency_key = true}),
        route(Method::get, "/api/v1/things/{id}", "One thing", Access::signed_in, this, &T::read),
        route(Method::del, "/api/v1/things/{id}", "Remove a thing", Access::admin, this, &T::remove),
        route(Method::get, "/api/v1/seen", "What the server sees of a caller", Access::anyone, this, &T::seen),
        route(Method::post, "/api/v1/sign-in", "Sign in", Access::anyone, this, &T::sign_in),
        route(Method::post, "/api/v1/sign-out", "Sign out", Access::anyone, this, &T::sign_out),
        route(Method::get, "/api/v1/written-by-get", "A GET that writes", Access::anyone, this, &T::sign_out,
              {.same_origin_only = true}),
        route(Method::post, "/api/v1/small", "Takes a small body", Access::anyone, this, &T::create,
              {.body_bytes_max = 100}),
        route(Method::get, "/api/v1/rare", "Three times a minute", Access::anyone, this, &T::sign_out,
              {.per_minute_max = 3}),
        route(Method::get, "/api/v1/broken", "Breaks", Access::anyone, this, &T::broken),
        route(Method::get, "/api/v1/database-down", "Has no database", Access::anyone, this, &T::database_down),
        route(Method::get, "/api/v1/fate-unknown", "Lost its commit", Access::anyone, this, &T::fate_unknown),
        route(Method::get, "/api/v1/taken", "Violates a unique key", Access::anyone, this, &T::taken),
        route(Method::get, "/api/v1/busy", "Has a full lane", Access::anyone, this, &T::busy),
        route(Method::get, "/api/v1/events", "A stream that stays open", Access::anyone, this, &T::events),
        route(Method::get, "/api/v1/flood", "A stream that never stops", Access::anyone, this, &T::flood),
        route(Method::get, "/api/v1/short-stream", "Two events", Access::anyone, this, &T::short_stream),
        route(Method::get, "/api/v1/slow", "Never answers by itself", Access::anyone, this, &T::slow),
    };
}

asio::awaitable<Outcome<Page<Thing>>> ThingRoutes::list(Call&, Params<Filter> filter)
{
    Page<Thing> page;
    page.items.push_back(
        {Uuid{}, "lamp " + std::to_string(filter->limit.value()), filter->colour.value_or(Colour::green)});
    co_return page;
}

asio::awaitable<Outcome<Created<Thing>>> ThingRoutes::create(Call&, Body<NewThing> thing)
{
    if (thing->name.value() == "ghost") co_return conflict("there are no ghosts");
    co_return Created<Thing>{{Uuid{}, thing->name.value(), thing->colour}};
}

asio::awaitable<Outcome<Thing>> ThingRoutes::read(Call&, Path<ById> path)
{
    if (path->id.is_nil()) co_return not_found("thing");
    co_return Thing{path->id, "lamp", Colour::red};
}

asio::awaitable<Outcome<NoContent>> ThingRoutes::remove(Call&, Path<ById>) { co_return NoContent{}; }

asio::awaitable<Outcome<Seen>> ThingRoutes::seen(Call& call, Params<Filter> filter)
{
    const auto& actor = call.maybe_actor();
    co_return Seen{call.peer(), actor ? boost::describe::enum_to_string(actor->role, "?") : "nobody",
                   filter->limit.value()};
}

asio::awaitable<Outcome<NoContent>> ThingRoutes::sign_in(Call& call)
{
    call.set_session_cookie("customer", std::chrono::hours(1));
    co_return NoContent{};
}

asio::awaitable<Outcome<NoContent>> ThingRoutes::sign_out(Call& call)
{
    call.set_session_cookie("", std::chrono::hours(1));
    co_return NoContent{};
}

asio::awaitable<Outcome<NoContent>> ThingRoutes::broken(Call&) { throw std::runtime_error("a secret of the inside"); }

asio::awaitable<Outcome<NoContent>> ThingRoutes::database_down(Call&)
{
    db::throw_error({.message = "connection refused", .sqlstate = "08001", .statement = "SELECT secret_column"});
}

asio::awaitable<Outcome<NoContent>> ThingRoutes::fate_unknown(Call&)
{
    db::throw_error({.message = "lost", .sqlstate = "08006", .outcome = db::Outcome::unknown, .statement = "COMMIT"});
}

asio::awaitable<Outcome<NoContent>> ThingRoutes::taken(Call&)
{
    db::throw_error({.message = "duplicate",
                     .sqlstate = "23505",
                     .outcome = db::Outcome::rejected,
                     .statement = "INSERT secret_column"});
}

asio::awaitable<Outcome<NoContent>> ThingRoutes::busy(Call&) { throw db::Lane::Full("argon2 is full"); }

asio::awaitable<void> ThingRoutes::tell_and_wait(EventWriter& writer)
{
    const Ended ended{streams_ended};
    Event hello{"hello", "{}", "1"};
    co_await writer.send(std::move(hello));
    co_await wait_for_ever();
}

asio::awaitable<Outcome<EventStream>> ThingRoutes::events(Call&)
{
    co_return EventStream{[this](EventWriter& writer) { return tell_and_wait(writer); }};
}

asio::awaitable<Outcome<EventStream>> ThingRoutes::flood(Call&)
{
    co_return EventStream{[](EventWriter& writer) { return send_for_ever(writer); }};
}

asio::awaitable<Outcome<EventStream>> ThingRoutes::short_stream(Call&)
{
    co_return EventStream{[](EventWriter& writer) { return send_two(writer); }};
}

asio::awaitable<Outcome<NoContent>> ThingRoutes::slow(Call&)
{
    co_await wait_for_ever();
    co_return NoContent{};
}

} // namespace trunkline::http::testing
