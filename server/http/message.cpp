// SPDX-License-Identifier: MIT
#include <http/message.hpp>

#include <http/problem.hpp>

#include <charconv>

namespace trunkline::http {

namespace {

std::string_view reason_of(int status) noexcept
{
    switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 304: return "Not Modified";
    default: return status_title(status);
    }
}

/// Nothing that is put into a header can start another one.
void add_header(std::string& text, std::string_view name, std::string_view value)
{
    text.append(name).append(": ");
    for (const char c : value)
        if (c != '\r' && c != '\n' && c != '\0') text += c;
    text += "\r\n";
}

void add_line(std::string& text, std::string_view field, std::string_view value)
{
    text.append(field);
    for (const char c : value)
        if (c != '\r' && c != '\n') text += c;
    text += '\n';
}

std::string two(unsigned number)
{
    return {static_cast<char>('0' + number / 10), static_cast<char>('0' + number % 10)};
}

} // namespace

std::string http_date(Time time)
{
    static constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                             "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
    return std::string(days[std::chrono::weekday(day).c_encoding()]) + ", " + two(static_cast<unsigned>(date.day())) +
           " " + months[static_cast<unsigned>(date.month()) - 1] + " " + std::to_string(static_cast<int>(date.year())) +
           " " + two(static_cast<unsigned>(clock.hours().count())) + ":" +
           two(static_cast<unsigned>(clock.minutes().count())) + ":" +
           two(static_cast<unsigned>(clock.seconds().count())) + " GMT";
}

std::string head_text(const Response& response, Time now, bool close)
{
    std::string text = "HTTP/1.1 " + std::to_string(response.status) + " ";
    text.append(reason_of(response.status)).append("\r\n");
    add_header(text, "Date", http_date(now));
    if (!response.content_type.empty()) add_header(text, "Content-Type", response.content_type);
    for (const auto& [name, value] : response.headers) add_header(text, name, value);
    if (response.stream) add_header(text, "Transfer-Encoding", "chunked");
    else if (response.status != 204 && response.status != 304)
        add_header(text, "Content-Length", std::to_string(response.body.size()));
    if (close) add_header(text, "Connection", "close");
    return text + "\r\n";
}

std::string event_text(const Event& event)
{
    std::string text;
    if (!event.id.empty()) add_line(text, "id: ", event.id);
    if (!event.name.empty()) add_line(text, "event: ", event.name);
    std::string_view rest = event.data;
    for (;;) {
        const std::size_t end = rest.find('\n');
        add_line(text, "data: ", rest.substr(0, end));
        if (end == std::string_view::npos) break;
        rest.remove_prefix(end + 1);
    }
    return text + "\n";
}

std::string chunk(std::string_view text)
{
    char size[16];
    const auto end = std::to_chars(std::begin(size), std::end(size), text.size(), 16).ptr;
    std::string framed(size, end);
    return framed.append("\r\n").append(text).append("\r\n");
}

} // namespace trunkline::http
