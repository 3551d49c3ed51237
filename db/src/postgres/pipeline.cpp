// SPDX-License-Identifier: MIT
#include "postgres/pipeline_errand.hpp"

#include "postgres/refusal.hpp"

#include "hand_over.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>

namespace trunkline::db::postgres {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

constexpr int tries_max = 3; // of a statement that failed for a reason that is none of its own

} // namespace

Pipeline::Self Pipeline::make(asio::any_io_executor executor, Resources resources)
{
    Self made(new Pipeline(std::move(executor), std::move(resources)));
    made->self_ = made;
    return made;
}

Pipeline::Pipeline(asio::any_io_executor executor, Resources resources)
    : executor_(std::move(executor)),
      wire_(std::move(resources.wire)),
      cache_(std::move(resources.cache)),
      session_(std::move(resources.session)),
      timer_(executor_)
{}

Pipeline::~Pipeline() = default;

void Pipeline::drop_callers() noexcept
{
    std::vector<db::detail::SleeperPtr> dropped;
    const auto drop = [&](const CallPtr& call) { dropped.push_back(std::move(call->caller)); };
    for (const Turn& turn : turns_)
        for (const CallPtr& call : turn.calls) drop(call);
    for (const Calls* calls : {&gathered_, &held_, &ended_})
        for (const CallPtr& call : *calls) drop(call);
    lost_ = true;
}

// -- A call --------------------------------------------------------------------

asio::awaitable<Beside> Pipeline::run(Self self, Query query, Deadline deadline)
{
    const auto call = std::make_shared<Submission>(std::move(query), deadline);
    self->start(call);
    self->release(); // when it could not be sent
    if (!call->ended) {
        auto initiate = [&self, &call](auto handler) {
            auto slot = asio::get_associated_cancellation_slot(handler);
            if (slot.is_connected())
                slot.assign([weak = self->self_, call](asio::cancellation_type) {
                    if (const auto pipeline = weak.lock()) pipeline->give_up(call);
                });
            call->caller = db::detail::sleeper_for(std::move(handler));
        };
        co_await asio::async_initiate<const asio::deferred_t, void()>(std::move(initiate), asio::deferred);
    }
    if (call->failure) std::rethrow_exception(call->failure);
    Beside answer;
    answer.result = std::move(call->result);
    answer.took = call->took;
    co_return answer;
}

void Pipeline::start(const CallPtr& call)
{
    call->late = Clock::now() >= call->deadline;
    if (lost_ || call->late) call->refuse_unsent(wire_->farewell());
    watch_deadline(call->deadline);
    if (call->query.grouped() && session_->default_isolation != Isolation::serializable) return gather(call);
    send_front();
    send_alone(call);
}

void Pipeline::put_in_front(std::string text, bool must_succeed)
{
    Turn turn;
    turn.parts.push_back({.kind = Part::Kind::own, .text = std::move(text)});
    turn.must_succeed = must_succeed;
    front_.push_back(std::move(turn));
}

void Pipeline::send_front()
{
    for (Turn& turn : std::exchange(front_, {})) send(std::move(turn));
}

void Pipeline::send_alone(const CallPtr& call)
{
    Turn turn;
    cache_->next_trip();
    plan(turn, call);
    send(std::move(turn));
}

void Pipeline::send(Turn turn)
{
    if (turns_.empty()) {
        last_look_ = db::detail::Moment::now();
        waited_ = {};
    }
    const bool sent = !lost_ && turn.send(wire_->native());
    if (turn.gathered) ++gathered_turns_;
    for (const CallPtr& call : turn.calls) call->sent = true;
    turns_.push_back(std::move(turn));
    if (!sent) return lose();
    listen();
    flush();
}

// -- What a turn sends ---------------------------------------------------------

void Pipeline::plan(Turn& turn, const CallPtr& call)
{
    if (session_->unnamed || call->names_max == 0) call->unnamed = true;
    ++call->tries;
    call->stops_before = stops_;
    call->begin_anew();
    call->name.clear();
    if (call->query.reads_only() && turn.parts.empty()) plan_own(turn, Part::Kind::read_only, read_only_text, *call);
    // A statement that is on the way by itself can be taken for no other: whatever comes too much or too little shows.
    const bool beside_others = !turns_.empty() || !turn.parts.empty();
    if (session_->echoes && beside_others) {
        plan_own(turn, Part::Kind::echo, echo_text, *call);
        turn.parts.back().number = wire_->next_echo();
    }
    if (!call->unnamed) call->name = name_of(turn, key_of(call->text, call->parameters), *call, call.get());
    turn.parts.push_back({.kind = Part::Kind::execution, .call = call.get(), .name = call->name});
    turn.calls.push_back(call);
}

void Pipeline::plan_own(Turn& turn, Part::Kind kind, const char* text, const Submission& in_front_of)
{
    Part part{.kind = kind, .text = text};
    if (!in_front_of.unnamed) part.name = name_of(turn, {text, {}}, in_front_of, nullptr);
    turn.parts.push_back(std::move(part));
}

