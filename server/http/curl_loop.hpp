// SPDX-License-Identifier: MIT
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <curl/curl.h>

#include <map>
#include <memory>

namespace trunkline::http {

namespace asio = boost::asio;

/// libcurl's multi handle, driven by an Asio loop: libcurl says which descriptors and which time it waits for, the loop
/// waits for them.
///
/// libcurl must not be called from inside its own callbacks; what they wake is therefore always posted.
class CurlLoop {
public:
    /// What a transfer gets when it is over. Set with CURLOPT_PRIVATE.
    class Transfer {
    public:
        virtual void on_done(CURLcode code) = 0;

    protected:
        ~Transfer() = default;
    };

    explicit CurlLoop(asio::any_io_executor executor);
    ~CurlLoop();
    CurlLoop(const CurlLoop&) = delete;

    const asio::any_io_executor& executor() const noexcept { return executor_; }
    void add(CURL* easy);
    void remove(CURL* easy);

private:
    struct Watch;
    static int on_socket(CURL*, curl_socket_t socket, int what, void* self, void*);
    static int on_timeout(CURLM*, long wait_ms, void* self);

    void watch(curl_socket_t socket, int what);
    void arm(const std::shared_ptr<Watch>& watch);
    void wait(const std::shared_ptr<Watch>& watch, bool for_reading);
    void on_ready(const std::weak_ptr<Watch>& watched, bool for_reading, boost::system::error_code failure);
    void set_timer(long wait_ms);
    void act(curl_socket_t socket, int events);

    asio::any_io_executor executor_;
    std::shared_ptr<CurlLoop*> alive_; // handlers that outlive the loop find it gone
    asio::steady_timer timer_;
    std::map<curl_socket_t, std::shared_ptr<Watch>> watches_;
    CURLM* multi_;
};

} // namespace trunkline::http
