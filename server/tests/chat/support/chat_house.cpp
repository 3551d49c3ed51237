// SPDX-License-Identifier: MIT
#include "chat_house.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <stdexcept>

namespace trunkline::chat::testing {

using namespace std::chrono_literals;

namespace {

db::Options options_of(const std::string& url, std::size_t connections_max)
{
    db::Options options = db::Options::parse(url);
    options.min_size = 1;
    options.max_size = connections_max;
    return options;
}

void ignore(std::string_view, std::exception_ptr) {}

asio::awaitable<void> take_all(events::Subscription& subscription, std::vector<events::Heard>& into, bool& waiting)
{
    for (;;) {
        waiting = true;
        auto next = co_await subscription.next();
        waiting = false;
        if (!next) co_return;
        into.push_back(std::move(*next));
    }
}

} // namespace

std::string EventList::text() const
{
    std::string text;
    for (const http::Event& event : events)
        if (event.name == "text.delta") text += std::string(json::parse(event.data).at("text").as_string());
    return text;
}

std::size_t EventList::count(std::string_view name) const
{
    return static_cast<std::size_t>(std::ranges::count(events, name, &http::Event::name));
}

ChatHouse::ChatHouse(Database& database, Setup setup)
    : database(database),
      pool(std::make_unique<db::Pool>(io.get_executor(), options_of(database.url(), setup.connections_max))),
      hub(io.get_executor()),
      workers_(io.get_executor(), ignore)
{
    if (!setup.agent) {
        auto scripted = std::make_unique<ScriptedAgent>(io.get_executor());
        agent = scripted.get();
        setup.agent = std::move(scripted);
    }
    registry.add({"assistant", "Assistant", ""}, std::move(setup.agent));
    engine = std::make_unique<RunEngine>(*pool, database.clock, io.get_executor(), hub, registry, setup.topics,
                                         setup.options);
    chat_routes_ = std::make_unique<ChatRoutes>(*pool, database.clock, hub, registry, *engine, setup.topics);
    event_routes_ = std::make_unique<EventRoutes>(hub, *engine);
    routes_ = chat_routes_->table();
    for (http::Route& route : event_routes_->table()) routes_.push_back(std::move(route));
    workers_.start("chat", engine->run());
}

ChatHouse::~ChatHouse()
{
    killed_ = false;
    try {
        stop();
        (void)run(pool->drain(1s));
    } catch (const std::exception&) {
        std::abort(); // a process that does not end is a failure of every test
    }
}

void ChatHouse::stop()
{
    workers_.cancel();
    until([&] { return workers_.size() == 0; });
}

void ChatHouse::until(const std::function<bool()>& reached)
{
    const auto bound = std::chrono::steady_clock::now() + 30s;
    for (bool first = true; first || !reached(); first = false) {
        if (std::chrono::steady_clock::now() > bound) throw std::runtime_error("what was waited for did not happen");
        io.restart();
        io.poll();
        if (reached()) return;
        database.clock.advance(10ms);
        io.restart();
        io.run_one_for(2ms);
    }
}

asio::awaitable<http::Response> ChatHouse::requested(http::Actor actor, http::Method method, std::string pattern,
                                                     std::optional<Uuid> id, std::string body,
                                                     std::optional<std::string> key)
{
    const auto route = std::ranges::find_if(
        routes_, [&](const http::Route& each) { return each.method == method && each.path == pattern; });
    if (route == routes_.end()) throw std::runtime_error("no such route: " + pattern);
    http::Call call =
        http::CallBuilder().actor(actor).route(pattern).body_hash(body).idempotency_key(std::move(key)).build();
    http::RawInput input;
    if (id && pattern.find("{id}") != std::string::npos) input.path.emplace_back("id", db::to_string(*id));
    else if (id) input.query.emplace_back("conversation_id", db::to_string(*id));
    input.body = body;
    co_return co_await route->handle(call, input);
}

http::Response ChatHouse::request(const http::Actor& actor, http::Method method, std::string_view pattern,
                                  std::optional<Uuid> id, std::string body, std::optional<std::string> key)
{
    std::optional<http::Response> response;
    std::exception_ptr failure;
    TaskGroup requests(io.get_executor(), [&](std::string_view, std::exception_ptr why) { failure = why; });
    requests.start("request",
                   trunkline::testing::detail::keep(
                       requested(actor, method, std::string(pattern), id, std::move(body), std::move(key)), response));
    until([&] { return requests.size() == 0; });
    if (failure) std::rethrow_exception(failure);
    return std::move(*response);
}

Uuid ChatHouse::conversation(const http::Actor& actor)
{
    return run(conversations::create(*pool, {actor.tenant_id, actor.user_id, actor.name}, {}, database.clock.now())).id;
}

http::Response ChatHouse::send(const http::Actor& actor, const Uuid& conversation, std::string_view text,
                               std::optional<std::string> key)
{
    return request(actor, http::Method::post, "/api/v1/chat/send", {},
                   serialize(json::object{{"conversation_id", db::to_string(conversation)}, {"content", text}}),
                   std::move(key));
}

Uuid ChatHouse::ask(const http::Actor& actor, const Uuid& conversation, std::string_view text)
{
    const http::Response response = send(actor, conversation, text);
    if (response.status != 202) throw std::runtime_error(response.body);
    return *Uuid::parse(at(response, "/run/id"));
}

Run ChatHouse::shown_run(const Uuid& run) { return this->run(shown(*pool, row(run))); }

RunRow ChatHouse::row(const Uuid& run)
{
    auto found = this->run(find_run(*pool, run));
    if (!found) throw std::runtime_error("no such run");
    return std::move(*found);
}

std::vector<conversations::Message> ChatHouse::messages(const http::Actor& actor, const Uuid& conversation)
{
    const Owner owner{actor.tenant_id, actor.user_id, actor.name};
    return run(conversations::list_messages(*pool, owner, conversation, {}))->items;
}

EventList ChatHouse::stream(const Uuid& run, std::int64_t after)
{
    RunStream stream(*pool, database.clock, engine->viewers());
    EventList events;
    bool ended = false;
    auto pass = [](RunStream& stream, Uuid run, std::int64_t after, EventList& events,
                   bool& ended) -> asio::awaitable<void> {
        co_await stream.pass_on(run, after, events);
        ended = true;
    };
    workers_.start("stream", pass(stream, run, after, events, ended));
    until([&] { return ended; });
    return events;
}

void ChatHouse::until_ended(const Uuid& run)
{
    until([&] {
        return !engine->produces(database.customer.user_id, run) && !engine->produces(database.staff.user_id, run);
    });
}

void ChatHouse::until_written(const Uuid& run, std::string_view text)
{
    until([&] { return shown_run(run).text == text; });
    // It is in the database; the journal may not have heard of it yet.
    until([&] { return pool->stats().in_use == 0; });
    io.restart();
    io.poll();
}

std::unique_ptr<events::Subscription> ChatHouse::listen(const http::Actor& actor)
{
    return hub.subscribe({actor.tenant_id, actor.user_id, actor.session_id, actor.role != http::Role::customer},
                         std::nullopt);
}

std::vector<events::Heard> ChatHouse::heard(events::Subscription& subscription)
{
    std::vector<events::Heard> heard;
    bool waiting = false;
    TaskGroup listening(io.get_executor(), ignore);
    listening.start("listen", take_all(subscription, heard, waiting));
    io.restart();
    io.poll();
    listening.cancel();
    until([&] { return listening.size() == 0; });
    return heard;
}

std::string at(const http::Response& response, std::string_view pointer)
{
    const json::value document = json::parse(response.body);
    boost::system::error_code missing;
    const json::value* found = document.find_pointer(pointer, missing);
    if (!found) return "missing";
    return found->is_string() ? std::string(found->as_string()) : serialize(*found);
}

} // namespace trunkline::chat::testing
