// SPDX-License-Identifier: MIT
#pragma once

#include <http/route.hpp>

namespace trunkline::http {

/// A problem that HTTP itself has with a request and no service speaks of: 405, 413, 421 and so on.
/// `type` and `title` follow from the status.
Response protocol_problem(int status, std::string detail, const std::string& request_id);

/// "Not found" for 404.
std::string_view status_title(int status) noexcept;
/// The page that explains the problem: "/problems/not-found" for 404.
std::string status_type(int status);
/// The status of a refusal.
int status_of(Refused why) noexcept;

/// What an exception becomes at the edge: 503 when the database is unavailable or a lane is full, 409 for a unique key
/// that nobody caught, otherwise 500. It is logged with the statement but without any value; the answer has neither.
Response failure_problem(std::exception_ptr failure, const std::string& route, const std::string& request_id);

} // namespace trunkline::http
