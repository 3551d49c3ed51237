// SPDX-License-Identifier: MIT
#pragma once

#include "mysql/refusal.hpp"
#include "mysql/target.hpp"

#include <trunkline/db/driver.hpp>
#include <trunkline/db/lane.hpp>

#include <mysql.h>

#include <memory>
#include <mutex>

namespace trunkline::db::mysql {

struct CloseHandle {
    void operator()(MYSQL* handle) const noexcept { mysql_close(handle); }
};
using Handle = std::unique_ptr<MYSQL, CloseHandle>;

/// Where logging in blocks. Those who ask a server to stop have threads of their own, so that a stop waits behind other
/// stops at most.
struct LoginThreads {
    Lane logins{"mysql", 4};
    Lane stops{"mysql-stop", 2};
};

/// One attempt to log in. A thread carries it out, because Connector/C blocks in the middle of it whatever mode it is
/// in: in the TLS handshake, and when it loads a plugin from disk.
///
/// The handle is the thread's until `run` has returned. Who does not want to wait any longer abandons it: that shuts
/// the socket down, so whatever the thread waits for ends at once, and who lets go last closes the handle.
class Login {
public:
    Login(std::shared_ptr<const Target> target, Address address, std::string application, Deadline deadline);
    Login(const Login&) = delete;
    ~Login();

    /// Blocks, until the deadline at most where it waits by itself, and otherwise until somebody abandons it. Answers
    /// why it failed, or nothing.
    Failure run() noexcept;
    /// Ends it. Threads: any.
    void abandon() noexcept;
    /// The session. REQUIRES: `run` has answered nothing.
    Handle take() noexcept;

private:
    void set_options();
    MYSQL* connect();
    bool share_socket();
    int wait(int wanted);
    Failure failure_of(const MYSQL* connected);

    const std::shared_ptr<const Target> target_;
    const Address address_;
    const std::string application_;
    const Deadline deadline_;
    Handle handle_;

    std::mutex mutex_; ///< of what follows
    bool abandoned_ = false;
    /// A duplicate of the library's socket: ours to shut down, also when the library has closed its own meanwhile.
    int socket_ = -1;
    int shared_ = -1; ///< what `socket_` is a duplicate of
};

/// Which of the events that Connector/C wants are there, within `milliseconds`; 0 when none is.
int events_within(int descriptor, int wanted, int milliseconds);

} // namespace trunkline::db::mysql
