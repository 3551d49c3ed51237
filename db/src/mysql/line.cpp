// SPDX-License-Identifier: MIT
#include "mysql/line.hpp"

#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>

#include <errmsg.h>
#include <fcntl.h>
#include <poll.h>
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

void start_library()
{
    static const bool ready = mysql_library_init(0, nullptr, nullptr) == 0;
    if (!ready) throw_connect_failed("MariaDB Connector/C could not be initialised", "XX000");
}

const char* or_null(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }

/// The library's handshake is the one thing that blocks: its limit goes to the socket, too.
void set_tls(MYSQL* handle, const Tls& tls, Deadline deadline)
{
    const auto left = std::chrono::ceil<std::chrono::seconds>(deadline - now()).count();
    const auto seconds = static_cast<unsigned>(std::clamp<std::int64_t>(left, 1, 3600));
    mysql_optionsv(handle, MYSQL_OPT_CONNECT_TIMEOUT, &seconds);
    const my_bool on = 1, verify = tls.mode == Tls::Mode::verify_identity;
    mysql_optionsv(handle, MYSQL_OPT_SSL_ENFORCE, &on);
    mysql_optionsv(handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
    const std::pair<mysql_option, const std::string*> texts[] = {{MYSQL_OPT_SSL_CA, &tls.ca},
                                                                 {MYSQL_OPT_SSL_CAPATH, &tls.capath},
                                                                 {MYSQL_OPT_SSL_CERT, &tls.cert},
                                                                 {MYSQL_OPT_SSL_KEY, &tls.key},
                                                                 {MYSQL_OPT_SSL_CIPHER, &tls.cipher},
                                                                 {MYSQL_OPT_SSL_CRL, &tls.crl},
                                                                 {MYSQL_OPT_SSL_CRLPATH, &tls.crlpath},
                                                                 {MARIADB_OPT_SSL_FP, &tls.fingerprint},
                                                                 {MARIADB_OPT_TLS_VERSION, &tls.version}};
    for (const auto& [option, text] : texts)
        if (!text->empty()) mysql_optionsv(handle, option, text->c_str());
}

} // namespace

Line::Line(asio::any_io_executor executor) : executor_(executor), timer_(executor), socket_(executor) {}

Line::~Line()
{
    // What the library would still like to say is said to nobody: saying it could block.
    if (broken_ && socket_.is_open()) ::shutdown(socket_.native_handle(), SHUT_RDWR);
}

// -- Logging in --------------------------------------------------------------

void Line::set_options(const std::string& application, Deadline deadline)
{
    const unsigned none = 0;
    const my_bool never = 0;
    mysql_options(native(), MYSQL_OPT_NONBLOCK, nullptr);
    mysql_options(native(), MYSQL_OPT_RECONNECT, &never);
    mysql_options(native(), MYSQL_OPT_LOCAL_INFILE, &none); // a server must not be able to ask for our files
    mysql_options(native(), MYSQL_SET_CHARSET_NAME, "utf8mb4");
    mysql_options(native(), MYSQL_REPORT_DATA_TRUNCATION, &never);
    mysql_optionsv(native(), MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", application.c_str());
    if (target_->tls.mode != Tls::Mode::disabled) set_tls(native(), target_->tls, deadline);
}

asio::awaitable<void> Line::connect(std::shared_ptr<const Target> target, Address address, std::string application,
                                    Deadline deadline)
{
    start_library();
    target_ = std::move(target);
    address_ = std::move(address);
    handle_.reset(mysql_init(nullptr));
    if (!handle_) throw std::bad_alloc();
    set_options(application, deadline);
    const bool local = address_.host.empty();
    MYSQL* connected = nullptr;
    auto start = [&] {
        return mysql_real_connect_start(&connected, native(), local ? nullptr : address_.address.c_str(),
                                        target_->user.c_str(), target_->password.c_str(), or_null(target_->database),
                                        address_.port, local ? address_.address.c_str() : nullptr, CLIENT_FOUND_ROWS);
    };
    auto resume = [&](int events) { return mysql_real_connect_cont(&connected, native(), events); };
    Pair operation(std::move(start), std::move(resume));
    broken_ = false;
    begin_call(deadline);
    stoppable_ = false;
    co_await drive(operation);
    if (why_ == Interruption::cancelled) throw_cancelled();
    if (why_ == Interruption::deadline) throw_connect_timed_out();
    note(connected == nullptr);
    // The library goes on in the clear where a server has no certificate.
    const bool exposed = connected && target_->tls.mode != Tls::Mode::disabled && !mysql_get_ssl_cipher(native());
    if (exposed) note(Failure{CR_SSL_CONNECTION_ERROR, "HY000", "the server does not encrypt connections"});
    if (connected && !exposed && watch()) co_return;
    broken_ = true;
    throw_connect_failed(failure_);
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
        if (stoppable_) ++stopped_;
        give_up_at_ = now() + stop_limit;
    }
    if (!stoppable_ || now() >= give_up_at_) co_return false;
    const bool certain = co_await ask_to_stop(give_up_at_);
    wait_until_ = std::min<Deadline>(give_up_at_, now() + stop_patience);
    co_return certain;
}

/// False when it is not certain that the request is over: then it may still hit whatever runs here next.
asio::awaitable<bool> Line::ask_to_stop(Deadline deadline)
{
    Line second(executor_);
    try {
        co_await second.connect(target_, address_, "trunkline-stop", deadline);
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

namespace {

/// Which of the wanted events are there now.
int ready(int descriptor, int wanted)
{
    pollfd asked{descriptor, 0, 0};
    if (wanted & MYSQL_WAIT_READ) asked.events |= POLLIN;
    if (wanted & MYSQL_WAIT_WRITE) asked.events |= POLLOUT;
    if (wanted & MYSQL_WAIT_EXCEPT) asked.events |= POLLPRI;
    if (::poll(&asked, 1, 0) <= 0) return 0;
    const bool over = (asked.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0; // the library finds out by trying
    int events = 0;
    if ((wanted & MYSQL_WAIT_READ) && (over || (asked.revents & POLLIN))) events |= MYSQL_WAIT_READ;
    if ((wanted & MYSQL_WAIT_WRITE) && (over || (asked.revents & POLLOUT))) events |= MYSQL_WAIT_WRITE;
    if ((wanted & MYSQL_WAIT_EXCEPT) && (over || (asked.revents & POLLPRI))) events |= MYSQL_WAIT_EXCEPT;
    return events;
}

} // namespace

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
        waited.events = ready(socket_.native_handle(), events_wanted);
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
