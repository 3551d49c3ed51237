// SPDX-License-Identifier: MIT
#include <chat/run_engine.hpp>

#include <agents/utf8_joiner.hpp>
#include <base/log.hpp>
#include <chat/run_news.hpp>
#include <conversations/news.hpp>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace trunkline::chat {

namespace {

constexpr std::string_view interrupted = "interrupted";

void report(std::string_view task, std::exception_ptr failure)
{
    log_error("chat", std::string(task) + ": " + describe(failure));
}

/// Why an answer broke off, for the person who asked.
std::string reason_of(std::exception_ptr failure)
{
    try {
        std::rethrow_exception(failure);
    } catch (const agents::AgentError& refusal) {
        return refusal.what();
    } catch (const db::Error&) {
        return "The database could not be reached.";
    } catch (...) {
        return "The agent failed.";
    }
}

/// An agent's own words go into the log without what it quotes; anything else is a fault of ours.
void log_failure(std::exception_ptr failure)
{
    try {
        std::rethrow_exception(failure);
    } catch (const agents::AgentError& refusal) {
        const std::string_view said = refusal.what();
        log_warning("chat", "an answer broke off: " + std::string(said.substr(0, said.find(':'))));
    } catch (...) {
        log_error("chat", "an answer broke off: " + describe(failure));
    }
}

/// Waits until `timer`, which never expires, is cancelled by somebody else than the caller's end.
asio::awaitable<void> woken(asio::steady_timer& timer)
{
    boost::system::error_code ignored;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    const auto cancellation = co_await asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != asio::cancellation_type::none) throw boost::system::system_error(ignored);
}

} // namespace

/// A run that is being produced here.
struct RunEngine::Active {
    Active(Start from, const asio::any_io_executor& executor)
        : start(std::move(from)),
          stopped(executor, asio::steady_timer::time_point::max()),
          ended(executor, asio::steady_timer::time_point::max())
    {}

    void stop(Stop why)
    {
        if (stop_why == Stop::no) stop_why = why;
        stopped.cancel();
    }
    asio::awaitable<void> until_stopped()
    {
        while (stop_why == Stop::no) co_await woken(stopped);
    }
    asio::awaitable<void> until_ended()
    {
        while (!over) co_await woken(ended);
    }

    Start start;
    std::string text; ///< all that was said
    Stop stop_why = Stop::no;
    bool over = false;
    asio::steady_timer stopped; // never expires; cancelled by stop()
    asio::steady_timer ended;   // never expires; cancelled at the end
};

/// Takes what an agent says: whole characters only, up to a limit, into the journal.
class RunEngine::Writer final : public agents::AnswerWriter {
public:
    Writer(RunEngine& engine, Active& run) : engine_(engine), run_(run) {}

    asio::awaitable<void> text(std::string piece) override { return add(joiner_.push(piece)); }
    asio::awaitable<void> finish() { return add(joiner_.finish()); }

private:
    asio::awaitable<void> add(std::string text)
    {
        if (text.empty()) co_return;
        if (run_.text.size() + text.size() > engine_.options_.answer_bytes_max)
            throw agents::AgentError("The answer was too long.");
        run_.text += text;
        co_await engine_.journal_.add(run_.start.run.id, std::move(text));
    }

    RunEngine& engine_;
    Active& run_;
    agents::Utf8Joiner joiner_;
};

RunEngine::RunEngine(db::Pool& pool, Clock& clock, asio::any_io_executor executor, events::Hub& hub,
                     const agents::Registry& registry, Topics topics, Options options)
    : pool_(pool),
      clock_(clock),
      hub_(hub),
      registry_(registry),
      topics_(topics),
      options_(options),
      executor_(executor),
      journal_(pool, clock, executor, owner_, *this, options.journal),
      viewers_(executor),
      runs_(executor, report),
      giving_up_(executor, asio::steady_timer::time_point::max())
{}

RunEngine::~RunEngine() = default;

// -- From outside --------------------------------------------------------------

void RunEngine::start(Start start)
{
    if (stopping_) return; // its lease runs out, and the next process ends it
    const Uuid id = start.run.id;
    tell_started(hub_, start.user, start.run);
    const auto active = std::make_shared<Active>(std::move(start), executor_);
    active_[id] = active;
    journal_.open(id);
    runs_.start("run " + db::to_string(id), produce(active));
}

