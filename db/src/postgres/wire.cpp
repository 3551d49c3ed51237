// SPDX-License-Identifier: MIT
#include "postgres/wire.hpp"

#include "postgres/refusal.hpp"
#include "postgres/stop_request.hpp"

#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/redirect_error.hpp>

#include <charconv>
#include <random>

#include <fcntl.h>
#include <sys/socket.h>

namespace trunkline::db::postgres {

using namespace std::chrono_literals;

namespace {

constexpr auto farewell_limit = 5s; // for the server to hang up
constexpr int messages_while_idle_max = 64;
constexpr auto moment = 100us; // less than it takes to reach a server

Deadline now() { return std::chrono::steady_clock::now(); }

std::int64_t any_number()
{
    std::random_device random;
    return static_cast<std::int64_t>((std::uint64_t{random()} << 31) ^ random());
}

/// How many rows a COPY took; 0 for everything else.
std::uint64_t rows_counted(const PGresult* reply)
{
    std::uint64_t counted = 0;
    const std::string_view text = PQcmdTuples(const_cast<PGresult*>(reply));
    std::from_chars(text.data(), text.data() + text.size(), counted);
    return counted;
}

} // namespace

bool failed(const PGresult* reply)
{
    const auto status = PQresultStatus(reply);
    return status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY;
}

bool is_copy(const PGresult* reply)
{
    const auto status = PQresultStatus(reply);
    return status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH;
}

bool Step::failed() const noexcept { return postgres::failed(reply.get()); }

Step text_step(std::string text)
{
    Step step;
    step.text = std::move(text);
    return step;
}

Step echo_step(std::int64_t number)
{
    Step step = text_step(std::to_string(number));
    step.kind = Step::Kind::echo;
    return step;
}

bool Step::fits() const
{
    if (member || failed()) return true;
    if (kind == Kind::echo)
        return PQntuples(reply.get()) == 1 && PQnfields(reply.get()) == 1 && text == PQgetvalue(reply.get(), 0, 0);
    // Every command here is answered by its first word; a COMMIT of what had failed is a ROLLBACK.
    const std::string_view did = PQcmdStatus(reply.get());
    std::string_view command = text;
    command.remove_prefix(std::min(command.find_first_not_of('\n'), command.size()));
    command = command.substr(0, command.find_first_of(" \n"));
    return did.starts_with(command) || (command == "COMMIT" && did == "ROLLBACK");
}

bool holds_together(const PGresult* reply)
{
    const auto status = PQresultStatus(reply);
    if (status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE || status == PGRES_NONFATAL_ERROR)
        return !state_of(reply).empty();
    if (status != PGRES_TUPLES_OK) return true;
    const std::string_view counted = PQcmdTuples(const_cast<PGresult*>(reply)); // empty where nothing is counted
    return counted.empty() || counted == std::to_string(PQntuples(reply));
}

Wire::Wire(asio::any_io_executor executor, std::shared_ptr<Lane> lane)
    : lane_(std::move(lane)), timer_(executor), socket_(executor), last_echo_(any_number())
{}

Wire::~Wire() = default;

// -- Logging in --------------------------------------------------------------

asio::awaitable<void> Wire::connect(std::vector<std::pair<std::string, std::string>> keywords, Deadline deadline)
{
    std::vector<const char*> names;
    std::vector<const char*> values;
    for (const auto& [name, value] : keywords) {
        names.push_back(name.c_str());
        values.push_back(value.c_str());
    }
    names.push_back(nullptr);
    values.push_back(nullptr);
    farewell_.clear();
    connection_.reset(PQconnectStartParams(names.data(), values.data(), 1));
    if (!connection_) throw std::bad_alloc();
    // libpq keeps the SQLSTATE of a refused log-in to itself, except in verbose messages.
    PQsetErrorVerbosity(native(), PQERRORS_VERBOSE);
    PQsetNoticeReceiver(native(), &Wire::hear, this);

    auto next = PQstatus(native()) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
    while (next != PGRES_POLLING_OK) {
        if (next == PGRES_POLLING_FAILED) throw_connect_failed(native());
        watch(); // the socket changes when libpq tries another address
        const auto why = co_await wait(next == PGRES_POLLING_READING ? Interest::read : Interest::write, deadline);
        if (why == Interruption::cancelled) throw_cancelled();
        if (why == Interruption::deadline) throw_connect_timed_out();
        next = PQconnectPoll(native());
    }
    watch();
    if (PQsetnonblocking(native(), 1) != 0 || PQenterPipelineMode(native()) != 1) throw_connect_failed(native());
    transaction_ = PQtransactionStatus(native());
    broken_ = false;
}

void Wire::watch()
{
    const int duplicate = ::fcntl(PQsocket(native()), F_DUPFD_CLOEXEC, 0);
    if (duplicate < 0) throw_connect_failed(native());
    boost::system::error_code ignored;
    socket_.close(ignored);
    socket_.assign(duplicate);
}

/// Notices are nobody's business here, except the one with which a server hangs up.
void Wire::hear(void* self, const PGresult* notice)
{
    const char* severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
    const char* state = PQresultErrorField(notice, PG_DIAG_SQLSTATE);
    if (severity && state && std::string_view(severity) == "FATAL") static_cast<Wire*>(self)->farewell_ = state;
}

bool Wire::alive()
{
    if (broken_ || !farewell_.empty()) return false;
    const auto time = now();
    if (time - looked_ < moment) return true;
    looked_ = time;
    for (int read = 0; read < messages_while_idle_max && !broken_; ++read) {
        char first;
        const auto there = ::recv(socket_.native_handle(), &first, 1, MSG_PEEK | MSG_DONTWAIT);
        if (there < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return true;
        if (there <= 0 || PQconsumeInput(native()) == 0) broken_ = true;
        PQisBusy(native()); // reads what came unasked
        while (PGnotify* note = PQnotifies(native())) PQfreemem(note);
    }
    return !broken_;
}

// -- A trip ------------------------------------------------------------------

bool Wire::send(const Step& step)
{
    static const Parameters none{std::vector<Value>{}};
    const Parameters& with = step.parameters ? *step.parameters : none;
    switch (step.kind) {
    case Step::Kind::prepare:
        return PQsendPrepare(native(), step.name.c_str(), step.text.c_str(), with.size(), with.types()) == 1;
    case Step::Kind::prepared:
        return PQsendQueryPrepared(native(), step.name.c_str(), with.size(), with.values(), with.lengths(),
                                   with.formats(), 0) == 1;
    case Step::Kind::echo: {
        const char* const values[] = {step.text.c_str()};
        return PQsendQueryParams(native(), echo_text, 1, nullptr, values, nullptr, nullptr, 0) == 1;
    }
    case Step::Kind::text: break;
    }
    return PQsendQueryParams(native(), step.text.c_str(), with.size(), with.types(), with.values(), with.lengths(),
                             with.formats(), 0) == 1;
}

bool Wire::send(Exchange& exchange)
{
    if (exchange.simple)
        return PQexitPipelineMode(native()) == 1 &&
               PQsendQuery(native(), exchange.blocks[0]->front().text.c_str()) == 1;
    for (const Block* block : exchange.blocks) {
        for (const Step& step : *block)
            if (!send(step)) return false;
        if (PQpipelineSync(native()) != 1) return false;
    }
    return true;
}

asio::awaitable<Interruption> Wire::exchange(Exchange& exchange, Deadline deadline)
{
    auto why = Interruption::none;
    lost_ = !send(exchange);
    if (!lost_) why = co_await pump(exchange, deadline);
    if (why != Interruption::none) {
        co_await ignore_cancellation();
        ++stopped_;
        co_await stop(exchange);
    }
    settle(exchange);
    co_return why;
}

/// What the server says of the connection, once nothing is under way.
void Wire::settle(Exchange& exchange)
{
    if (!exchange.complete || lost_) broken_ = true;
    if (broken_) return;
    if (exchange.simple && PQenterPipelineMode(native()) != 1) broken_ = true;
    while (PGnotify* note = PQnotifies(native())) PQfreemem(note);
    transaction_ = PQtransactionStatus(native());
    if (transaction_ == PQTRANS_ACTIVE || transaction_ == PQTRANS_UNKNOWN) broken_ = true;
}

bool Wire::settle_idle()
{
    if (!at_rest()) return false;
    while (PGnotify* note = PQnotifies(native())) PQfreemem(note);
    transaction_ = PQtransactionStatus(native());
    return transaction_ == PQTRANS_IDLE;
}

asio::awaitable<Interruption> Wire::pump(Exchange& exchange, Deadline deadline)
{
    return pump(exchange, exchange.blocks.size(), deadline);
}

/// Until so many blocks are answered.
asio::awaitable<Interruption> Wire::pump(Exchange& exchange, std::size_t blocks, Deadline deadline)
{
    while (!exchange.complete && !lost_ && exchange.block < blocks) {
        if (exchange.feeding) feed(exchange);
        const int unsent = PQflush(native());
        // Reading goes on while there is something to write: otherwise both sides can wait for the other for ever.
        const bool writes = unsent > 0 || exchange.feeding;
        const auto why = co_await wait(writes ? Interest::both : Interest::read, deadline);
        if (why != Interruption::none) co_return why;
        if (exchange.feeding && refuses_already()) end_feeding(exchange, "refused");
        if (unsent < 0 || PQconsumeInput(native()) == 0) lost_ = true;
        exchange.simple ? collect_simple(exchange) : collect(exchange);
    }
    co_return Interruption::none;
}

void Wire::collect(Exchange& exchange)
{
    bool nothing = false;
    while (!exchange.complete && PQisBusy(native()) == 0) {
        ResultPtr reply(PQgetResult(native()));
        // Between two steps there is a null; two in a row mean that nothing is under way any more.
        const bool null = !reply;
        if (null ? nothing : !place(exchange, std::move(reply))) {
            lost_ = true;
            return;
        }
        nothing = null;
    }
    // Reads the end of the last Sync, so that libpq knows it is idle.
    if (exchange.complete && !at_rest()) lost_ = true;
}

/// Where libpq believes that more is to come, because a reply vanished or was one too many, PQgetResult would wait for
/// it, and this thread with it.
bool Wire::at_rest() { return PQisBusy(native()) == 0 && !ResultPtr(PQgetResult(native())); }

/// False when the server does not speak of what it was asked.
bool Wire::place(Exchange& exchange, ResultPtr reply)
{
    const auto status = PQresultStatus(reply.get());
    Block& block = *exchange.blocks[exchange.block];
    if (status == PGRES_PIPELINE_SYNC) {
        ++exchange.block;
        exchange.step = 0;
        exchange.complete = exchange.block == exchange.blocks.size();
        return true;
    }
    const bool believed = holds_together(reply.get()) && !is_copy(reply.get());
    if (exchange.step < block.size()) {
        block[exchange.step++].reply = std::move(reply);
        return believed && block[exchange.step - 1].fits();
    }
    // Behind the last step only the commit that a Sync is can fail; else it is an answer to no question.
    if (!believed || !postgres::failed(reply.get()) || block.back().failed()) return false;
    block.back().reply = std::move(reply);
    return true;
}

void Wire::collect_simple(Exchange& exchange)
{
    Step& step = exchange.blocks[0]->front();
    while (!exchange.feeding && PQisBusy(native()) == 0) {
        ResultPtr reply(PQgetResult(native()));
        if (!reply) {
            exchange.complete = !lost_;
            return;
        }
        step.reply = std::move(reply); // the last one is what the text answered
        const PGresult* const latest = step.reply.get();
        if (exchange.rows && PQresultStatus(latest) == PGRES_COPY_IN) exchange.feeding = true;
        else if (is_copy(latest)) lost_ = true;
        if (exchange.rows) exchange.copied = std::max(exchange.copied, rows_counted(latest));
        if (lost_) return;
    }
}

// -- Rows to copy in ---------------------------------------------------------

/// The next piece goes out when the one before is gone: what the server does not take yet stays unwritten.
void Wire::feed(Exchange& exchange)
{
    if (PQflush(native()) != 0) return;
    const auto piece = exchange.rows->next();
    if (piece.empty()) return end_feeding(exchange, nullptr);
    if (PQputCopyData(native(), piece.data(), static_cast<int>(piece.size())) != 1) lost_ = true;
}

/// With a `failure` the server undoes what it took.
void Wire::end_feeding(Exchange& exchange, const char* failure)
{
    exchange.feeding = false;
    if (PQputCopyEnd(native(), failure) != 1) lost_ = true;
}

/// libpq does not look at what the server says before the last row is out. A refusal can be seen all the same, unless
/// it is encrypted; then the rest is sent in vain, and the server drops it.
bool Wire::refuses_already()
{
    char first = 0;
    return PQsslInUse(native()) == 0 && ::recv(socket_.native_handle(), &first, 1, MSG_PEEK | MSG_DONTWAIT) == 1 &&
           first == 'E';
}

// -- Stopping ----------------------------------------------------------------

asio::awaitable<void> Wire::stop(Exchange& exchange)
{
    const auto limit = now() + stop_limit;
    co_await pump(exchange, exchange.own_blocks, now() + stop_limit / 2);
    if (exchange.feeding) {
        end_feeding(exchange, "stopped");
        co_await pump(exchange, now() + stop_patience);
    }
    while (!exchange.complete && !lost_ && now() < limit) {
        if (!co_await ask_to_stop(limit)) {
            // The request may still arrive, and must find nobody but this connection's last statement.
            give_up();
            co_return;
        }
        co_await pump(exchange, std::min<Deadline>(limit, now() + stop_patience));
    }
}

asio::awaitable<bool> Wire::ask_to_stop(Deadline deadline)
{
    if (const auto request = StopRequest::of(native())) co_return co_await request->send(deadline);
    const std::shared_ptr<PGcancel> request(PQgetCancel(native()), &PQfreeCancel);
    auto work = [request] {
        char reason[256];
        return request && PQcancel(request.get(), reason, sizeof reason) == 1;
    };
    const auto answer = co_await run_until(*lane_, std::move(work), deadline);
    co_return answer.has_value();
}

asio::awaitable<Interruption> Wire::wait(Interest interest, Deadline deadline)
{
    namespace group = asio::experimental;
    const bool before = co_await was_cancelled();
    if (before) co_return Interruption::cancelled;
    const auto readable = asio::posix::stream_descriptor::wait_read;
    const auto writable = asio::posix::stream_descriptor::wait_write;
    timer_.expires_at(deadline);
    bool late = false;
    if (interest == Interest::both) {
        auto first =
            group::make_parallel_group(timer_.async_wait(asio::deferred), socket_.async_wait(readable, asio::deferred),
                                       socket_.async_wait(writable, asio::deferred));
        auto ended = co_await first.async_wait(group::wait_for_one(), asio::use_awaitable);
        late = std::get<0>(ended)[0] == 0;
    } else {
        const auto kind = interest == Interest::read ? readable : writable;
        auto first =
            group::make_parallel_group(timer_.async_wait(asio::deferred), socket_.async_wait(kind, asio::deferred));
        auto ended = co_await first.async_wait(group::wait_for_one(), asio::use_awaitable);
        late = std::get<0>(ended)[0] == 0;
    }
    const bool after = co_await was_cancelled();
    if (after) co_return Interruption::cancelled;
    co_return late ? Interruption::deadline : Interruption::none;
}

// -- Parting -----------------------------------------------------------------

asio::awaitable<void> Wire::close()
{
    give_up();
    connection_.reset(); // says good-bye
    const auto limit = now() + farewell_limit;
    while (socket_.is_open()) {
        char rest[4096];
        const auto got = ::recv(socket_.native_handle(), rest, sizeof rest, MSG_DONTWAIT);
        const bool nothing_yet = got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
        if (got == 0 || (got < 0 && !nothing_yet)) break;
        if (!nothing_yet) continue;
        const auto why = co_await wait(Interest::read, limit);
        if (why != Interruption::none) break;
    }
    boost::system::error_code ignored;
    socket_.close(ignored);
}

} // namespace trunkline::db::postgres
