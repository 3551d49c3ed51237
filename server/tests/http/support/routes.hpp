// SPDX-License-Identifier: MIT
#pragma once

#include <http/route.hpp>

namespace trunkline::http::testing {

enum class Colour { red, green };
BOOST_DESCRIBE_ENUM(Colour, red, green)

struct ById {
    Uuid id;
};
BOOST_DESCRIBE_STRUCT(ById, (), (id))

struct Filter {
    std::optional<Colour> colour;
    Bounded<1, 200, 50> limit;
    std::optional<bool> archived;
};
BOOST_DESCRIBE_STRUCT(Filter, (), (colour, limit, archived))

struct NewThing {
    Text<1, 20> name;
    Colour colour = Colour::red;
    std::optional<Email> email;
};
BOOST_DESCRIBE_STRUCT(NewThing, (), (name, colour, email))

struct Thing {
    Uuid id;
    std::string name;
    Colour colour = Colour::red;
};
BOOST_DESCRIBE_STRUCT(Thing, (), (id, name, colour))

struct Seen {
    std::string peer, who;
    std::int64_t limit = 0;
};
BOOST_DESCRIBE_STRUCT(Seen, (), (peer, who, limit))

/// Routes that show each rule of the server.
class ThingRoutes {
public:
    std::vector<Route> routes();

    int streams_ended = 0; ///< read on the server's thread

private:
    asio::awaitable<Outcome<Page<Thing>>> list(Call&, Params<Filter>);
    asio::awaitable<Outcome<Created<Thing>>> create(Call&, Body<NewThing>);
    asio::awaitable<Outcome<Thing>> read(Call&, Path<ById>);
    asio::awaitable<Outcome<NoContent>> remove(Call&, Path<ById>);
    asio::awaitable<Outcome<Seen>> seen(Call&, Params<Filter>);
    asio::awaitable<Outcome<NoContent>> sign_in(Call&);
    asio::awaitable<Outcome<NoContent>> sign_out(Call&);
    asio::awaitable<Outcome<NoContent>> broken(Call&);
    asio::awaitable<Outcome<NoContent>> database_down(Call&);
    asio::awaitable<Outcome<NoContent>> fate_unknown(Call&);
    asio::awaitable<Outcome<NoContent>> taken(Call&);
    asio::awaitable<Outcome<NoContent>> busy(Call&);
    asio::awaitable<Outcome<EventStream>> events(Call&);
    asio::awaitable<Outcome<EventStream>> flood(Call&);
    asio::awaitable<Outcome<EventStream>> short_stream(Call&);
    asio::awaitable<Outcome<NoContent>> slow(Call&);
    asio::awaitable<void> tell_and_wait(EventWriter& writer);
};

} // namespace trunkline::http::testing
