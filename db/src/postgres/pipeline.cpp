// SPDX-License-Identifier: MIT
#include "postgres/pipeline.hpp"

#include "postgres/refusal.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/post.hpp>

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

/// What waits for the loop to do something. When it goes undone the loop has ended: then those who wait go too, because
/// nothing else holds their frames, and their frames hold the pipeline.
class Pipeline::Errand {
public:
    Errand(Self pipeline, void (Pipeline::*then)()) : pipeline_(std::move(pipeline)), then_(then) {}
    Errand(Errand&&) = default;
    ~Errand()
    {
        if (pipeline_) pipeline_->drop_callers();
    }

    void operator()(boost::system::error_code = {})
    {
        const Self pipeline = std::move(pipeline_);
        ((*pipeline).*then_)();
    }

private:
    Self pipeline_;
    void (Pipeline::*then_)();
};

void Pipeline::drop_callers() noexcept
{
    std::vector<std::unique_ptr<Submission::Waiting>> dropped;
    const auto drop = [&](const CallPtr& call) {
        if (call) dropped.push_back(std::move(call->waiting));
    };
    for (const Block& block : blocks_) drop(block.call);
    for (const CallPtr& call : held_) drop(call);
    for (const CallPtr& call : ended_) drop(call);
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
            call->waiting = std::make_unique<Submission::WaitingFor<decltype(handler)>>(std::move(handler));
        };
        co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(std::move(initiate), asio::use_awaitable);
    }
    if (call->failure) std::rethrow_exception(call->failure);
    Beside answer;
    answer.result = std::move(call->result);
    answer.took = call->took;
    co_return answer;
}

void Pipeline::start(const CallPtr& call)
{
    ErrorInfo info;
    if (lost_) {
        describe_statement(info, call->statement());
        info.message = "the connection to the database was closed";
        info.sqlstate = wire_->farewell().empty() ? "08006" : wire_->farewell();
        throw ConnectionLost(std::move(info));
    }
    if (Clock::now() >= call->deadline) {
        describe_statement(info, call->statement());
        info.message = "the deadline had passed before the statement was sent";
        info.sqlstate = "57014";
        throw CommandTimeout(std::move(info));
    }
    for (Block& block : std::exchange(front_, {})) send_own(std::move(block));
    send(call);
    watch_deadline(call->deadline);
}

void Pipeline::send(const CallPtr& call)
{
    ++call->tries;
    call->stops_before = stops_;
    call->reply.reset();
    call->refusal.reset();
    name(*call);
    Block block;
    block.call = call;
    if (blocks_.empty()) {
        last_look_ = db::detail::Moment::now();
        waited_ = {};
    }
    const bool sent = send_block(block);
    blocks_.push_back(std::move(block));
    if (!sent) return lose();
    listen();
    flush();
}

/// By name when there is a name for it or room for one; otherwise unnamed.
void Pipeline::name(Submission& call)
{
    call.name.clear();
    call.prepares = false;
    if (session_->unnamed || call.unnamed) return;
    cache_->next_trip();
    const std::string key = cache_key(call.text, call.parameters);
    if (auto known = cache_->find(key)) {
        call.name = std::move(*known);
        return;
    }
    if (!cache_->room()) {
        const auto evicted = cache_->evict();
        if (!evicted) return;
        send_own({{}, "DEALLOCATE " + *evicted, false});
    }
    call.name = cache_->add(key);
    call.prepares = true;
}

void Pipeline::send_own(Block block)
{
    if (!send_block(block)) lost_ = true;
    blocks_.push_back(std::move(block));
}

bool Pipeline::send_block(const Block& block)
{
    PGconn* const connection = wire_->native();
    if (lost_) return false;
    if (!block.call) {
        return PQsendQueryParams(connection, block.text.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0) == 1 &&
               PQpipelineSync(connection) == 1;
    }
    const Submission& call = *block.call;
    const Parameters& with = call.parameters;
    if (call.prepares &&
        PQsendPrepare(connection, call.name.c_str(), call.text.c_str(), with.size(), with.types()) != 1)
        return false;
    const int sent = call.name.empty() ? PQsendQueryParams(connection, call.text.c_str(), with.size(), with.types(),
                                                           with.values(), with.lengths(), with.formats(), 0)
                                       : PQsendQueryPrepared(connection, call.name.c_str(), with.size(), with.values(),
                                                             with.lengths(), with.formats(), 0);
    return sent == 1 && PQpipelineSync(connection) == 1;
}

// -- The socket ----------------------------------------------------------------

void Pipeline::listen()
{
    if (listening_ || blocks_.empty() || lost_) return;
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
    if (PQconsumeInput(wire_->native()) == 0) lose();
    else collect();
    listen();
    release();
}

