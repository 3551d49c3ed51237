// SPDX-License-Identifier: MIT
#include <http/client.hpp>

#include <base/utf8.hpp>
#include <http/curl_loop.hpp>
#include <trunkline/db/task.hpp>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace trunkline::http {

namespace {

using Kind = ClientError::Kind;
using Steady = std::chrono::steady_clock;

constexpr std::size_t waiting_bytes_max = 64 * 1024; ///< then the sender has to wait
constexpr std::size_t header_bytes_max = 64 * 1024;

struct FreeCurl {
    void operator()(CURL* easy) const noexcept { curl_easy_cleanup(easy); }
    void operator()(CURLU* url) const noexcept { curl_url_cleanup(url); }
    void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};
using Easy = std::unique_ptr<CURL, FreeCurl>;
using HeaderList = std::unique_ptr<curl_slist, FreeCurl>;

bool has_control_character(std::string_view text)
{
    return std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

bool is_token(std::string_view text)
{
    constexpr std::string_view others = "!#$%&'*+-.^_`|~";
    const auto allowed = [&](unsigned char c) {
        return std::isalnum(c) != 0 || others.find(static_cast<char>(c)) != std::string_view::npos;
    };
    return !text.empty() && std::ranges::all_of(text, allowed);
}

std::string part_of(CURLU* url, CURLUPart part)
{
    char* found = nullptr;
    if (curl_url_get(url, part, &found, 0) != CURLUE_OK) return {};
    std::string text(found);
    curl_free(found);
    return text;
}

/// The host that is asked. Throws when the request is none that may be sent.
std::string checked_host(const ClientRequest& request)
{
    const std::unique_ptr<CURLU, FreeCurl> url(curl_url());
    if (has_control_character(request.url) ||
        curl_url_set(url.get(), CURLUPART_URL, request.url.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
        throw ClientError(Kind::refused, "the address is not a URL");
    const std::string scheme = part_of(url.get(), CURLUPART_SCHEME);
    if (scheme != "http" && scheme != "https")
        throw ClientError(Kind::refused, "only http and https can be asked, not " + scheme);
    if (!is_token(request.method)) throw ClientError(Kind::refused, "the method is not a word");
    for (const auto& [name, value] : request.headers)
        if (!is_token(name) || has_control_character(value))
            throw ClientError(Kind::refused, "a header has a character that headers cannot have");
    return part_of(url.get(), CURLUPART_HOST);
}

HeaderList header_list(const ClientRequest& request)
{
    // "Name;" sends an empty value, "Expect:" takes libcurl's own away: no extra round trip before a body.
    HeaderList list(curl_slist_append(nullptr, "Expect:"));
    for (const auto& [name, value] : request.headers) {
        const std::string line = value.empty() ? name + ";" : name + ": " + value;
        curl_slist* longer = curl_slist_append(list.get(), line.c_str());
        if (!longer) throw std::bad_alloc();
        (void)list.release();
        list.reset(longer);
    }
    return list;
}

Kind kind_of(CURLcode code)
{
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION: return Kind::unreachable;
    case CURLE_OPERATION_TIMEDOUT: return Kind::timed_out;
    case CURLE_UNSUPPORTED_PROTOCOL: return Kind::refused;
    default: return Kind::broken;
    }
}

} // namespace

class ClientResponse::Transfer final : public CurlLoop::Transfer {
public:
    Transfer(std::shared_ptr<CurlLoop> loop, ClientRequest request);
    ~Transfer();

    /// Waits until the headers have come.
    asio::awaitable<void> start();
    asio::awaitable<std::string> read_some();

    int status() const noexcept { return status_; }
    std::string_view header(std::string_view name) const noexcept;

private:
    void on_done(CURLcode code) override;
    static std::size_t on_header(const char* data, std::size_t, std::size_t size, void* self);
    static std::size_t on_body(const char* data, std::size_t, std::size_t size, void* self);
    std::size_t take_header(std::string_view line);
    std::size_t take_body(std::string_view bytes);
    void set_options();
    void check() const;
    asio::awaitable<void> wait_for_change(milliseconds longest);

    std::shared_ptr<CurlLoop> loop_;
    ClientRequest request_;
    std::string host_;
    HeaderList header_lines_;
    Easy easy_;
    asio::steady_timer changed_;
    Steady::time_point deadline_ = Steady::time_point::max();

    int status_ = 0;
    std::vector<std::pair<std::string, std::string>> headers_;
    std::size_t header_bytes_ = 0;
    bool headers_complete_ = false;
    std::string waiting_; // arrived and not read
    std::size_t body_bytes_ = 0;
    bool paused_ = false;
    std::optional<CURLcode> done_;
    std::optional<ClientError> own_failure_;
};

ClientResponse::Transfer::Transfer(std::shared_ptr<CurlLoop> loop, ClientRequest request)
    : loop_(std::move(loop)),
      request_(std::move(request)),
      host_(checked_host(request_)),
      header_lines_(header_list(request_)),
      easy_(curl_easy_init()),
      changed_(loop_->executor())
{
    if (!easy_) throw std::bad_alloc();
    if (request_.limits.total_timeout.count() > 0) deadline_ = Steady::now() + request_.limits.total_timeout;
    set_options();
    loop_->add(easy_.get());
}

ClientResponse::Transfer::~Transfer() { loop_->remove(easy_.get()); }

void ClientResponse::Transfer::set_options()
{
    CURL* easy = easy_.get();
    curl_easy_setopt(easy, CURLOPT_PRIVATE, static_cast<CurlLoop::Transfer*>(this));
    curl_easy_setopt(easy, CURLOPT_URL, request_.url.c_str());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_PROXY, ""); // none, whatever the environment says
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "trunkline");
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request_.limits.connect_timeout.count()));
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, header_lines_.get());
    if (!request_.body.empty() || request_.method == "POST") {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request_.body.data());
    }
    if (request_.method == "HEAD") curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
}

