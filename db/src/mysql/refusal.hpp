// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/error.hpp>
#include <trunkline/db/query.hpp>

namespace trunkline::db::mysql {

/// A failure as Connector/C tells of it: the server's, or the library's own (2000 and above).
struct Failure {
    unsigned number = 0; ///< 0 is none
    std::string state;   ///< MySQL's, which says little
    std::string message;

    explicit operator bool() const noexcept { return number != 0; }
};

/// The SQLSTATE of PostgreSQL's vocabulary for it.
std::string state_of(const Failure& failure);

/// True when the server or the library will not go on with the connection.
bool ends_connection(const Failure& failure) noexcept;

/// True when another row of the same statement might have gone through: a duplicate, a value that does not fit.
bool is_of_a_row(const Failure& failure);

/// Message, SQLSTATE, constraint; outcome `rejected`. Of the messages that quote rows, what stands in quotes is left
/// out.
ErrorInfo describe_refusal(const Failure& failure);

/// Notes the statement and its place.
void describe_statement(ErrorInfo& info, const Statement& statement);

[[noreturn]] void throw_connect_failed(std::string message, std::string sqlstate);
[[noreturn]] void throw_connect_failed(const Failure& failure);
[[noreturn]] void throw_connect_timed_out();

/// What Asio throws in a coroutine that was cancelled.
[[noreturn]] void throw_cancelled();

/// We refuse it: it was not sent.
ErrorInfo refusal_of(const Statement& statement, std::string_view state, std::string message);

} // namespace trunkline::db::mysql