asio::awaitable<void> RunEngine::stop(RunRow run)
{
    const auto found = active_.find(run.id);
    if (found != active_.end()) {
        const auto active = found->second;
        active->stop(Stop::asked);
        co_await race(active->until_ended(), clock_.sleep_for(options_.stop_wait));
    } else if (run.status == RunStatus::running) {
        co_await end_abandoned(std::move(run), RunStatus::stopped, std::nullopt);
    }
}

bool RunEngine::produces(const Uuid& user, const Uuid& run) const
{
    const auto found = active_.find(run);
    return found != active_.end() && found->second->start.user.user_id == user;
}

void RunEngine::on_written(const Uuid& run, const RunEvent& event)
{
    viewers_.tell(run, event);
    const auto found = active_.find(run);
    if (found != active_.end()) tell_piece(hub_, found->second->start.user, found->second->start.run, event);
}

void RunEngine::on_lost(const Uuid& run)
{
    const auto found = active_.find(run);
    if (found != active_.end()) found->second->stop(Stop::lost);
}

// -- One run -------------------------------------------------------------------

asio::awaitable<void> RunEngine::produce(std::shared_ptr<Active> run)
{
    co_await asio::this_coro::throw_if_cancelled(false);
    std::exception_ptr failure;
    try {
        co_await race(answer(*run), run->until_stopped());
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure && run->stop_why == Stop::no && !stopping_) log_failure(failure);
    // Whatever ended it, the end is written: also when the server stops.
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    try {
        co_await end(*run, ending_of(*run, failure));
    } catch (...) {
        report("the end of a run", std::current_exception());
    }
    const Uuid id = run->start.run.id;
    journal_.close(id);
    active_.erase(id);
    hub_.forget_run(id);
    run->over = true;
    run->ended.cancel();
}

asio::awaitable<void> RunEngine::answer(Active& run)
{
    const auto seen = co_await conversations::messages_for_agent(pool_, run.start.user, run.start.run.conversation_id,
                                                                 options_.turns_max);
    if (!seen) co_return run.stop(Stop::lost); // the conversation was deleted
    agents::Question question{.turns = {},
                              .tenant_id = run.start.user.tenant_id,
                              .user_id = run.start.user.user_id,
                              .role = run.start.role,
                              .user_name = run.start.user.name,
                              .continues = run.start.continues};
    for (const auto& message : *seen)
        question.turns.push_back(
            {message.role == "user" ? agents::Speaker::user : agents::Speaker::assistant, message.content});
    Writer writer(*this, run);
    co_await registry_.find(run.start.run.agent_type).answer(question, writer);
    co_await writer.finish();
    if (run.text.empty()) throw agents::AgentError("The agent gave no answer.");
}

/// What became of a run, before its end is written.
Ending RunEngine::ending_of(const Active& run, std::exception_ptr failure) const
{
    Ending ending;
    ending.run.id = run.start.run.id;
    ending.run.tenant_id = run.start.user.tenant_id;
    ending.run.user_id = run.start.user.user_id;
    ending.run.user_name = run.start.user.name;
    ending.run.conversation_id = run.start.run.conversation_id;
    ending.run.agent_type = run.start.run.agent_type;
    ending.run.owner = ending.owner = owner_;
    if (run.stop_why == Stop::asked) {
        ending.status = RunStatus::stopped;
    } else if (failure) {
        ending.status = RunStatus::failed;
        ending.reason = stopping_ ? std::string(interrupted) : reason_of(failure);
    }
    return ending;
}

asio::awaitable<void> RunEngine::end(Active& run, Ending ending)
{
    const Uuid id = run.start.run.id;
    if (co_await race(journal_.seal(id), until_given_up()) == 1) co_return; // the next process ends it
    if (run.stop_why == Stop::lost) co_return;
    const Journal::Rest rest = journal_.rest(id);
    ending.next_seq = rest.next_seq;
    ending.rest = rest.text;
    ending.text = run.text;
    ending.at = clock_.now();
    const auto ended = co_await end_patiently(std::move(ending));
    if (!ended) co_return;
    if (!rest.text.empty()) on_written(id, {rest.next_seq, EventKind::text, rest.text});
    co_await tell_ended(run.start.user, *ended);
}

