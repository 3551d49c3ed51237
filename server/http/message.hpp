// SPDX-License-Identifier: MIT
#pragma once

#include <http/route.hpp>

namespace trunkline::http {

/// The head of an answer as it goes to the socket, the empty line included.
///
/// `close` says that the connection ends after it. A stream is chunked. The length of the body is said also when the
/// body is not sent (HEAD).
std::string head_text(const Response& response, Time now, bool close);

/// "Sat, 21 Nov 2026 09:30:00 GMT"
std::string http_date(Time time);

/// An event in the form of server-sent events. A line break in the data makes a second data line; name and id lose
/// theirs.
std::string event_text(const Event& event);

/// `text` as one chunk of a chunked body.
std::string chunk(std::string_view text);

} // namespace trunkline::http
