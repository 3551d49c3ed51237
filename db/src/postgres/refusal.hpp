// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/error.hpp>
#include <trunkline/db/query.hpp>

#include <libpq-fe.h>

namespace trunkline::db::postgres {

/// What the server said in refusing a statement: message, SQLSTATE, constraint; outcome `rejected`. DETAIL and CONTEXT
/// stay out, because they quote rows; of the messages about bad data (class 22) what stands in quotes is left out,
/// because it is the parameter.
ErrorInfo describe_refusal(const PGresult* result);

/// The SQLSTATE of a refusal; empty when there is none.
std::string state_of(const PGresult* result);

/// Notes the statement and its place.
void describe_statement(ErrorInfo& info, const Statement& statement);

/// The attempt to log in failed: ConnectFailed with the server's SQLSTATE, or 08001 when it was not reached.
[[noreturn]] void throw_connect_failed(PGconn* connection);
[[noreturn]] void throw_connect_failed(std::string message, std::string sqlstate);
[[noreturn]] void throw_connect_timed_out();

/// What Asio throws in a coroutine that was cancelled.
[[noreturn]] void throw_cancelled();

/// `message` of a log-in in libpq's verbose form ("…failed: FATAL:  28P01: password authentication failed…"), taken
/// apart. Without an SQLSTATE in it, that is empty and the message is the first line.
struct LoginRefusal {
    std::string message;
    std::string sqlstate;
};
LoginRefusal read_login_refusal(std::string_view message);

} // namespace trunkline::db::postgres
