// SPDX-License-Identifier: MIT
#include <conversations/conversation_routes.hpp>

#include <conversations/news.hpp>
#include <http/idempotency.hpp>

namespace trunkline::conversations {

using http::Access;
using http::Method;
using http::route;

Owner owner_of(const http::Call& call) { return {call.actor().tenant_id, call.actor().user_id, call.actor().name}; }

std::vector<http::Route> ConversationRoutes::table()
{
    using R = ConversationRoutes;
    constexpr auto own = Access::signed_in;
    const http::RouteOptions creates{.idempotency_key = true};
    return {
        route(Method::post, "/api/v1/conversations", "Start a conversation", own, this, &R::create, creates),
        route(Method::get, "/api/v1/conversations", "Conversations, newest activity first", own, this, &R::list),
        route(Method::get, "/api/v1/conversations/fresh/create-or-get", "An empty conversation to write in", own, this,
              &R::fresh_by_get, {.same_origin_only = true}),
        route(Method::post, "/api/v1/conversations/fresh/create-or-get", "An empty conversation to write in", own, this,
              &R::fresh),
        route(Method::post, "/api/v1/conversations/cleanup/empty", "Delete empty conversations", own, this,
              &R::clean_up),
        route(Method::get, "/api/v1/conversations/{id}", "A conversation", own, this, &R::get),
        route(Method::put, "/api/v1/conversations/{id}", "Rename a conversation", own, this, &R::rename),
        route(Method::del, "/api/v1/conversations/{id}", "Delete a conversation and its messages", own, this,
              &R::remove),
        route(Method::get, "/api/v1/conversations/{id}/messages", "The newest messages, in their order", own, this,
              &R::messages),
        route(Method::post, "/api/v1/conversations/{id}/messages", "Save a message", own, this, &R::save, creates),
        route(Method::del, "/api/v1/conversations/{id}/messages", "Delete the messages, keep the conversation", own,
              this, &R::clear),
        route(Method::get, "/api/v1/conversations/{id}/messages/for-agent", "The messages as an agent reads them", own,
              this, &R::for_agent),
        route(Method::post, "/api/v1/conversations/{id}/generate-title", "Make a title from the first message", own,
              this, &R::generate_title),
    };
}

ConversationRoutes::Answer<http::Created<Conversation>> ConversationRoutes::create(Call& call,
                                                                                   http::Body<NewConversation> input)
{
    auto effect = [this, owner = owner_of(call), &input](db::Executor& db) {
        return create_in(db, owner, input.value);
    };
    co_return co_await http::once<http::Created<Conversation>>(pool_, clock_, call, effect);
}

ConversationRoutes::Answer<http::Created<Conversation>> ConversationRoutes::create_in(db::Executor& db, Owner owner,
                                                                                      NewConversation input)
{
    const Conversation made = co_await conversations::create(db, owner, input, clock_.now());
    tell_changed(db, hub_, owner, made);
    co_return http::Created<Conversation>{made};
}

ConversationRoutes::Answer<http::Page<Conversation>> ConversationRoutes::list(Call& call,
                                                                              http::Params<ConversationFilter> filter)
{
    auto page = co_await conversations::list(pool_, owner_of(call), *filter);
    if (!page) co_return page.refusal();
    co_return http::Page<Conversation>{std::move(page->items), std::move(page->next)};
}

ConversationRoutes::Answer<Conversation> ConversationRoutes::get(Call& call, http::Path<ById> path)
{
    const auto found = co_await find(pool_, owner_of(call), path->id);
    if (!found) co_return not_found("conversation");
    co_return *found;
}

ConversationRoutes::Answer<Conversation> ConversationRoutes::rename(Call& call, http::Path<ById> path,
                                                                    http::Body<NewTitle> input)
{
    const Owner owner = owner_of(call);
    const auto renamed = co_await conversations::rename(pool_, owner, path->id, input->title.value());
    if (renamed) tell_changed(pool_, hub_, owner, *renamed);
    co_return renamed;
}

ConversationRoutes::Answer<http::NoContent> ConversationRoutes::remove(Call& call, http::Path<ById> path)
{
    const Owner owner = owner_of(call);
    if (!co_await conversations::remove(pool_, owner, path->id)) co_return not_found("conversation");
    tell_deleted(pool_, hub_, owner, path->id);
    co_return http::NoContent{};
}

ConversationRoutes::Answer<Conversation> ConversationRoutes::fresh_by_get(Call& call, http::Params<FreshOf> input)
{
    co_return co_await fresh(call, {std::move(input.value)});
}

ConversationRoutes::Answer<Conversation> ConversationRoutes::fresh(Call& call, http::Body<FreshOf> input)
{
    std::string agent(input->agent_type ? input->agent_type->value() : std::string(agent_type_default));
    co_return co_await create_or_get_fresh(pool_, owner_of(call), std::move(agent), clock_.now());
}

ConversationRoutes::Answer<http::Page<Message>> ConversationRoutes::messages(Call& call, http::Path<ById> path,
                                                                             http::Params<MessageFilter> filter)
{
    auto page = co_await list_messages(pool_, owner_of(call), path->id, *filter);
    if (!page) co_return page.refusal();
    co_return http::Page<Message>{std::move(page->items), std::move(page->next)};
}

ConversationRoutes::Answer<http::Created<Message>> ConversationRoutes::save(Call& call, http::Path<ById> path,
                                                                            http::Body<NewMessage> input)
{
    Draft draft;
    draft.sender = input->sender;
    draft.content = input->content.value();
    draft.created_at = clock_.now();
    auto effect = [this, owner = owner_of(call), id = path->id, &draft](db::Executor& db) {
        return save_in(db, owner, id, draft);
    };
    co_return co_await http::once<http::Created<Message>>(pool_, clock_, call, effect);
}

ConversationRoutes::Answer<http::Created<Message>> ConversationRoutes::save_in(db::Executor& db, Owner owner,
                                                                               Uuid conversation, Draft draft)
{
    const auto saved = co_await save_message(db, owner, conversation, draft, topics_);
    if (!saved) co_return saved.refusal();
    tell_saved(db, hub_, owner, *saved);
    co_return http::Created<Message>{saved->message};
}

ConversationRoutes::Answer<http::Page<AgentMessage>> ConversationRoutes::for_agent(Call& call, http::Path<ById> path,
                                                                                   http::Params<AgentLimit> filter)
{
    auto seen = co_await messages_for_agent(pool_, owner_of(call), path->id, filter->limit.value());
    if (!seen) co_return seen.refusal();
    co_return http::Page<AgentMessage>{std::move(*seen), std::nullopt};
}

ConversationRoutes::Answer<http::NoContent> ConversationRoutes::clear(Call& call, http::Path<ById> path)
{
    const Owner owner = owner_of(call);
    if (!co_await conversations::clear(pool_, owner, path->id)) co_return not_found("conversation");
    tell_cleared(pool_, hub_, owner, path->id);
    co_return http::NoContent{};
}

ConversationRoutes::Answer<Conversation> ConversationRoutes::generate_title(Call& call, http::Path<ById> path)
{
    const Owner owner = owner_of(call);
    const auto titled = co_await conversations::generate_title(pool_, owner, path->id);
    if (titled) tell_changed(pool_, hub_, owner, *titled);
    co_return titled;
}

ConversationRoutes::Answer<Deleted> ConversationRoutes::clean_up(Call& call, http::Body<CleanUp> input)
{
    const Time before = clock_.now() - std::chrono::days(input->days_old.value());
    const auto deleted = co_await remove_empty(pool_, owner_of(call), before);
    co_return Deleted{static_cast<std::int64_t>(deleted)};
}

} // namespace trunkline::conversations
