// SPDX-License-Identifier: MIT
#pragma once

#include <chat/run_engine.hpp>

namespace trunkline::chat {

inline constexpr std::size_t question_chars_max = 5'000;

struct NewQuestion {
    Uuid conversation_id;
    Text<1, question_chars_max> content;
    std::optional<Text<1, 50>> agent_type;
};
BOOST_DESCRIBE_STRUCT(NewQuestion, (), (conversation_id, content, agent_type))

/// An answer has begun; `message` is the question as it was saved.
struct Sent {
    Run run;
    std::optional<Message> message;
};
BOOST_DESCRIBE_STRUCT(Sent, (), (run, message))

struct RunById {
    Uuid id;
};
BOOST_DESCRIBE_STRUCT(RunById, (), (id))

struct RunFilter {
    Uuid conversation_id;
};
BOOST_DESCRIBE_STRUCT(RunFilter, (), (conversation_id))

/// The paths of chat: everybody reaches his own runs, and another's is not there.
class ChatRoutes {
public:
    ChatRoutes(db::Pool& pool, Clock& clock, events::Hub& hub, const agents::Registry& registry, RunEngine& engine,
               Topics topics)
        : pool_(pool), clock_(clock), hub_(hub), registry_(registry), engine_(engine), topics_(topics)
    {}

    std::vector<http::Route> table();

private:
    template <class T>
    using Answer = asio::awaitable<Outcome<T>>;
    using Call = http::Call;

    Answer<http::Accepted<Sent>> send(Call& call, http::Body<NewQuestion> input);
    Answer<Run> get(Call& call, http::Path<RunById> path);
    Answer<http::Page<Run>> list(Call& call, http::Params<RunFilter> filter);
    Answer<Run> stop(Call& call, http::Path<RunById> path);
    Answer<http::Accepted<Sent>> go_on(Call& call, http::Path<RunById> path);
    Answer<http::EventStream> events(Call& call, http::Path<RunById> path);

    struct Beginning; // what a request begins, made once
    Answer<http::Accepted<Sent>> send_in(db::Executor& db, Beginning beginning);
    Answer<http::Accepted<Sent>> go_on_in(db::Executor& db, Beginning beginning);
    Beginning beginning_for(const Call& call) const;
    Sent begin(db::Executor& db, const Beginning& beginning, const db::Result& started, bool continues);

    db::Pool& pool_;
    Clock& clock_;
    events::Hub& hub_;
    const agents::Registry& registry_;
    RunEngine& engine_;
    Topics topics_;
};

} // namespace trunkline::chat
