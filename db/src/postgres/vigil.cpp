// SPDX-License-Identifier: MIT
#include "postgres/vigil.hpp"

#include "postgres/refusal.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>

namespace trunkline::db::postgres {

using Clock = std::chrono::steady_clock;

namespace {

constexpr std::size_t names_max = 1000; // in one message to the server

/// A name or an encoding that the server will never take. Everything else may be better on another connection: a
/// standby is promoted, memory is there again.
bool is_final(const PGresult* refusal)
{
    const std::string state = state_of(refusal);
    return state.starts_with("22") || state.starts_with("42");
}

[[noreturn]] void throw_lost(const PGresult* said)
{
    ErrorInfo info = describe_refusal(said);
    if (info.message.empty()) info.message = "the connection to the database was lost";
    if (info.sqlstate.empty()) info.sqlstate = "08006";
    throw ConnectionLost(std::move(info));
}

[[noreturn]] void throw_stopped()
{
    ErrorInfo info;
    info.message = "the listener was stopped";
    info.sqlstate = "57014";
    throw ListenerStopped(std::move(info));
}

std::string message_of(const std::exception_ptr& failure)
{
    try {
        std::rethrow_exception(failure);
    } catch (const Error& error) {
        return error.info().message;
    } catch (const std::exception& error) {
        return error.what();
    }
}

bool is_verdict(const std::exception_ptr& failure)
{
    try {
        std::rethrow_exception(failure);
    } catch (const UsageError&) {
        return true;
    } catch (...) {
        return false;
    }
}

} // namespace

/// Stands in the frame of `watch`, from before it starts: whatever ends that, the context's end included, is known.
class Vigil::Running {
public:
    explicit Running(Self vigil) : self(std::move(vigil)) { self->running_ = true; }
    Running(Running&&) = default;
    ~Running()
    {
        if (!self) return;
        self->running_ = false;
        self->ring();
    }