/// Writes the end, again and again while the database is away.
asio::awaitable<std::optional<Ended>> RunEngine::end_patiently(Ending ending)
{
    for (std::int64_t attempt = 1;; ++attempt) {
        try {
            co_return co_await end_run(pool_, ending, topics_);
        } catch (const db::Error& failure) {
            const bool passing =
                failure.unavailable() || failure.retryable() || failure.outcome() == db::Outcome::unknown;
            if (!passing || gave_up_) throw;
            if (attempt == 1) log_warning("chat", std::string("the end of a run waits: ") + failure.what());
        }
        co_await clock_.sleep_for(options_.backoff.after(attempt));
    }
}

asio::awaitable<void> RunEngine::tell_ended(Owner user, Ended ended)
{
    std::optional<conversations::Conversation> conversation;
    try {
        if (ended.message) conversation = co_await conversations::find(pool_, user, ended.run.conversation_id);
    } catch (const db::Error&) {
        // The end is told all the same.
    }
    tell_end(hub_, user, ended);
    if (conversation) conversations::tell_changed(pool_, hub_, user, *conversation);
    viewers_.tell(ended.run.id, {ended.run.last_seq, end_kind(ended.run.status), {}});
}

// -- What others left ----------------------------------------------------------

asio::awaitable<void> RunEngine::recover(bool all_others)
{
    const Time now = clock_.now();
    for (const RunRow& run : co_await abandoned_runs(pool_, owner_, now, now - options_.lost_after, all_others))
        if (!active_.contains(run.id)) co_await end_abandoned(run, RunStatus::failed, std::string(interrupted));
    (void)co_await forget_journals(pool_, now - options_.journal_kept_for);
}

asio::awaitable<void> RunEngine::end_abandoned(RunRow run, RunStatus status, std::optional<std::string> reason)
{
    Ending ending;
    ending.run = run;
    ending.owner = owner_;
    ending.status = status;
    ending.reason = std::move(reason);
    ending.at = clock_.now();
    const Run said = co_await shown(pool_, run);
    ending.text = said.text;
    ending.next_seq = said.last_seq + 1;
    const auto ended = co_await end_run(pool_, std::move(ending), topics_);
    if (ended) co_await tell_ended(owner_of(run), *ended);
}

// -- Workers -------------------------------------------------------------------

asio::awaitable<void> RunEngine::look_after()
{
    for (;;) {
        try {
            co_await recover(pool_.engine() == db::Engine::sqlite); // its file has one process: all others are dead
        } catch (const db::Error& failure) {
            log_warning("chat", std::string("abandoned runs wait: ") + failure.what());
        }
        co_await clock_.sleep_for(options_.recover_every);
    }
}

asio::awaitable<void> RunEngine::keep_writing()
{
    for (std::int64_t failures = 0;;) {
        try {
            co_await journal_.run();
        } catch (const boost::system::system_error& failure) {
            if (failure.code() == asio::error::operation_aborted) throw; // cancelled
            log_error("chat", std::string("the journal starts again: ") + failure.what());
        } catch (const std::exception& failure) {
            log_error("chat", std::string("the journal starts again: ") + failure.what());
        }
        co_await clock_.sleep_for(options_.backoff.after(++failures));
    }
}

asio::awaitable<void> RunEngine::until_given_up()
{
    while (!gave_up_) co_await woken(giving_up_);
}

/// While the server stops, runs wait that long for a database that is away.
asio::awaitable<void> RunEngine::lose_patience()
{
    co_await clock_.sleep_for(options_.stop_wait);
    gave_up_ = true;
    giving_up_.cancel();
}

asio::awaitable<void> RunEngine::run()
{
    co_await asio::this_coro::throw_if_cancelled(false);
    TaskGroup workers(executor_, report);
    workers.start("journal", keep_writing());
    workers.start("abandoned runs", look_after());
    asio::steady_timer never(executor_, asio::steady_timer::time_point::max());
    for (auto asked = co_await asio::this_coro::cancellation_state;
         asked.cancelled() == asio::cancellation_type::none;) {
        boost::system::error_code ignored;
        co_await never.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        asked = co_await asio::this_coro::cancellation_state;
    }

    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    stopping_ = true;
    workers.start("patience", lose_patience());
    runs_.cancel();
    co_await runs_.join(); // while the journal still writes
    workers.cancel();
    co_await workers.join();
}

} // namespace trunkline::chat
