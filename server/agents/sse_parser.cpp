// SPDX-License-Identifier: MIT
#include <agents/sse_parser.hpp>

#include <utility>

namespace trunkline::agents {

std::vector<SseEvent> SseParser::push(std::string_view bytes)
{
    std::vector<SseEvent> events;
    for (const char c : bytes) {
        const bool second_half = std::exchange(after_cr_, c == '\r') && c == '\n'; // of CRLF
        if (second_half) continue;
        if (c == '\n' || c == '\r') {
            end_line(events);
            continue;
        }
        line_ += c;
        if (line_.size() + data_.size() > event_bytes_max)
            throw SseTooLarge("an event of the stream is larger than 1 MiB");
    }
    return events;
}

void SseParser::end_line(std::vector<SseEvent>& into)
{
    std::string line = std::exchange(line_, {});
    if (std::exchange(first_line_, false) && line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);
    if (!line.empty()) return take_field(line);
    if (auto event = take_event()) into.push_back(std::move(*event));
}

void SseParser::take_field(std::string_view line)
{
    const std::size_t colon = line.find(':');
    const std::string_view name = line.substr(0, colon);
    std::string_view value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (name == "event") name_ = value;
    if (name != "data") return; // a comment, or a field that says nothing to us
    if (std::exchange(has_data_, true)) data_ += '\n';
    data_ += value;
}

std::optional<SseEvent> SseParser::take_event()
{
    std::string name = std::exchange(name_, {});
    std::string data = std::exchange(data_, {});
    if (!std::exchange(has_data_, false)) return std::nullopt;
    return SseEvent{name.empty() ? "message" : std::move(name), std::move(data)};
}

std::optional<SseEvent> SseParser::finish()
{
    std::vector<SseEvent> unused;
    if (!line_.empty()) end_line(unused);
    return take_event();
}

} // namespace trunkline::agents