    Self self;
};

/// A call that waits for a change. Its timer stands in its frame, and is known for as long as that does.
class Vigil::Waiting {
public:
    explicit Waiting(Vigil& vigil)
        : vigil_(vigil),
          timer(vigil.executor_, Deadline::max()),
          place_(vigil.waiting_.insert(vigil.waiting_.end(), &timer))
    {}
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;
    ~Waiting() { vigil_.waiting_.erase(place_); }

private:
    Vigil& vigil_;

public:
    asio::steady_timer timer;

private:
    std::list<asio::steady_timer*>::iterator place_;
};

/// The connection of this moment, for as long as its frame stands.
class Vigil::Current {
public:
    Current(Vigil& vigil, Listening& connection) : vigil_(vigil) { vigil_.current_ = &connection; }
    Current(const Current&) = delete;
    Current& operator=(const Current&) = delete;
    ~Current() { vigil_.current_ = nullptr; }

private:
    Vigil& vigil_;
};

Vigil::Vigil(asio::any_io_executor executor, Options options, ListenerLimits limits)
    : executor_(std::move(executor)),
      options_(std::move(options)),
      limits_(limits),
      buffer_(limits.events_max),
      backoff_(limits.backoff_first)
{}

// -- The calls ---------------------------------------------------------------

asio::awaitable<void> Vigil::change(Self self)
{
    Waiting waiting(*self);
    boost::system::error_code ignored;
    auto token = asio::redirect_error(asio::use_awaitable, ignored);
    co_await waiting.timer.async_wait(token);
    const bool gave_up = co_await was_cancelled();
    if (gave_up) throw_cancelled();
}

/// Those who wait look again.
void Vigil::ring() const
{
    for (auto* timer : waiting_) timer->cancel();
}

void Vigil::throw_when_over() const
{
    if (verdict_) std::rethrow_exception(verdict_);
    if (stopping_ || (started_ && !running_)) throw_stopped();
}

asio::awaitable<void> Vigil::start(Self self)
{
    self->throw_when_over();
    if (!self->started_) {
        self->started_ = true;
        Running running(self);
        auto work = detail::without_throwing(watch(std::move(running)));
        auto ended = [self](std::exception_ptr) {}; // keeps the signal
        asio::co_spawn(self->executor_, std::move(work), asio::bind_cancellation_slot(self->stop_.slot(), ended));
    }
    const std::vector<WishPtr> asked = self->channels_.wishes();
    const auto attempts = self->attempts_ended_;
    while (!self->listening_ && self->attempts_ended_ == attempts) {
        co_await change(self);
        self->throw_when_over();
    }
    if (!self->listening_) std::rethrow_exception(self->last_failure_);
    for (const auto& wish : asked)
        if (wish->refusal) throw_error(*wish->refusal);
}

WishPtr Vigil::wish(const std::string& channel)
{
    if (current_) current_->disturb();
    return channels_.wish(channel);
}

asio::awaitable<void> Vigil::fulfilled(Self self, std::string channel, WishPtr wish)
{
    for (;;) {
        if (wish->refusal) throw_error(*wish->refusal);
        if (wish->withdrawn || self->channels_.active(channel)) co_return;
        self->throw_when_over();
        if (!self->started_) co_return;
        co_await change(self);
    }
}

void Vigil::withdraw(std::string_view channel)
{
    if (!channels_.withdraw(channel)) return;
    buffer_.forget(channel);
    if (current_) current_->disturb();
    ring();
}

asio::awaitable<Event> Vigil::next(Self self)
{
    for (;;) {
        if (auto event = self->buffer_.take()) co_return std::move(*event);
        self->throw_when_over();
        co_await change(self);
    }
}

void Vigil::request_stop(const Self& self)
{
    self->stopping_ = true;
    self->ring();
    if (!self->running_) return;
    asio::post(self->executor_, [self] {
        if (self->running_) self->stop_.emit(asio::cancellation_type::terminal);
    });
}

asio::awaitable<void> Vigil::stopped(Self self)
{
    while (self->running_) co_await change(self);
}

ListenerStats Vigil::stats() const
{
    ListenerStats now = stats_;
    now.listening = listening_ && channels_.unmet(1).empty();
    now.process_id = listening_ && current_ ? current_->process_id() : 0;
    now.channels = channels_.size();
    now.buffered = buffer_.size();
    now.dropped = buffer_.dropped_ever();
    return now;
}

// -- What goes on ------------------------------------------------------------

asio::awaitable<void> Vigil::watch(Running running)
{
    const Self self = running.self;
    asio::steady_timer pause(self->executor_);
    while (!self->stopping_) {
        std::exception_ptr failure;
        try {
            co_await serve(self);
        } catch (...) {
            failure = std::current_exception();
        }
        if (self->stopping_) break;
        self->note_failure(failure);
        if (self->verdict_) break;
        pause.expires_after(self->next_pause());
        boost::system::error_code ignored;
        auto token = asio::redirect_error(asio::use_awaitable, ignored);
        co_await pause.async_wait(token);
    }
}

/// One connection, until it is lost or nobody wants it any more.
asio::awaitable<void> Vigil::serve(Self self)
{
    Listening connection(self->executor_, [&vigil = *self](Event event) { vigil.hear(std::move(event)); });
    const Current current(*self, connection);
    std::exception_ptr failure;
    try {
        co_await attend(self, connection);
    } catch (...) {
        failure = std::current_exception();
    }
    if (self->stopping_) {
        co_await ignore_cancellation();
        co_await connection.close();
    }
    if (failure) std::rethrow_exception(failure);
}

asio::awaitable<void> Vigil::attend(Self self, Listening& connection)
{
    ++self->stats_.attempts;
    const Deadline limit = Clock::now() + self->options_.connect_timeout;
    co_await connection.connect(self->options_, limit);
    const bool pooler = co_await connection.behind_a_pooler(limit);
    const bool sure =
        self->options_.pooler == Options::Pooler::none || self->options_.pooler == Options::Pooler::session;
    if (pooler && !sure)
        throw UsageError("there is a pooler between the listener and PostgreSQL, and nothing would be heard through "
                         "it: give the listener the database's own address, or say pooler=none");
    Deadline heard = Clock::now();
    for (;;) {
        co_await subscribe(self, connection);
        if (!self->listening_) self->listening_again();
        const Deadline quiet_until = heard + self->limits_.quiet_max;
        const bool something = co_await connection.hear_until(quiet_until);
        if (!something && Clock::now() < quiet_until) continue; // disturbed: something else is wanted
        if (!something) co_await prove_alive(self, connection);
        heard = Clock::now();
    }
}

asio::awaitable<void> Vigil::prove_alive(Self self, Listening& connection)
{
    const ResultPtr answer = co_await connection.ask("", Clock::now() + self->limits_.answer_timeout);
    if (failed(answer.get())) throw_lost(answer.get());
}

/// Until the server listens on what is wanted, and on nothing else.
asio::awaitable<void> Vigil::subscribe(Self self, Listening& connection)
{
    Channels& channels = self->channels_;
    for (;;) {
        while (!channels.unmet(1).empty()) co_await subscribe(self, connection, names_max);
        const Channels::Names unwanted = channels.take_unwanted(names_max);
        if (unwanted.empty()) co_return;
        const Deadline limit = Clock::now() + self->limits_.answer_timeout;
        const ResultPtr answer = co_await connection.ask(text_of("UNLISTEN", unwanted), limit);
        if (failed(answer.get())) throw_lost(answer.get());
    }
}

/// Some more of what is wanted: together, and when that is refused, one by one.
asio::awaitable<void> Vigil::subscribe(Self self, Listening& connection, std::size_t at_once)
{
    const Channels::Names names = self->channels_.unmet(at_once);
    if (names.empty()) co_return;
    const Deadline limit = Clock::now() + self->limits_.answer_timeout;
    const ResultPtr answer = co_await connection.ask(text_of("LISTEN", names), limit);
    if (!failed(answer.get())) {
        self->channels_.now_active(names);
        self->ring();
    } else if (!is_final(answer.get())) {
        throw_lost(answer.get());
    } else if (names.size() == 1) {
        self->refuse(names[0], describe_refusal(answer.get()));
    } else {
        for (std::size_t i = 0; i < names.size(); ++i) co_await subscribe(self, connection, 1);
    }
}

void Vigil::refuse(const std::string& channel, ErrorInfo why)
{
    tell("the database refuses to listen on the channel \"" + channel + "\": " + why.message);
    channels_.refuse(channel, std::move(why));
    ring();
}

void Vigil::hear(Event event)
{
    if (!channels_.wanted(event.channel)) return;
    ++stats_.notifications;
    buffer_.add(std::move(event));
    ring();
}

void Vigil::listening_again()
{
    listening_ = true;
    listening_since_ = Clock::now();
    ++attempts_ended_;
    if (channels_.take_missed())
        buffer_.add(
            Event::gap("the connection was lost and is there again: whatever was notified in between is lost (" +
                       gap_reason_ + ")"));
    if (!stats_.last_error.empty()) tell("the listener is connected again");
    stats_.last_error.clear();
    ring();
}

void Vigil::note_failure(std::exception_ptr failure)
{
    const std::string message = message_of(failure);
    if (stats_.last_error.empty()) tell("the listener lost the database: " + message);
    if (listening_) ++stats_.losses;
    if (listening_ && Clock::now() - listening_since_ >= limits_.backoff_max) backoff_ = limits_.backoff_first;
    if (!channels_.none_active()) gap_reason_ = message;
    channels_.lose();
    listening_ = false;
    if (is_verdict(failure)) verdict_ = failure;
    last_failure_ = std::move(failure);
    stats_.last_error = message;
    ++attempts_ended_;
    ring();
}

/// With jitter, so that all who lost the same server do not come back at once.
std::chrono::nanoseconds Vigil::next_pause()
{
    const double share = std::uniform_real_distribution<>(0.5, 1.0)(random_);
    const auto pause = std::chrono::duration_cast<std::chrono::nanoseconds>(backoff_ * share);
    backoff_ = std::min<std::chrono::nanoseconds>(backoff_ * 2, limits_.backoff_max);
    return pause;
}

void Vigil::tell(const std::string& message) const
{
    if (log_) log_(message);
}

} // namespace trunkline::db::postgres
