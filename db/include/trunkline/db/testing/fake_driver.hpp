// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/driver.hpp>

#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <list>
#include <map>
#include <set>

namespace trunkline::db::testing {

/// A database that is a script: tests tell it what to answer, what to keep waiting and what to break, and read what
/// was asked of it. It knows of transactions and savepoints only as much as a connection's condition needs.
///
///     auto server = std::make_shared<FakeServer>();
///     db::Pool pool(io.get_executor(), options, fake_driver(server));
///     server->hold("SELECT 1");
///
/// Threads: used from one thread.
class FakeServer {
public:
    /// What was asked, in order: "open 1", "1: SELECT 1", "1: BEGIN", "1: stopped SELECT 1", "1: reset", "close 1"
    /// (after leave was taken), "drop 1" (without).
    const std::vector<std::string>& log() const noexcept { return log_; }
    bool logged(std::string_view entry) const;
    std::size_t count(std::string_view entry) const;

    /// Attempts to connect fail from now on with this message and state; an empty message ends that.
    void refuse(std::string message, std::string sqlstate = "08001")
    {
        refusal_ = std::move(message);
        refusal_sqlstate_ = std::move(sqlstate);
    }
    /// From now on whatever is called so waits at a gate: an SQL text, "CONNECT", "BEGIN", "COMMIT", "ROLLBACK",
    /// "CLOSE". What waits stops when it is cancelled or passes its deadline.
    void hold(const std::string& what) { held_.insert(what); }
    /// From now on whatever is called so takes that long; zero ends that.
    void delay(const std::string& what, std::chrono::milliseconds time) { delays_[what] = time; }
    /// Opens the gate, for good.
    void release(const std::string& what);
    /// How many calls wait at that gate.
    std::size_t held(const std::string& what) const;

    /// Every call of `what` is answered so. What has no answer of its own is answered with one row changed.
    void answer(const std::string& what, Result result) { answers_[what] = std::move(result); }
    /// Every call of `what` fails so; the connection stays healthy, a transaction on it fails.
    void fail(const std::string& what, ErrorInfo failure) { failures_[what] = std::move(failure); }
    /// The next call of `what` breaks its connection: ConnectionLost, outcome unknown.
    void lose_at(const std::string& what) { losses_.insert(what); }
    /// Connections that are opened from now on lead to the server of that name.
    void lead_to(std::string name) { leads_to_ = std::move(name); }
    /// What the server of that name is, from now on and for those that are there already.
    void turn(const std::string& name, Role role) { roles_[name] = role; }
    /// The connection breaks now, as seen at its next look.
    void break_connection(int number) { broken_.insert(number); }

    std::size_t open() const noexcept { return open_; }
    std::size_t most_open() const noexcept { return most_open_; }
    std::size_t connections_max = static_cast<std::size_t>(-1); ///< what `Driver::max_connections` says

private:
    friend class FakeConnection;
    friend class FakeDriver;
    class AtGate;
    using Waiting = std::list<std::pair<std::string, asio::steady_timer*>>;

    asio::awaitable<void> pass(std::string what, std::string entry, Deadline deadline);
    void note(std::string entry) { log_.push_back(std::move(entry)); }

    std::vector<std::string> log_;
    std::string refusal_;
    std::string refusal_sqlstate_;
    std::set<std::string> held_;
    std::map<std::string, std::chrono::milliseconds> delays_;
    Waiting waiting_;
    std::map<std::string, Result> answers_;
    std::map<std::string, ErrorInfo> failures_;
    std::set<std::string> losses_;
    std::set<int> broken_;
    std::string leads_to_;
    std::map<std::string, Role> roles_;
    int last_number_ = 0;
    std::size_t open_ = 0;
    std::size_t most_open_ = 0;
};

/// A driver that opens connections to `server`.
std::unique_ptr<Driver> fake_driver(std::shared_ptr<FakeServer> server);

} // namespace trunkline::db::testing
