// SPDX-License-Identifier: MIT
#pragma once

#include <conversations/messages.hpp>
#include <events/hub.hpp>
#include <http/route.hpp>
#include <trunkline/db/pool.hpp>

namespace trunkline::conversations {

struct ById {
    Uuid id;
};
BOOST_DESCRIBE_STRUCT(ById, (), (id))

struct FreshOf {
    std::optional<Text<1, 50>> agent_type;
};
BOOST_DESCRIBE_STRUCT(FreshOf, (), (agent_type))

struct CleanUp {
    Bounded<0, 3650, 7> days_old;
};
BOOST_DESCRIBE_STRUCT(CleanUp, (), (days_old))

struct Deleted {
    std::int64_t deleted = 0;
};
BOOST_DESCRIBE_STRUCT(Deleted, (), (deleted))

struct AgentLimit {
    Bounded<1, 200, 50> limit;
};
BOOST_DESCRIBE_STRUCT(AgentLimit, (), (limit))

/// The paths of conversations: a user reaches his own, and anybody else's is not there.
class ConversationRoutes {
public:
    ConversationRoutes(db::Pool& pool, Clock& clock, events::Hub& hub, Topics topics)
        : pool_(pool), clock_(clock), hub_(hub), topics_(topics)
    {}

    std::vector<http::Route> table();

private:
    template <class T>
    using Answer = asio::awaitable<Outcome<T>>;
    using Call = http::Call;

    Answer<http::Created<Conversation>> create(Call& call, http::Body<NewConversation> input);
    Answer<http::Page<Conversation>> list(Call& call, http::Params<ConversationFilter> filter);
    Answer<Conversation> get(Call& call, http::Path<ById> path);
    Answer<Conversation> rename(Call& call, http::Path<ById> path, http::Body<NewTitle> input);
    Answer<http::NoContent> remove(Call& call, http::Path<ById> path);
    Answer<Conversation> fresh_by_get(Call& call, http::Params<FreshOf> input);
    Answer<Conversation> fresh(Call& call, http::Body<FreshOf> input);
    Answer<http::Page<Message>> messages(Call& call, http::Path<ById> path, http::Params<MessageFilter> filter);
    Answer<http::Created<Message>> save(Call& call, http::Path<ById> path, http::Body<NewMessage> input);
    Answer<http::Page<AgentMessage>> for_agent(Call& call, http::Path<ById> path, http::Params<AgentLimit> filter);
    Answer<http::NoContent> clear(Call& call, http::Path<ById> path);
    Answer<Conversation> generate_title(Call& call, http::Path<ById> path);
    Answer<Deleted> clean_up(Call& call, http::Body<CleanUp> input);

    Answer<http::Created<Conversation>> create_in(db::Executor& db, Owner owner, NewConversation input);
    Answer<http::Created<Message>> save_in(db::Executor& db, Owner owner, Uuid conversation, Draft draft);

    db::Pool& pool_;
    Clock& clock_;
    events::Hub& hub_;
    Topics topics_;
};

/// Who asks, as the owner of conversations.
Owner owner_of(const http::Call& call);

} // namespace trunkline::conversations
