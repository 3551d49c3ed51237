// SPDX-License-Identifier: MIT
#include <http/session.hpp>

#include <http/message.hpp>
#include <http/problem.hpp>

#include <base/log.hpp>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

namespace trunkline::http {

namespace beast = boost::beast;

namespace {

std::string log_line(std::string_view method, std::string_view route, int status,
                     std::chrono::steady_clock::time_point began, const std::string& request_id)
{
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
    std::string line(method_of(method) || method == "OPTIONS" ? method : "?");
    return line.append(" ").append(route).append(" ") + std::to_string(status) + " " + std::to_string(took.count()) +
           " ms " + request_id;
}

/// The status and the words for a request that Beast could not read; 0 when the client has simply gone.
std::pair<int, const char*> words_for(beast::error_code failed)
{
    using beast::http::error;
    if (failed == error::header_limit || failed == error::buffer_overflow)
        return {431, "The head of a request may have 16 KiB."};
    if (failed == error::bad_version) return {505, "Only HTTP/1.1 is spoken here."};
    if (failed == error::body_limit) return {413, "The body is larger than this path takes."};
    if (failed == error::end_of_stream || failed == error::partial_message) return {0, ""};
    if (failed.category() == beast::http::make_error_code(error::end_of_stream).category())
        return {400, "This is no HTTP/1.1 request."};
    return {0, ""};
}

} // namespace

/// A request that is being read.
class Session::Reading {
public:
    explicit Reading(std::size_t header_bytes_max)
    {
        parser.header_limit(static_cast<std::uint32_t>(header_bytes_max));
        parser.body_limit(boost::none); // known once the route is
    }
    const auto& message() const { return parser.get(); }

