// SPDX-License-Identifier: MIT
#include "mysql/line.hpp"

#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>

#include <errmsg.h>
#include <fcntl.h>
#include <sys/socket.h>

namespace trunkline::db::mysql {

using namespace std::chrono_literals;

namespace {

constexpr auto farewell_limit = 5s; // for the server to hang up
constexpr int resumes_max = 64;     // of an operation whose socket is shut down
constexpr int proofs_max = 3;

Deadline now() { return std::chrono::steady_clock::now(); }

template <class Start, class Resume>
class Pair final : public Operation {
public:
    Pair(Start start, Resume resume) : start_(std::move(start)), resume_(std::move(resume)) {}
    int start() override { return start_(); }
    int resume(int events) override { return resume_(events); }

private:
    Start start_;
    Resume resume_;
};

/// Who leaves while it is under way abandons it.
struct Patience {
    ~Patience() { login->abandon(); }
    std::shared_ptr<Login> login;
};

} // namespace

Line::Line(asio::any_io_executor executor, std::shared_ptr<LoginThreads> threads)
    : executor_(executor), threads_(std::move(threads)), timer_(executor), socket_(executor)
{}

Line::~Line()
{
    // What the library would still like to say is said to nobody: saying it could block.
    if (broken_ && socket_.is_open()) ::shutdown(socket_.native_handle(), SHUT_RDWR);
}

// -- Logging in --------------------------------------------------------------

asio::awaitable<void> Line::connect(Lane& lane, std::shared_ptr<const Target> target, Address address,
                                    std::string application, Deadline deadline)
{
    target_ = std::move(target);
    address_ = std::move(address);
    const Patience patience{std::make_shared<Login>(target_, address_, std::move(application), deadline)};
    auto work = [login = patience.login] { return login->run(); };
    const auto failure = co_await run_until(lane, std::move(work), deadline);
    const bool gave_up = co_await was_cancelled();
    if (gave_up) throw_cancelled();
    if (!failure || (*failure && now() >= deadline)) throw_connect_timed_out();
    if (*failure) throw_connect_failed(*failure);
    handle_ = patience.login->take();
    broken_ = !watch();
    if (broken_) throw_connect_failed("there is no descriptor left to watch a connection with", "53000");
}

/// False when there is nothing to watch.
bool Line::watch()
{
    const auto theirs = mysql_get_socket(native());
    if (theirs == watched_ && socket_.is_open()) return true;
    const int duplicate = ::fcntl(theirs, F_DUPFD_CLOEXEC, 0);
    if (duplicate < 0) return false;
    boost::system::error_code ignored;
    socket_.close(ignored);
    socket_.assign(duplicate);
    // The library leaves an encrypted connection in blocking mode, and then reads from it blocking.
    socket_.native_non_blocking(true, ignored);
    watched_ = theirs;
    return true;
}

bool Line::alive()
{
    if (broken_) return false;
    // The server says nothing unasked but its farewell.
    char first;
    const auto there = ::recv(socket_.native_handle(), &first, 1, MSG_PEEK | MSG_DONTWAIT);
    if (there < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return true;
    broken_ = true;
    return false;
}

// -- Operations --------------------------------------------------------------

void Line::begin_call(Deadline deadline) noexcept
{
    wait_until_ = deadline;
    give_up_at_ = Deadline::max();
    why_ = Interruption::none;
    own_work_ = false;
    told_to_stop_ = false;
    stoppable_ = true;
}

asio::awaitable<void> Line::begin_cleaning()
{
    const bool gave_up = co_await was_cancelled();
    if (gave_up && why_ == Interruption::none) why_ = Interruption::cancelled;
    co_await ignore_cancellation();
    stoppable_ = false;
    wait_until_ = give_up_at_ = now() + stop_limit;
}

void Line::note(Failure failure)
{
    failure_ = std::move(failure);
    if (ends_connection(failure_)) broken_ = true;
}

void Line::note(bool failed)
{
    if (!failed) return note(Failure{});
    note(Failure{mysql_errno(native()), mysql_sqlstate(native()), mysql_error(native())});
    if (!failure_) note(Failure{CR_SERVER_LOST, "08006", "the connection to the database was lost"});
}

void Line::note(bool failed, MYSQL_STMT* statement)
{
    if (!failed) return note(Failure{});
    note(Failure{mysql_stmt_errno(statement), mysql_stmt_sqlstate(statement), mysql_stmt_error(statement)});
    if (!failure_) note(true);
}

asio::awaitable<void> Line::query(std::string_view text)
{
    int refused = 1;
    auto start = [&] { return mysql_real_query_start(&refused, native(), text.data(), text.size()); };
    auto resume = [&](int events) { return mysql_real_query_cont(&refused, native(), events); };
    Pair operation(start, resume);
    co_await drive(operation);
    note(refused != 0);
}

asio::awaitable<TextRows> Line::store()
{
    MYSQL_RES* rows = nullptr;
    auto start = [&] { return mysql_store_result_start(&rows, native()); };
    auto resume = [&](int events) { return mysql_store_result_cont(&rows, native(), events); };
    Pair operation(start, resume);
    co_await drive(operation);
    note(!rows && (broken_ || mysql_field_count(native()) != 0));
    co_return TextRows(rows);
}

asio::awaitable<void> Line::next_result()
{
    int refused = 1;
    auto start = [&] { return mysql_next_result_start(&refused, native()); };
    auto resume = [&](int events) { return mysql_next_result_cont(&refused, native(), events); };
    Pair operation(start, resume);
    co_await drive(operation);
    note(refused > 0);
}

asio::awaitable<void> Line::reset()
{
    int refused = 1;
    auto start = [&] { return mysql_reset_connection_start(&refused, native()); };
    auto resume = [&](int events) { return mysql_reset_connection_cont(&refused, native(), events); };
    Pair operation(start, resume);
    co_await drive(operation);
    note(refused != 0);
}

asio::awaitable<void> Line::prepare(MYSQL_STMT* statement, std::string_view text)
{
    int refused = 1;
    auto start = [&] { return mysql_stmt_prepare_start(&refused, statement, text.data(), text.size()); };
    auto resume = [&](int events) { return mysql_stmt_prepare_cont(&refused, statement, events); };
    Pair operation(start, resume);
    co_await drive(operation);
    note(refused != 0, statement);
}

asio::awaitable<void> Line::execute(MYSQL_STMT* statement)
{
    int refused = 1;
    auto start = [&] { return mysql_stmt_execute_start(&refused, statement); };
    auto resume = [&](int events) { return mysql_stmt_execute_cont(&refused, statement, events); };
    Pair operation(start, resume);
    co_await drive(operation);
    note(refused != 0, statement);
}

asio::awaitable<void> Line::store(MYSQL_STMT* statement)
{
    int refused = 1;
    auto start = [&] { return mysql_stmt_store_result_start(&refused, statement); };
    auto resume = [&](int events) { return mysql_stmt_store_result_cont(&refused, statement, events); };
    Pair operation(start, resume);
    co_await drive(operation);
    note(refused != 0, statement);
}

asio::awaitable<bool> Line::fetch(MYSQL_STMT* statement)
{
    int answer = 1;
    auto start = [&] { return mysql_stmt_fetch_start(&answer, statement); };
    auto resume = [&](int events) { return mysql_stmt_fetch_cont(&answer, statement, events); };
    Pair operation(start, resume);
    co_await drive(operation);
    note(answer == 1, statement);
    co_return answer == 0;
}

asio::awaitable<void> Line::next_result(MYSQL_STMT* statement)
{
    int refused = 1;
    auto start = [&] { return mysql_stmt_next_result_start(&refused, statement); };
    auto resume = [&](int events) { return mysql_stmt_next_result_cont(&refused, statement, events); };
    Pair operation(start, resume);
    co_await drive(operation);
    note(refused > 0, statement);
}

asio::awaitable<void> Line::free_result(MYSQL_STMT* statement)
{
    my_bool refused = 1;
    auto start = [&] { return mysql_stmt_free_result_start(&refused, statement); };
    auto resume = [&](int events) { return mysql_stmt_free_result_cont(&refused, statement, events); };
    Pair operation(start, resume);
    co_await drive(operation);
    note(refused != 0, statement);
}

asio::awaitable<void> Line::close(StatementHandle statement)
{
    if (broken_) {
        buried_.push_back(std::move(statement));
        co_return;
    }
    my_bool refused = 1;
    MYSQL_STMT* const freed = statement.release(); // however it ends
    auto start = [&] { return mysql_stmt_close_start(&refused, freed); };
    auto resume = [&](int events) { return mysql_stmt_close_cont(&refused, freed, events); };
    Pair operation(start, resume);
    co_await drive(operation);
    note(refused != 0);
}

asio::awaitable<void> Line::prove()
{
    for (int trip = 0; trip < proofs_max && !broken_; ++trip) {
        co_await query("DO 0");
        if (!failure_) co_return;
    }
    broken_ = true;
}

asio::awaitable<void> Line::drive(Operation& operation)
{
    if (broken_) co_return;
    int wanted = operation.start();
    while (wanted != 0) {
        if (!watch()) co_return abandon(operation, wanted);
        const Waited waited = co_await wait(wanted, wait_until_);
        if (waited.why == Interruption::none) {
            wanted = operation.resume(waited.events);
            continue;
        }
        const bool goes_on = co_await interrupt(waited.why);
        if (!goes_on) co_return abandon(operation, wanted);
    }
}

/// Ends an operation that nobody answers.
void Line::abandon(Operation& operation, int wanted)
{
    broken_ = true;
    if (socket_.is_open()) ::shutdown(socket_.native_handle(), SHUT_RDWR);
    for (int resumed = 0; wanted != 0 && resumed < resumes_max; ++resumed)
        wanted = operation.resume(wanted | MYSQL_WAIT_TIMEOUT);
}

// -- Stopping ----------------------------------------------------------------

/// The wait is over before the answer. True when it makes sense to wait on.
asio::awaitable<bool> Line::interrupt(Interruption why)
{
    if (why_ == Interruption::none) {
        why_ = why;
        co_await ignore_cancellation();
        if (stoppable_ && !own_work_) ++stopped_;
        give_up_at_ = now() + stop_limit;
    }
    if (!stoppable_ || now() >= give_up_at_) co_return false;
    if (own_work_) {
        wait_until_ = give_up_at_;
        co_return true;
    }
    const bool certain = co_await ask_to_stop(give_up_at_);
    wait_until_ = std::min<Deadline>(give_up_at_, now() + stop_patience);
    co_return certain;
}

/// False when it is not certain that the request is over: then it may still hit whatever runs here next.
asio::awaitable<bool> Line::ask_to_stop(Deadline deadline)
{
    Line second(executor_, threads_);
    try {
        co_await second.connect(threads_->stops, target_, address_, "trunkline-stop", deadline);
    } catch (const std::exception&) {
        co_return true; // nothing was asked
    }
    second.begin_call(deadline);
    second.stoppable_ = false;
    const std::string text = "KILL QUERY " + std::to_string(mysql_thread_id(native()));
    told_to_stop_ = true;
    co_await second.query(text);
    co_return !second.broken();
}

// -- Waiting -----------------------------------------------------------------

/// Waits for what the library asks for, exactly: some of the events, or the time-out that it sets itself.
asio::awaitable<Line::Waited> Line::wait(int wanted, Deadline deadline)
{
    namespace group = asio::experimental;
    using Socket = asio::posix::stream_descriptor;
    constexpr int only_read = MYSQL_WAIT_READ, only_write = MYSQL_WAIT_WRITE;
    const bool library_waits = (wanted & MYSQL_WAIT_TIMEOUT) != 0;
    const Deadline library_until =
        library_waits ? now() + std::chrono::milliseconds(mysql_get_timeout_value_ms(native())) : Deadline::max();
    const int events_wanted = wanted & ~MYSQL_WAIT_TIMEOUT;
    Waited waited;
    while (waited.events == 0 && waited.why == Interruption::none) {
        const bool before = co_await was_cancelled();
        if (before) {
            waited.why = Interruption::cancelled;
            break;
        }
        timer_.expires_at(std::min(deadline, library_until));
        if (events_wanted == only_read || events_wanted == only_write) {
            const auto kind = events_wanted == only_read ? Socket::wait_read : Socket::wait_write;
            auto first =
                group::make_parallel_group(timer_.async_wait(asio::deferred), socket_.async_wait(kind, asio::deferred));
            co_await first.async_wait(group::wait_for_one(), asio::use_awaitable);
        } else {
            auto first = group::make_parallel_group(timer_.async_wait(asio::deferred),
                                                    socket_.async_wait(Socket::wait_read, asio::deferred),
                                                    socket_.async_wait(Socket::wait_write, asio::deferred),
                                                    socket_.async_wait(Socket::wait_error, asio::deferred));
            co_await first.async_wait(group::wait_for_one(), asio::use_awaitable);
        }
        const bool after = co_await was_cancelled();
        waited.events = events_within(socket_.native_handle(), events_wanted, 0);
        if (after) waited.why = Interruption::cancelled;
        else if (waited.events == 0 && now() >= deadline) waited.why = Interruption::deadline;
        else if (waited.events == 0 && now() >= library_until) waited.events = MYSQL_WAIT_TIMEOUT;
    }
    co_return waited;
}

// -- Parting -----------------------------------------------------------------

asio::awaitable<void> Line::leave()
{
    if (broken_ && socket_.is_open()) ::shutdown(socket_.native_handle(), SHUT_RDWR);
    broken_ = true;
    handle_.reset(); // says good-bye
    const auto limit = now() + farewell_limit;
    while (socket_.is_open()) {
        char rest[4096];
        const auto got = ::recv(socket_.native_handle(), rest, sizeof rest, MSG_DONTWAIT);
        const bool nothing_yet = got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
        if (got == 0 || (got < 0 && !nothing_yet)) break;
        if (!nothing_yet) continue;
        const Waited waited = co_await wait(MYSQL_WAIT_READ, limit);
        if (waited.why != Interruption::none) break;
    }
    boost::system::error_code ignored;
    socket_.close(ignored);
}

} // namespace trunkline::db::mysql
