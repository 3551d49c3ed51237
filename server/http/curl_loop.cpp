// SPDX-License-Identifier: MIT
#include <http/curl_loop.hpp>

#include <stdexcept>

namespace trunkline::http {

namespace {

/// How many idle connections are kept for the next request.
constexpr long idle_connections_max = 32;

void start_libcurl()
{
    static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (started != CURLE_OK) throw std::runtime_error("libcurl does not start");
}

} // namespace

/// A descriptor of libcurl's. It is never ours to close.
struct CurlLoop::Watch {
    Watch(const asio::any_io_executor& executor, curl_socket_t socket) : descriptor(executor, socket) {}
    ~Watch() { descriptor.release(); }
    Watch(const Watch&) = delete;

    asio::posix::stream_descriptor descriptor;
    int wanted = CURL_POLL_NONE;
    bool reading = false;
    bool writing = false;
};

CurlLoop::CurlLoop(asio::any_io_executor executor)
    : executor_(std::move(executor)), alive_(std::make_shared<CurlLoop*>(this)), timer_(executor_)
{
    start_libcurl();
    multi_ = curl_multi_init();
    if (!multi_) throw std::bad_alloc();
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlLoop::on_socket);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlLoop::on_timeout);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, idle_connections_max);
}

CurlLoop::~CurlLoop()
{
    curl_multi_cleanup(multi_); // calls back to end its watches
}

void CurlLoop::add(CURL* easy)
{
    if (curl_multi_add_handle(multi_, easy) != CURLM_OK) throw std::runtime_error("libcurl refuses a request");
}

void CurlLoop::remove(CURL* easy) { curl_multi_remove_handle(multi_, easy); }

int CurlLoop::on_socket(CURL*, curl_socket_t socket, int what, void* self, void*)
{
    static_cast<CurlLoop*>(self)->watch(socket, what);
    return 0;
}

int CurlLoop::on_timeout(CURLM*, long wait_ms, void* self)
{
    static_cast<CurlLoop*>(self)->set_timer(wait_ms);
    return 0;
}

void CurlLoop::watch(curl_socket_t socket, int what)
{
    if (what == CURL_POLL_REMOVE) {
        watches_.erase(socket);
        return;
    }
    auto& watch = watches_[socket];
    if (!watch) watch = std::make_shared<Watch>(executor_, socket);
    watch->wanted = what;
    arm(watch);
}

void CurlLoop::arm(const std::shared_ptr<Watch>& watch)
{
    if ((watch->wanted & CURL_POLL_IN) && !watch->reading) wait(watch, true);
    if ((watch->wanted & CURL_POLL_OUT) && !watch->writing) wait(watch, false);
}

void CurlLoop::wait(const std::shared_ptr<Watch>& watch, bool for_reading)
{
    using Descriptor = asio::posix::stream_descriptor;
    (for_reading ? watch->reading : watch->writing) = true;
    watch->descriptor.async_wait(for_reading ? Descriptor::wait_read : Descriptor::wait_write,
                                 [alive = std::weak_ptr(alive_), watched = std::weak_ptr(watch),
                                  for_reading](boost::system::error_code failure) {
                                     if (const auto loop = alive.lock())
                                         (*loop)->on_ready(watched, for_reading, failure);
                                 });
}

void CurlLoop::on_ready(const std::weak_ptr<Watch>& watched, bool for_reading, boost::system::error_code failure)
{
    const auto watch = watched.lock();
    if (!watch || failure == asio::error::operation_aborted) return;
    (for_reading ? watch->reading : watch->writing) = false;
    const curl_socket_t socket = watch->descriptor.native_handle();
    act(socket, failure ? CURL_CSELECT_ERR : for_reading ? CURL_CSELECT_IN : CURL_CSELECT_OUT);
    // Meanwhile the descriptor may be gone, or its number belong to another connection.
    const auto found = watches_.find(socket);
    if (found != watches_.end() && found->second == watch) arm(watch);
}

void CurlLoop::set_timer(long wait_ms)
{
    timer_.cancel();
    if (wait_ms < 0) return;
    timer_.expires_after(std::chrono::milliseconds(wait_ms));
    timer_.async_wait([alive = std::weak_ptr(alive_)](boost::system::error_code failure) {
        const auto loop = alive.lock();
        if (loop && !failure) (*loop)->act(CURL_SOCKET_TIMEOUT, 0);
    });
}

void CurlLoop::act(curl_socket_t socket, int events)
{
    int running = 0;
    curl_multi_socket_action(multi_, socket, events, &running);
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        void* transfer = nullptr;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        static_cast<Transfer*>(transfer)->on_done(message->data.result);
    }
}

} // namespace trunkline::http