    beast::http::request_parser<beast::http::string_body> parser;
    std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
};

Session::Session(tcp::socket socket, SessionContext& context)
    : socket_(std::move(socket)),
      context_(context),
      self_(context.sessions.insert(context.sessions.end(), this)),
      buffer_(context.options.header_bytes_max + 16 * 1024)
{}

Session::~Session() { context_.sessions.erase(self_); }

void Session::expect_within(milliseconds limit, Overdue overdue)
{
    deadline_ = context_.clock.now() + limit;
    overdue_ = overdue;
    timed_out_ = false;
}

void Session::expect_nothing() { deadline_ = Time::max(); }

void Session::tick(Time now)
{
    if (events_) return events_->tick(now);
    if (now < deadline_) return;
    // Again at the next tick, in case nothing was being waited for just now.
    timed_out_ = true;
    boost::system::error_code ignored;
    if (overdue_ == Overdue::stop_reading) socket_.cancel(ignored);
    else socket_.close(ignored);
}

void Session::finish()
{
    if (events_) events_->end();
    else if (idle_) cut();
}

void Session::cut()
{
    boost::system::error_code ignored;
    socket_.close(ignored);
}

asio::awaitable<void> Session::run()
{
    try {
        socket_.set_option(tcp::no_delay(true));
        while (co_await wait_for_request()) {
            // The parser is gone before the answer is written: a stream may stay open for hours.
            Exchange next = co_await exchange();
            if (next.response.status != 0) co_await answer(next);
            if (next.unread) co_await linger();
            if (next.close) break;
        }
    } catch (const boost::system::system_error&) {
        // The client has gone, or was dropped: there is nobody to tell.
    }
}

asio::awaitable<void> Session::refuse()
{
    try {
        Exchange full = refused(503, "Too many connections are open. Try again shortly.");
        co_await answer(full);
        co_await linger();
    } catch (const boost::system::system_error&) {}
}

/// Between requests a connection has no buffer: most connections are idle.
asio::awaitable<bool> Session::wait_for_request()
{
    if (context_.stopping || !socket_.is_open()) co_return false;
    if (buffer_.size() > 0) co_return true;
    buffer_.shrink_to_fit();
    idle_ = true;
    expect_within(context_.options.idle_timeout, Overdue::drop);
    co_await socket_.async_wait(tcp::socket::wait_read, asio::use_awaitable);
    idle_ = false;
    co_return true;
}

asio::awaitable<Session::Exchange> Session::exchange()
{
    Reading reading(context_.options.header_bytes_max);
    beast::error_code failed;
    expect_within(context_.options.header_timeout, Overdue::stop_reading);
    co_await beast::http::async_read_header(socket_, buffer_, reading.parser,
                                            asio::redirect_error(asio::use_awaitable, failed));
    expect_nothing();
    if (failed && timed_out_) co_return refused(408, "The head of the request did not come in time.");
    const auto words = words_for(failed);
    if (failed && words.first != 0) co_return refused(words.first, words.second);
    if (failed) co_return Exchange{.response = {.status = 0}, .close = true};
    if (reading.message().version() != 11) co_return refused(505, "Only HTTP/1.1 is spoken here.");
    co_return co_await served(reading);
}

RequestHead Session::head_of(const Reading& reading) const
{
    const auto view = [](const auto& text) { return std::string_view(text.data(), text.size()); };
    RequestHead head;
    const auto& message = reading.message();
    head.method = view(message.method_string());
    head.target = view(message.target());
    for (const auto& field : message) head.headers.emplace_back(view(field.name_string()), view(field.value()));
    boost::system::error_code gone;
    const auto local = socket_.local_endpoint(gone);
    head.local_address = local.address().to_string();
    head.local_port = local.port();
    const std::string peer = socket_.remote_endpoint(gone).address().to_string();
    const TrustedProxies& proxies = context_.options.trusted_proxies;
    head.peer = proxies.client_of(peer, head.header("X-Forwarded-For").value_or(""));
    head.secure = proxies.contain(peer) && equal_ignoring_case(head.header("X-Forwarded-Proto").value_or(""), "https");
    head.request_id = db::to_string(db::new_uuid());
    return head;
}

asio::awaitable<Session::Exchange> Session::served(Reading& reading)
{
    const RequestHead head = head_of(reading);
    Router::Plan plan = context_.router.plan(head);
    const std::string route(plan.name());
    const int unread = co_await read_body(reading, plan);
    if (unread < 0) co_return Exchange{.response = {.status = 0}, .close = true};
    if (unread != 0 && !plan.answer)
        plan.answer = protocol_problem(unread,
                                       unread == 413 ? "The body is larger than this path takes: " +
                                                           std::to_string(plan.body_bytes_max) + " bytes."
                                       : unread == 408 ? "The body did not come in time."
                                                       : "The body is malformed.",
                                       head.request_id);
    Exchange made{.request_id = head.request_id};
    made.response = co_await context_.router.serve(std::move(plan), head, reading.message().body());
    made.without_body = head.method == "HEAD";
    made.unread = unread != 0;
    made.close =
        made.unread || !reading.message().keep_alive() || context_.stopping || made.response.stream.has_value();
    log_info("http", log_line(head.method, route, made.response.status, reading.began, head.request_id));
    co_return made;
}

/// Reads the body. Answers 0, the status for a body that cannot be had, or -1 when the client has gone.
asio::awaitable<int> Session::read_body(Reading& reading, const Router::Plan& plan)
{
    if (reading.parser.is_done()) co_return 0;
    const auto length = reading.parser.content_length();
    if (length && *length > plan.body_bytes_max) co_return 413;
    const auto expected = reading.message()[beast::http::field::expect];
    const bool asks_first = equal_ignoring_case({expected.data(), expected.size()}, "100-continue");
    if (asks_first && plan.answer) co_return 417; // its client waits for a yes that it does not get
    reading.parser.body_limit(plan.body_bytes_max);
    expect_within(context_.options.body_timeout, Overdue::stop_reading);
    beast::error_code failed;
    if (asks_first) co_await write("HTTP/1.1 100 Continue\r\n\r\n", "");
    co_await beast::http::async_read(socket_, buffer_, reading.parser,
                                     asio::redirect_error(asio::use_awaitable, failed));
    expect_nothing();
    if (!failed) co_return 0;
    if (timed_out_) co_return 408;
    const int status = words_for(failed).first;
    co_return status == 0 ? -1 : status;
}

Session::Exchange Session::refused(int status, std::string detail)
{
    Exchange made{.close = true, .unread = true, .request_id = db::to_string(db::new_uuid())};
    made.response = protocol_problem(status, std::move(detail), made.request_id);
    log_info("http", log_line("", "-", status, std::chrono::steady_clock::now(), made.request_id));
    return made;
}

asio::awaitable<void> Session::answer(Exchange& exchange)
{
    co_await write_answer(exchange);
    if (!exchange.response.stream || exchange.without_body) co_return;
    EventStream events = std::move(*exchange.response.stream);
    exchange.response = {}; // a stream may stay open for hours
    co_await stream(std::move(events));
}

asio::awaitable<void> Session::write_answer(Exchange& exchange)
{
    Response& response = exchange.response;
    context_.router.finish(response, exchange.request_id);
    const std::string head = head_text(response, context_.clock.now(), exchange.close);
    const bool bare = exchange.without_body || response.stream;
    expect_within(context_.options.write_timeout, Overdue::drop);
    co_await write(head, bare ? std::string_view{} : response.body);
    expect_nothing();
}

asio::awaitable<void> Session::stream(EventStream events)
{
    buffer_.clear();
    buffer_.shrink_to_fit();
    EventSocket writer(socket_, context_.clock, {context_.options.heartbeat, context_.options.write_timeout});
    events_ = &writer;
    ++context_.streams;
    if (context_.stopping) writer.end();
    std::exception_ptr failure;
    try {
        co_await writer.run(std::move(events));
    } catch (...) {
        failure = std::current_exception();
    }
    events_ = nullptr;
    --context_.streams;
    if (!failure) co_return;
    try {
        std::rethrow_exception(failure);
    } catch (const boost::system::system_error&) {
        // The client has gone in the middle of an event.
    } catch (...) {
        log_error("http", "an event stream broke: " + describe(failure));
    }
    cut(); // without the last chunk, so that the client knows
}

asio::awaitable<void> Session::write(std::string_view head, std::string_view body)
{
    const std::array<asio::const_buffer, 2> both{asio::buffer(head), asio::buffer(body)};
    co_await asio::async_write(socket_, both, asio::use_awaitable);
}

/// Reads what the client still sends for a moment: closing at once would reset the connection and could take the answer
/// away from it.
asio::awaitable<void> Session::linger()
{
    boost::system::error_code gone;
    socket_.shutdown(tcp::socket::shutdown_send, gone);
    buffer_.clear();
    expect_within(context_.options.linger_timeout, Overdue::drop);
    char ignored[512];
    while (!gone)
        co_await socket_.async_read_some(asio::buffer(ignored), asio::redirect_error(asio::use_awaitable, gone));
    expect_nothing();
}

} // namespace trunkline::http