/// The name of a prepared statement, whose preparation joins the turn if it has to; empty when there is no room for one.
std::string Pipeline::name_of(Turn& turn, const StatementKey& key, const Submission& of, Submission* call)
{
    if (auto known = cache_->find(key)) return std::move(*known);
    const std::size_t names_max = std::min(of.names_max, cache_->capacity());
    if (cache_->size() >= names_max) {
        if (names_max < cache_->capacity()) return {}; // who bears with fewer takes nobody's away
        const auto evicted = cache_->evict();
        if (!evicted) return {};
        put_in_front("DEALLOCATE " + *evicted, false);
        send_front();
    }
    std::string name = cache_->add(key);
    turn.parts.push_back({.kind = Part::Kind::preparation, .call = call, .name = name, .text = std::string(key.text)});
    return name;
}

// -- The socket ----------------------------------------------------------------

void Pipeline::listen()
{
    if (listening_ || turns_.empty() || lost_) return;
    listening_ = true;
    wire_->socket().async_wait(asio::posix::stream_descriptor::wait_read, Errand(self_.lock(), &Pipeline::heard));
}

/// Reading goes on while there is something to write: otherwise both sides can wait for the other for ever.
void Pipeline::flush()
{
    if (flushing_ || lost_) return;
    const int unsent = PQflush(wire_->native());
    if (unsent < 0) lose();
    if (unsent <= 0) return;
    flushing_ = true;
    wire_->socket().async_wait(asio::posix::stream_descriptor::wait_write,
                               [self = self_.lock()](boost::system::error_code failure) {
                                   self->flushing_ = false;
                                   if (!failure) self->flush();
                               });
}

void Pipeline::heard()
{
    listening_ = false;
    if (lost_) return;
    const auto now = db::detail::Moment::now();
    waited_ += now.waited_since(last_look_);
    last_look_ = now;
    wire_->note_alive(now.wall());
    if (PQconsumeInput(wire_->native()) == 0) lose();
    else collect();
    listen();
    db::detail::HandOver hand_over(executor_);
    release();
    hand_over.finish();
}

void Pipeline::collect()
{
    while (!lost_ && !turns_.empty() && PQisBusy(wire_->native()) == 0) {
        ResultPtr reply(PQgetResult(wire_->native()));
        // Between two steps there is a null; two in a row mean that nothing is under way any more.
        const bool null = !reply;
        if (null ? null_ : !place(std::move(reply))) lose();
        null_ = null;
    }
    if (!lost_ && turns_.empty()) went_idle();
}

/// False when the server does not speak of what it was asked.
bool Pipeline::place(ResultPtr reply)
{
    if (PQresultStatus(reply.get()) != PGRES_PIPELINE_SYNC) {
        wire_->note_farewell(reply.get());
        return turns_.front().take(std::move(reply), wire_->column_lists());
    }
    if (!turns_.front().answered()) return false;
    Turn ended = std::move(turns_.front());
    turns_.pop_front();
    ++turns_answered_;
    finish(std::move(ended));
    return true;
}

// -- The end of a turn -----------------------------------------------------------

void Pipeline::finish(Turn turn)
{
    for (const Part& part : turn.parts)
        if (part.kind == Part::Kind::preparation && !part.done) cache_->forget(part.name);
    if (turn.gathered) {
        --gathered_turns_;
        send_gathered_soon();
    }
    stop_limit_.reset();                        // it was the head's
    if (turn.calls.empty()) return stop_head(); // whoever is next may have been given up meanwhile
    const auto took = std::max(std::chrono::nanoseconds{}, std::exchange(waited_, {}));
    if (turn.gathered) {
        resize_groups(turn);
        finish_group(turn);
    } else {
        turn.calls.front()->took = took;
        finish_alone(turn.calls.front());
    }
    stop_head();
}

void Pipeline::finish_alone(const CallPtr& call)
{
    if (again(*call)) return send_alone(call);
    call->conclude();
    conclude(call);
}

/// All of it is done, or nothing remains of it: then whoever still wants his answer gets it alone.
void Pipeline::finish_group(const Turn& turn)
{
    for (const CallPtr& call : turn.calls) {
        if (turn.failed && !call->unwanted()) {
            send_alone(call);
            continue;
        }
        turn.failed ? call->conclude_stopped() : call->conclude();
        conclude(call);
    }
}

void Pipeline::conclude(const CallPtr& call)
{
    if (stopping_ && call->unwanted()) held_.push_back(call);
    else ended_.push_back(call);
}

