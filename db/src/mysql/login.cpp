// SPDX-License-Identifier: MIT
#include "mysql/login.hpp"

#include <errmsg.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

namespace trunkline::db::mysql {

namespace {

constexpr int resumes_max = 64; // of an operation that is told that its time is over
constexpr std::chrono::hours poll_max{1};

Deadline now() { return std::chrono::steady_clock::now(); }

bool start_library()
{
    static const bool ready = mysql_library_init(0, nullptr, nullptr) == 0;
    return ready;
}

const char* or_null(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }

void set_tls(MYSQL* handle, const Tls& tls)
{
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

int events_within(int descriptor, int wanted, int milliseconds)
{
    pollfd asked{descriptor, 0, 0};
    if (wanted & MYSQL_WAIT_READ) asked.events |= POLLIN;
    if (wanted & MYSQL_WAIT_WRITE) asked.events |= POLLOUT;
    if (wanted & MYSQL_WAIT_EXCEPT) asked.events |= POLLPRI;
    if (::poll(&asked, 1, milliseconds) <= 0) return 0;
    const bool over = (asked.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0; // the library finds out by trying
    int events = 0;
    if ((wanted & MYSQL_WAIT_READ) && (over || (asked.revents & POLLIN))) events |= MYSQL_WAIT_READ;
    if ((wanted & MYSQL_WAIT_WRITE) && (over || (asked.revents & POLLOUT))) events |= MYSQL_WAIT_WRITE;
    if ((wanted & MYSQL_WAIT_EXCEPT) && (over || (asked.revents & POLLPRI))) events |= MYSQL_WAIT_EXCEPT;
    return events;
}

Login::Login(std::shared_ptr<const Target> target, Address address, std::string application, Deadline deadline)
    : target_(std::move(target)),
      address_(std::move(address)),
      application_(std::move(application)),
      deadline_(deadline)
{}

Login::~Login()
{
    abandon(); // what the library would still like to say is said to nobody: saying it could block
    handle_.reset();
    if (socket_ >= 0) ::close(socket_);
}

Failure Login::run() noexcept
{
    if (!start_library()) return {CR_UNKNOWN_ERROR, "HY000", "MariaDB Connector/C could not be initialised"};
    handle_.reset(mysql_init(nullptr));
    if (!handle_) return {CR_OUT_OF_MEMORY, "HY001", "there is no memory for a connection"};
    set_options();
    return failure_of(connect());
}

void Login::abandon() noexcept
{
    const std::lock_guard lock(mutex_);
    abandoned_ = true;
    if (socket_ >= 0) ::shutdown(socket_, SHUT_RDWR);
}

Handle Login::take() noexcept
{
    const std::lock_guard lock(mutex_);
    ::close(std::exchange(socket_, -1));
    return std::move(handle_);
}

void Login::set_options()
{
    MYSQL* const handle = handle_.get();
    const unsigned none = 0;
    const my_bool never = 0;
    // The library's own limit, in whole seconds, is never before ours.
    const auto left =
        std::chrono::ceil<std::chrono::seconds>(std::min(deadline_ - now(), Deadline::duration(poll_max)));
    const auto seconds = static_cast<unsigned>(std::max<std::int64_t>(left.count(), 1));
    mysql_options(handle, MYSQL_OPT_NONBLOCK, nullptr);
    mysql_options(handle, MYSQL_OPT_RECONNECT, &never);
    mysql_options(handle, MYSQL_OPT_LOCAL_INFILE, &none); // a server must not be able to ask for our files
    mysql_options(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    mysql_options(handle, MYSQL_REPORT_DATA_TRUNCATION, &never);
    mysql_optionsv(handle, MYSQL_OPT_CONNECT_TIMEOUT, &seconds);
    mysql_optionsv(handle, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", application_.c_str());
    if (target_->tls.mode != Tls::Mode::disabled) set_tls(handle, target_->tls);
}

/// All of it on one thread: the library's operations must not change theirs in the middle. (They run on a stack of their
/// own, in code that may remember where a thread has its `errno`.)
MYSQL* Login::connect()
{
    const bool local = address_.host.empty();
    MYSQL* connected = nullptr;
    if (now() >= deadline_) return nullptr;
    int wanted = mysql_real_connect_start(&connected, handle_.get(), local ? nullptr : address_.address.c_str(),
                                          target_->user.c_str(), target_->password.c_str(), or_null(target_->database),
                                          address_.port, local ? address_.address.c_str() : nullptr, CLIENT_FOUND_ROWS);
    for (int late = 0; wanted != 0 && late < resumes_max;) {
        const int events = wait(wanted);
        if (events & MYSQL_WAIT_TIMEOUT) ++late;
        wanted = mysql_real_connect_cont(&connected, handle_.get(), events);
    }
    return wanted == 0 ? connected : nullptr;
}

/// From here on `abandon` reaches what the library waits for. False when it came before.
bool Login::share_socket()
{
    const auto theirs = mysql_get_socket(handle_.get());
    const std::lock_guard lock(mutex_);
    if (theirs != shared_) {
        if (socket_ >= 0) ::close(socket_);
        socket_ = ::fcntl(theirs, F_DUPFD_CLOEXEC, 0);
        shared_ = theirs;
    }
    if (abandoned_ && socket_ >= 0) ::shutdown(socket_, SHUT_RDWR);
    return !abandoned_ && socket_ >= 0;
}

/// Waits for what the library asks for, exactly: some of the events, or the time-out that it sets itself.
int Login::wait(int wanted)
{
    using std::chrono::milliseconds;
    const bool library_waits = (wanted & MYSQL_WAIT_TIMEOUT) != 0;
    const Deadline library_until =
        library_waits ? now() + milliseconds(mysql_get_timeout_value_ms(handle_.get())) : Deadline::max();
    const Deadline until = std::min({deadline_, library_until, now() + poll_max});
    int events = 0;
    if (share_socket()) // a signal may end a wait before its time
        for (auto left = until - now(); events == 0 && left.count() > 0; left = until - now())
            events = events_within(socket_, wanted, static_cast<int>(std::chrono::ceil<milliseconds>(left).count()));
    return events != 0 ? events : MYSQL_WAIT_TIMEOUT;
}

Failure Login::failure_of(const MYSQL* connected)
{
    // The library goes on in the clear where a server has no certificate.
    const bool exposed = connected && target_->tls.mode != Tls::Mode::disabled && !mysql_get_ssl_cipher(handle_.get());
    if (exposed) return {CR_SSL_CONNECTION_ERROR, "HY000", "the server does not encrypt connections"};
    if (connected) return {};
    Failure failure{mysql_errno(handle_.get()), mysql_sqlstate(handle_.get()), mysql_error(handle_.get())};
    if (!failure) failure = {CR_SERVER_LOST, "08006", "the connection to the database was lost"};
    return failure;
}

} // namespace trunkline::db::mysql