std::size_t ClientResponse::Transfer::on_header(const char* data, std::size_t, std::size_t size, void* self)
{
    return static_cast<Transfer*>(self)->take_header({data, size});
}

std::size_t ClientResponse::Transfer::on_body(const char* data, std::size_t, std::size_t size, void* self)
{
    return static_cast<Transfer*>(self)->take_body({data, size});
}

std::size_t ClientResponse::Transfer::take_header(std::string_view line)
{
    header_bytes_ += line.size();
    if (header_bytes_ > header_bytes_max) {
        own_failure_.emplace(Kind::too_large, host_ + " sent too many headers");
        return 0;
    }
    const std::size_t colon = line.find(':');
    if (line.starts_with("HTTP/")) {
        headers_.clear(); // those before belonged to an interim answer
    } else if (line == "\r\n" || line == "\n") {
        long status = 0;
        curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
        if (status >= 200) {
            status_ = static_cast<int>(status);
            headers_complete_ = true;
            changed_.cancel();
        }
    } else if (!headers_complete_ && colon != std::string_view::npos) {
        headers_.emplace_back(ascii_lower(line.substr(0, colon)), std::string(trimmed(line.substr(colon + 1))));
    }
    return line.size();
}

std::size_t ClientResponse::Transfer::take_body(std::string_view bytes)
{
    if (!waiting_.empty() && waiting_.size() + bytes.size() > waiting_bytes_max) {
        paused_ = true;
        return CURL_WRITEFUNC_PAUSE; // the same bytes come again
    }
    body_bytes_ += bytes.size();
    if (body_bytes_ > request_.limits.body_bytes_max) {
        own_failure_.emplace(Kind::too_large,
                             host_ + " sent more than " + std::to_string(request_.limits.body_bytes_max) + " bytes");
        return 0;
    }
    waiting_ += bytes;
    changed_.cancel();
    return bytes.size();
}

void ClientResponse::Transfer::on_done(CURLcode code)
{
    done_ = code;
    changed_.cancel();
}

std::string_view ClientResponse::Transfer::header(std::string_view name) const noexcept
{
    const std::string wanted = ascii_lower(name);
    for (const auto& [each, value] : headers_)
        if (each == wanted) return value;
    return {};
}

/// Throws when the transfer has failed.
void ClientResponse::Transfer::check() const
{
    if (own_failure_) throw *own_failure_;
    if (!done_ || *done_ == CURLE_OK) return;
    const Kind kind = kind_of(*done_);
    throw ClientError(kind,
                      host_ + (kind == Kind::unreachable ? " cannot be reached: " : ": ") + curl_easy_strerror(*done_));
}

asio::awaitable<void> ClientResponse::Transfer::wait_for_change(milliseconds longest)
{
    const auto silent_at = Steady::now() + longest;
    changed_.expires_at(std::min(silent_at, deadline_));
    boost::system::error_code woken;
    co_await changed_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    const auto cancellation = co_await asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != asio::cancellation_type::none) throw boost::system::system_error(woken);
    if (woken) co_return; // something has come
    if (deadline_ <= silent_at) throw ClientError(Kind::timed_out, host_ + " took too long to answer");
    throw ClientError(Kind::timed_out, host_ + " sent nothing for " + std::to_string(longest.count()) + " ms");
}

asio::awaitable<void> ClientResponse::Transfer::start()
{
    while (!headers_complete_) {
        check();
        if (done_) throw ClientError(Kind::broken, host_ + " closed the connection without an answer");
        co_await wait_for_change(request_.limits.connect_timeout + request_.limits.idle_timeout);
    }
}

asio::awaitable<std::string> ClientResponse::Transfer::read_some()
{
    db::refuse_while_holding(co_await asio::this_coro::executor, "an answer of " + host_);
    while (waiting_.empty()) {
        check();
        if (done_) co_return std::string();
        if (paused_) {
            paused_ = false;
            curl_easy_pause(easy_.get(), CURLPAUSE_CONT); // may bring bytes at once
            if (!waiting_.empty()) break;
        }
        co_await wait_for_change(request_.limits.idle_timeout);
    }
    co_return std::exchange(waiting_, {});
}

ClientResponse::ClientResponse(std::unique_ptr<Transfer> transfer) : transfer_(std::move(transfer)) {}
ClientResponse::ClientResponse(ClientResponse&&) noexcept = default;
ClientResponse& ClientResponse::operator=(ClientResponse&&) noexcept = default;
ClientResponse::~ClientResponse() = default;

int ClientResponse::status() const noexcept { return transfer_->status(); }
std::string_view ClientResponse::header(std::string_view name) const noexcept { return transfer_->header(name); }
asio::awaitable<std::string> ClientResponse::read_some() { return transfer_->read_some(); }

asio::awaitable<std::string> ClientResponse::read_rest(std::size_t bytes_max)
{
    std::string rest;
    while (rest.size() < bytes_max) {
        const std::string more = co_await transfer_->read_some();
        if (more.empty()) break;
        rest += more;
    }
    if (rest.size() > bytes_max) rest.resize(bytes_max);
    co_return rest;
}

Client::Client(asio::any_io_executor executor) : loop_(std::make_shared<CurlLoop>(std::move(executor))) {}
Client::~Client() = default;

asio::awaitable<ClientResponse> Client::send(ClientRequest request)
{
    db::refuse_while_holding(co_await asio::this_coro::executor, "somebody else's server");
    auto transfer = std::make_unique<ClientResponse::Transfer>(loop_, std::move(request));
    co_await transfer->start();
    co_return ClientResponse(std::move(transfer));
}

} // namespace trunkline::http
