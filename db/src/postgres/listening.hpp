// SPDX-License-Identifier: MIT
#pragma once

#include "postgres/wire.hpp"

#include <trunkline/db/listener.hpp>

#include <functional>

namespace trunkline::db::postgres {

/// One connection on which a listener listens. Notifications are handed on in the order in which they come, whatever
/// else is being read. Every wait ends when the caller is cancelled, and throws what Asio throws then.
///
/// REQUIRES: every awaitable of it runs within `on_its_own_terms`.
class Listening {
public:
    using Hear = std::function<void(Event)>;

    Listening(const asio::any_io_executor& executor, Hear hear);

    /// Logs in. Throws ConnectFailed.
    asio::awaitable<void> connect(const Options& options, Deadline deadline);

    /// True when somebody else answers than the server that was logged in to.
    asio::awaitable<bool> behind_a_pooler(Deadline deadline);

    /// Runs `text` and answers its last result, or the failed one. Throws ConnectionLost, also at the deadline.
    asio::awaitable<ResultPtr> ask(std::string text, Deadline deadline);

    /// Reads what comes, until the deadline or until it was disturbed. True when something came. Throws ConnectionLost.
    asio::awaitable<bool> hear_until(Deadline deadline);
    /// Ends `hear_until`.
    void disturb() noexcept;

    /// Takes leave, and waits until the server has hung up, for five seconds at most.
    asio::awaitable<void> close();

    int process_id() const noexcept { return PQbackendPID(wire_.native()); }

private:
    asio::awaitable<bool> wait(bool writing, Deadline deadline);
    void read();
    void hand_on();
    [[noreturn]] void throw_lost(const PGresult* said = nullptr) const;

    Hear hear_;
    Wire wire_;
    asio::steady_timer timer_;
};

} // namespace trunkline::db::postgres