/// True when the statement failed, and was undone, for a reason that is none of its own: its name, or a request to stop
/// that was meant for another.
bool Pipeline::again(Submission& call)
{
    if (call.tries >= tries_max || call.unwanted()) return false;
    if (!call.verdict()) return false;
    const std::string state = state_of(call.verdict());
    if (state == "57014") return stopping_ || stops_ > call.stops_before;
    if (call.name.empty()) return false;
    const bool columns_changed = state == "0A000" && !call.refusal;
    if (columns_changed) cache_->forget(call.name);
    else if (state == "26000" || state == "42P05") cache_->forget_all();
    else return false;
    if (state == "42P05" || (state == "26000" && session_->between)) cache_->give_up();
    call.unnamed = true;
    return true;
}

/// What the server says of the connection, once nothing is under way.
void Pipeline::went_idle()
{
    null_ = false;
    if (!wire_->settle_idle()) lose();
}

void Pipeline::lose() noexcept
{
    boost::system::error_code ignored;
    lost_ = true;
    wire_->give_up();
    wire_->socket().cancel(ignored);
    timer_.cancel();
    gathered_turns_ = 0;
    for (const Turn& turn : std::exchange(turns_, {}))
        for (const CallPtr& call : turn.calls) {
            call->conclude_lost(wire_->farewell());
            ended_.push_back(call);
        }
    for (const CallPtr& call : std::exchange(held_, {})) ended_.push_back(call);
    sweep();
}

void Pipeline::close() noexcept
{
    if (!busy()) return;
    lose();
    asio::post(executor_, Errand(self_.lock(), &Pipeline::release));
}

/// Wakes those whose calls have ended. They may do anything then, this pipeline's end included.
void Pipeline::release()
{
    const Self self = self_.lock();
    for (const CallPtr& call : std::exchange(ended_, {})) {
        call->ended = true;
        if (const auto caller = std::move(call->caller)) caller->wake(executor_);
    }
}

// -- Stopping ----------------------------------------------------------------

void Pipeline::give_up(const CallPtr& call)
{
    if (call->ended) return;
    call->given_up = true;
    if (call->sent) stop_head();
    else asio::post(executor_, Errand(self_.lock(), &Pipeline::send_gathered));
}

void Pipeline::watch_deadline(Deadline deadline)
{
    if (deadline >= armed_) return; // a timer that rings too early does no harm
    armed_ = deadline;
    timer_.expires_at(deadline);
    timer_.async_wait([weak = self_](boost::system::error_code failure) {
        const auto self = weak.lock();
        if (failure || !self) return;
        self->armed_ = Deadline::max();
        self->look_at_deadlines();
        self->release();
    });
}

void Pipeline::look_at_deadlines()
{
    const auto now = Clock::now();
    if (stop_limit_ && now >= *stop_limit_) return lose();
    Deadline next = stop_limit_.value_or(Deadline::max());
    const auto look = [&](const CallPtr& call) {
        if (call->deadline <= now) call->late = true;
        else next = std::min(next, call->deadline);
    };
    std::ranges::for_each(gathered_, look);
    for (const Turn& turn : turns_) std::ranges::for_each(turn.calls, look);
    if (next != Deadline::max()) watch_deadline(next);
    sweep();
    stop_head();
}

/// Asks the server to stop what it works on, if somebody does not want it any more. What is the driver's own is short,
/// and let through; but not waited for without end, when somebody behind it is not to be waited for.
void Pipeline::stop_head()
{
    if (stopping_ || lost_ || turns_.empty()) return;
    if (turns_.front().calls.empty() && !stop_limit_ && std::ranges::any_of(turns_, &Turn::unwanted)) {
        stop_limit_ = Clock::now() + stop_limit;
        watch_deadline(*stop_limit_);
    }
    if (!turns_.front().unwanted()) return;
    stopping_ = true;
    wire_->note_stop();
    const auto self = self_.lock();
    asio::co_spawn(executor_, ask(self, turns_answered_), [self](std::exception_ptr failure) {
        if (failure) self->lose();
        self->release();
    });
}

asio::awaitable<void> Pipeline::ask(Self self, std::uint64_t head)
{
    const auto limit = Clock::now() + stop_limit;
    if (!self->stop_limit_) {
        self->stop_limit_ = limit;
        self->watch_deadline(limit);
    }
    auto work = self->wire_->ask_to_stop(limit);
    const bool dealt_with = co_await on_its_own_terms(std::move(work));
    self->asked(dealt_with, head);
    self->release();
    if (self->lost_ || !self->is_head(head)) co_return;
    // It may have come before the server had begun with it.
    asio::steady_timer pause(self->executor_, stop_patience);
    boost::system::error_code ignored;
    co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    self->stop_head();
}

/// The request is over. If it may still be dealt with, it must find nobody on this connection.
void Pipeline::asked(bool dealt_with, std::uint64_t head)
{
    stopping_ = false;
    ++stops_;
    if (!dealt_with) return lose();
    for (const CallPtr& call : std::exchange(held_, {})) ended_.push_back(call);
    if (!is_head(head)) {
        stop_limit_.reset();
        stop_head();
    }
}

} // namespace trunkline::db::postgres
