// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/error.hpp>
#include <trunkline/db/pool.hpp>
#include <trunkline/db/task.hpp>

namespace trunkline::db::detail {

class Slots;

// What the pool says to people. `info` names the statement and the place that asked.

/// Refuses a task that keeps a connection already, with both places.
void refuse_nested(const Slots& slots, const TaskPtr& task, std::source_location place);

/// Says why, with the evidence.
[[noreturn]] void throw_acquire_timeout(AcquireDossier dossier, ErrorInfo info);
/// Carries the cause of the last failure to connect.
[[noreturn]] void throw_connect_failed(const Slots& slots, ErrorInfo info);
[[noreturn]] void throw_pool_closed(ErrorInfo info);
[[noreturn]] void throw_connection_lost(ErrorInfo info);
/// What a coroutine that was cancelled throws.
[[noreturn]] void throw_cancelled();

/// "src/chat.cpp:42 for 3.2 s (task 'chat'), between statements for 1.1 s in a transaction: SELECT …"
std::string describe(const Holder& holder);
std::string describe(std::source_location place);
/// "250 ms", "3.2 s"
std::string describe(std::chrono::nanoseconds time);
/// What `failure` says, and the SQLSTATE it has, if any.
std::string sqlstate_of(std::exception_ptr failure);
std::string message_of(std::exception_ptr failure);

} // namespace trunkline::db::detail
