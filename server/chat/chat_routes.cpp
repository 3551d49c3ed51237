// SPDX-License-Identifier: MIT
#include <chat/chat_routes.hpp>

#include <base/utf8.hpp>
#include <chat/run_stream.hpp>
#include <conversations/conversation_routes.hpp>
#include <conversations/news.hpp>
#include <http/idempotency.hpp>

#include <charconv>

namespace trunkline::chat {

using http::Access;
using http::Method;
using http::route;

namespace {

/// Questions of one user in a minute.
constexpr int questions_per_minute_max = 60;

Refusal one_at_a_time()
{
    return conflict("An answer is being written in this conversation. Wait until it is finished, or stop it.");
}

/// The journal's seq that a client saw last; a text that is none of ours is ahead of everything, and gets a `sync`.
std::int64_t seq_of(const std::optional<std::string>& last_event_id)
{
    if (!last_event_id || last_event_id->empty()) return 0;
    std::int64_t seq = 0;
    const char* end = last_event_id->data() + last_event_id->size();
    const auto [read_to, failure] = std::from_chars(last_event_id->data(), end, seq);
    return failure == std::errc{} && read_to == end && seq >= 0 ? seq : std::numeric_limits<std::int64_t>::max();
}

asio::awaitable<bool> is_last_message(db::Executor& db, Uuid conversation, std::optional<Uuid> message)
{
    if (!message) co_return false;
    const auto last = co_await db.fetch_optional<Uuid>(
        "SELECT id FROM messages WHERE conversation_id = $1 ORDER BY seq DESC LIMIT 1", conversation);
    co_return last == message;
}

/// Runs a unit; nothing when a run is in the way at `index`.
asio::awaitable<std::optional<std::vector<db::Result>>> run_unless_running(db::Executor& db, db::Batch batch,
                                                                           std::size_t index)
{
    try {
        co_return co_await db.run(std::move(batch));
    } catch (const db::UniqueViolation& violation) {
        if (violation.index() != index) throw;
        co_return std::nullopt;
    }
}

} // namespace

struct ChatRoutes::Beginning {
    Owner user;
    http::Role role = http::Role::customer;
    Uuid conversation_id;
    conversations::Draft question;
    NewRun run;
    std::optional<Uuid> continued;
};

std::vector<http::Route> ChatRoutes::table()
{
    using R = ChatRoutes;
    constexpr auto own = Access::signed_in;
    return {
        route(Method::post, "/api/v1/chat/send", "Ask, and start an answer", own, this, &R::send,
              {.idempotency_key = true, .per_minute_max = questions_per_minute_max}),
        route(Method::get, "/api/v1/chat/runs", "The answers being written in a conversation", own, this, &R::list),
        route(Method::get, "/api/v1/chat/runs/{id}", "An answer, as far as it is", own, this, &R::get),
        route(Method::post, "/api/v1/chat/runs/{id}/stop", "Stop an answer, keep what was said", own, this, &R::stop),
        route(Method::post, "/api/v1/chat/runs/{id}/continue", "Go on with an answer that broke off", own, this,
              &R::go_on, {.idempotency_key = true}),
        route(Method::get, "/api/v1/chat/runs/{id}/events", "An answer as server-sent events; resumes at Last-Event-ID",
              own, this, &R::events),
    };
}

ChatRoutes::Beginning ChatRoutes::beginning_for(const Call& call) const
{
    Beginning beginning;
    beginning.user = conversations::owner_of(call);
    beginning.role = call.actor().role;
    const Time now = clock_.now();
    beginning.question.created_at = now;
    beginning.run.owner = engine_.owner();
    beginning.run.started_at = now;
    beginning.run.lease_until = engine_.lease_from(now);
    return beginning;
}

ChatRoutes::Answer<http::Accepted<Sent>> ChatRoutes::send(Call& call, http::Body<NewQuestion> input)
{
    if (trimmed(input->content.value()).empty()) co_return invalid("/content", "must not be empty");
    if (input->agent_type && !registry_.has(input->agent_type->value()))
        co_return invalid("/agent_type", "there is no such agent; see /api/v1/agents");
    Beginning beginning = beginning_for(call);
    beginning.conversation_id = input->conversation_id;
    beginning.question.content = input->content.value();
    if (input->agent_type) beginning.run.agent_type = input->agent_type->value();
    auto effect = [this, &beginning](db::Executor& db) { return send_in(db, beginning); };
    co_return co_await http::once<http::Accepted<Sent>>(pool_, clock_, call, effect);
}

ChatRoutes::Answer<http::Accepted<Sent>> ChatRoutes::send_in(db::Executor& db, Beginning beginning)
{
    db::Batch batch;
    const std::size_t message = add_save(batch, beginning.user, beginning.conversation_id, beginning.question, topics_);
    const std::size_t run = add_start(batch, beginning.user, beginning.conversation_id, beginning.run);
    const auto results = co_await run_unless_running(db, std::move(batch), run);
    if (!results) co_return one_at_a_time();
    auto saved = conversations::saved_from(*results, message);
    if (!saved) co_return not_found("conversation");
    tell_saved(db, hub_, beginning.user, *saved);
    Sent sent = begin(db, beginning, results->at(run), false);
    sent.message = std::move(saved->message);
    co_return http::Accepted<Sent>{std::move(sent)};
}

/// The run whose row was just written starts once that is committed.
Sent ChatRoutes::begin(db::Executor& db, const Beginning& beginning, const db::Result& started, bool continues)
{
    Run run;
    run.id = beginning.run.id;
    run.conversation_id = beginning.conversation_id;
    run.agent_type = started.as<std::string>(0);
    run.started_at = beginning.run.started_at;
    RunEngine::Start start{run, beginning.user, beginning.role, continues};
    db.after_commit([this, start = std::move(start)] { engine_.start(start); });
    return {std::move(run), std::nullopt};
}

ChatRoutes::Answer<Run> ChatRoutes::get(Call& call, http::Path<RunById> path)
{
    auto row = co_await find_run(pool_, conversations::owner_of(call), path->id);
    if (!row) co_return not_found("run");
    co_return co_await shown(pool_, std::move(*row));
}

ChatRoutes::Answer<http::Page<Run>> ChatRoutes::list(Call& call, http::Params<RunFilter> filter)
{
    http::Page<Run> page;
    for (RunRow& row : co_await running_runs(pool_, conversations::owner_of(call), filter->conversation_id))
        page.items.push_back(co_await shown(pool_, std::move(row)));
    co_return page;
}

ChatRoutes::Answer<Run> ChatRoutes::stop(Call& call, http::Path<RunById> path)
{
    const Owner user = conversations::owner_of(call);
    auto row = co_await find_run(pool_, user, path->id);
    if (!row) co_return not_found("run");
    if (row->status == RunStatus::running) {
        co_await engine_.stop(*row);
        row = co_await find_run(pool_, user, path->id);
        if (!row) co_return not_found("run");
    }
    co_return co_await shown(pool_, std::move(*row));
}

ChatRoutes::Answer<http::Accepted<Sent>> ChatRoutes::go_on(Call& call, http::Path<RunById> path)
{
    Beginning beginning = beginning_for(call);
    beginning.continued = path->id;
    auto effect = [this, &beginning](db::Executor& db) { return go_on_in(db, beginning); };
    co_return co_await http::once<http::Accepted<Sent>>(pool_, clock_, call, effect);
}

ChatRoutes::Answer<http::Accepted<Sent>> ChatRoutes::go_on_in(db::Executor& db, Beginning beginning)
{
    const auto row = co_await find_run(db, beginning.user, *beginning.continued);
    if (!row) co_return not_found("run");
    if (row->status == RunStatus::running) co_return one_at_a_time();
    if (row->status == RunStatus::finished)
        co_return conflict("This answer is complete: there is nothing to go on with.");
    const bool continues = co_await is_last_message(db, row->conversation_id, row->message_id);
    beginning.conversation_id = row->conversation_id;
    beginning.run.agent_type = row->agent_type;
    db::Batch batch;
    const std::size_t run = add_start(batch, beginning.user, beginning.conversation_id, beginning.run);
    const auto results = co_await run_unless_running(db, std::move(batch), run);
    if (!results) co_return one_at_a_time();
    if (results->at(run).empty()) co_return not_found("conversation");
    co_return http::Accepted<Sent>{begin(db, beginning, results->at(run), continues)};
}

ChatRoutes::Answer<http::EventStream> ChatRoutes::events(Call& call, http::Path<RunById> path)
{
    const auto row = co_await find_run(pool_, conversations::owner_of(call), path->id);
    if (!row) co_return not_found("run");
    const std::int64_t after = seq_of(call.last_event_id());
    auto stream = std::make_shared<RunStream>(pool_, clock_, engine_.viewers());
    co_return http::EventStream{
        [stream, run = row->id, after](http::EventWriter& writer) { return stream->pass_on(run, after, writer); }};
}

} // namespace trunkline::chat