void Pipeline::collect()
{
    while (!lost_ && !blocks_.empty() && PQisBusy(wire_->native()) == 0) {
        ResultPtr reply(PQgetResult(wire_->native()));
        // Between two steps there is a null; two in a row mean that nothing is under way any more.
        const bool null = !reply;
        if (null ? null_ : !place(std::move(reply))) lose();
        null_ = null;
    }
    if (!lost_ && blocks_.empty()) went_idle();
}

/// False when the server does not speak of what it was asked.
bool Pipeline::place(ResultPtr reply)
{
    Block& block = blocks_.front();
    if (PQresultStatus(reply.get()) != PGRES_PIPELINE_SYNC) return place(block, std::move(reply));
    const Block ended = std::move(block);
    blocks_.pop_front();
    const std::size_t due = ended.call && ended.call->prepares ? 2 : 1;
    if (ended.answered != due) {
        blocks_.push_front(ended);
        return false;
    }
    if (ended.call) finish(ended.call);
    return true;
}

bool Pipeline::place(Block& block, ResultPtr reply)
{
    const std::size_t step = block.answered++;
    if (is_copy(reply.get()) || !holds_together(reply.get())) return false;
    if (!block.call) return step == 0 && (!block.must_succeed || !failed(reply.get()));
    Submission& call = *block.call;
    if (call.prepares && step == 0) {
        if (failed(reply.get())) call.refusal = std::move(reply);
        return true;
    }
    call.reply = std::move(reply);
    return step == (call.prepares ? 1 : 0);
}

// -- The end of a call -----------------------------------------------------------

void Pipeline::finish(const CallPtr& call)
{
    call->took = std::exchange(waited_, {});
    stop_limit_.reset(); // it was the head's
    if (again(*call)) return send(call);
    call->conclude();
    if (stopping_ && call->unwanted()) held_.push_back(call);
    else ended_.push_back(call);
    stop_head();
}

/// True when the statement failed, and was undone, for a reason that is none of its own: its name, or a request to stop
/// that was meant for another.
bool Pipeline::again(Submission& call)
{
    if (call.tries >= tries_max || call.unwanted()) return false;
    if (!failed(call.verdict())) return false;
    const std::string state = state_of(call.verdict());
    if (call.prepares && call.refusal) cache_->forget(call.name);
    if (state == "57014") return stopping_ || stops_ > call.stops_before;
    if (call.name.empty()) return false;
    const bool columns_changed = state == "0A000" && !call.refusal;
    if (columns_changed) cache_->forget(call.name);
    else if (state == "26000" || state == "42P05") cache_->forget_all();
    else return false;
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
    for (const Block& block : std::exchange(blocks_, {})) {
        if (!block.call) continue;
        block.call->conclude_lost(wire_->farewell());
        ended_.push_back(block.call);
    }
    for (const CallPtr& call : std::exchange(held_, {})) ended_.push_back(call);
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
        if (const auto waiting = std::move(call->waiting)) waiting->wake();
    }
}

// -- Stopping ----------------------------------------------------------------

void Pipeline::give_up(const CallPtr& call)
{
    if (call->ended) return;
    call->given_up = true;
    stop_head();
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
    for (const Block& block : blocks_) {
        if (!block.call) continue;
        if (block.call->deadline <= now) block.call->late = true;
        else next = std::min(next, block.call->deadline);
    }
    if (next != Deadline::max()) watch_deadline(next);
    stop_head();
}

/// Asks the server to stop what it works on, if nobody wants it any more.
void Pipeline::stop_head()
{
    if (stopping_ || lost_ || blocks_.empty()) return;
    const CallPtr& head = blocks_.front().call;
    if (!head || !head->unwanted()) return;
    stopping_ = true;
    wire_->note_stop();
    const auto self = self_.lock();
    asio::co_spawn(executor_, ask(self, head), [self](std::exception_ptr failure) {
        if (failure) self->lose();
        self->release();
    });
}

asio::awaitable<void> Pipeline::ask(Self self, CallPtr head)
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
    if (self->lost_ || self->blocks_.empty() || self->blocks_.front().call != head) co_return;
    // It may have come before the server had begun with it.
    asio::steady_timer pause(self->executor_, stop_patience);
    boost::system::error_code ignored;
    co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    self->stop_head();
}

/// The request is over. If it may still be dealt with, it must find nobody on this connection.
void Pipeline::asked(bool dealt_with, const CallPtr& head)
{
    stopping_ = false;
    ++stops_;
    if (!dealt_with) return lose();
    for (const CallPtr& call : std::exchange(held_, {})) ended_.push_back(call);
    if (blocks_.empty() || blocks_.front().call != head) {
        stop_limit_.reset();
        stop_head();
    }
}

} // namespace trunkline::db::postgres
