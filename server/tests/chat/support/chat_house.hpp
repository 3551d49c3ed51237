// SPDX-License-Identifier: MIT
#pragma once

#include "scripted_agent.hpp"

#include <chat/chat_routes.hpp>
#include <chat/event_routes.hpp>
#include <chat/run_stream.hpp>
#include <conversations/conversations.hpp>
#include <http/call_builder.hpp>
#include <support/database.hpp>

namespace trunkline::chat::testing {

using trunkline::testing::Database;

/// Takes the events of a stream.
struct EventList final : http::EventWriter {
    asio::awaitable<void> send(http::Event event) override
    {
        events.push_back(std::move(event));
        co_return;
    }
    /// The texts of the deltas, one after the other.
    std::string text() const;
    std::size_t count(std::string_view name) const;
    std::vector<http::Event> events;
};

/// One server process on a database that others may have used before: a loop, a pool, an engine and its routes.
class ChatHouse {
public:
    struct Setup {
        std::unique_ptr<agents::Agent> agent; ///< a ScriptedAgent when there is none
        std::size_t connections_max = 5;
        RunEngine::Options options;
        Topics topics;
    };
    explicit ChatHouse(Database& database) : ChatHouse(database, Setup{}) {}
    ChatHouse(Database& database, Setup setup);
    /// Ends it as it should, a killed one too (its runs are others' by then).
    ~ChatHouse();

    /// From now on nothing of it moves, as after a power cut: its loop stands still.
    void kill() { killed_ = true; }
    /// Ends the engine as a server does that is asked to stop.
    void stop();

    template <class T>
    T run(asio::awaitable<T> work);
    void run(asio::awaitable<void> work) { db::testing::run(io, std::move(work)); }
    /// Moves the clock in small steps until `reached()`; for at most half a minute of real time.
    void until(const std::function<bool()>& reached);

    /// A request to one of the routes, as the router makes it.
    http::Response request(const http::Actor& actor, http::Method method, std::string_view pattern,
                           std::optional<Uuid> id = {}, std::string body = {}, std::optional<std::string> key = {});
    asio::awaitable<http::Response> requested(http::Actor actor, http::Method method, std::string pattern,
                                              std::optional<Uuid> id, std::string body, std::optional<std::string> key);

    Uuid conversation(const http::Actor& actor);
    http::Response send(const http::Actor& actor, const Uuid& conversation, std::string_view text,
                        std::optional<std::string> key = {});
    /// Asks in a conversation and answers the run's id.
    Uuid ask(const http::Actor& actor, const Uuid& conversation, std::string_view text);
    Uuid ask(std::string_view text) { return ask(database.customer, conversation(database.customer), text); }

    Run shown_run(const Uuid& run);
    RunRow row(const Uuid& run);
    std::vector<conversations::Message> messages(const http::Actor& actor, const Uuid& conversation);
    /// All events of a run's own stream behind `after`; it has to end.
    EventList stream(const Uuid& run, std::int64_t after = 0);
    void until_ended(const Uuid& run);
    /// So much of the text is in the journal, and told.
    void until_written(const Uuid& run, std::string_view text);

    /// What a browser of `actor` has heard since the last call.
    std::vector<events::Heard> heard(events::Subscription& subscription);
    std::unique_ptr<events::Subscription> listen(const http::Actor& actor);

    Database& database;
    asio::io_context io{1};
    std::unique_ptr<db::Pool> pool;
    events::Hub hub;
    agents::Registry registry;
    ScriptedAgent* agent = nullptr;
    std::unique_ptr<RunEngine> engine;

private:
    std::unique_ptr<ChatRoutes> chat_routes_;
    std::unique_ptr<EventRoutes> event_routes_;
    std::vector<http::Route> routes_;
    TaskGroup workers_;
    bool killed_ = false;
};

/// The value at a pointer of a response's JSON, as text: "/run/id".
std::string at(const http::Response& response, std::string_view pointer);

// -- Implementation ----------------------------------------------------------

template <class T>
T ChatHouse::run(asio::awaitable<T> work)
{
    std::optional<T> value;
    run(trunkline::testing::detail::keep(std::move(work), value));
    return std::move(*value);
}

} // namespace trunkline::chat::testing
