// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::agents {

/// One server-sent event.
struct SseEvent {
    std::string name; ///< "message" unless the stream says otherwise
    std::string data;
    friend bool operator==(const SseEvent&, const SseEvent&) = default;
};

/// The stream has an event larger than `SseParser::event_bytes_max`.
struct SseTooLarge : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Reads server-sent events (WHATWG) from bytes that are cut anywhere: LF, CR and CRLF, comments, a byte order mark.
/// More patient than a browser in one thing: `finish` gives the event that lacks its empty line.
class SseParser {
public:
    static constexpr std::size_t event_bytes_max = 1024 * 1024;

    /// The events that are complete with `bytes`, in their order. Throws SseTooLarge.
    std::vector<SseEvent> push(std::string_view bytes);
    /// The end of the stream.
    std::optional<SseEvent> finish();

private:
    void end_line(std::vector<SseEvent>& into);
    void take_field(std::string_view line);
    std::optional<SseEvent> take_event();

    std::string line_;
    std::string name_;
    std::string data_;
    bool has_data_ = false;
    bool after_cr_ = false;
    bool first_line_ = true;
};

} // namespace trunkline::agents
