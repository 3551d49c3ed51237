// SPDX-License-Identifier: MIT
#pragma once

#include "bounded.hpp"

#include <libpq-fe.h>

#include <array>

#include <sys/socket.h>

namespace trunkline::db::postgres {

/// The message that makes a server stop what one of its sessions is doing: what PQcancel sends, without a thread.
/// PQcancel waits for the server without a limit; one that is frozen would keep the thread, and the program's end, for
/// as long as it stays so. Like PQcancel it goes unencrypted: it holds a key that is good for nothing else.
class StopRequest {
public:
    /// Reads the key from what libpq remembers for PQcancel. There is no other way to it before libpq 18, so it is
    /// looked for where libpq 14 to 17 keep it, and taken only if the session's number stands beside it.
    static std::optional<StopRequest> of(PGconn* connection);

    /// True when the request is over: the server has dealt with it, or was not reached. False at the deadline; then it
    /// may still be dealt with.
    asio::awaitable<bool> send(Deadline deadline) const;

private:
    sockaddr_storage address_{};
    socklen_t length_ = 0;
    std::array<unsigned char, 16> message_{};
};

} // namespace trunkline::db::postgres
