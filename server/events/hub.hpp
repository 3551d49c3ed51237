// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/uuid.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace trunkline::events {

namespace asio = boost::asio;
using db::Uuid;

/// Something that happened, and who may hear of it.
struct News {
    std::string name; ///< "message", "run.finished", …
    std::string data; ///< JSON, one line
    Uuid tenant_id;
    std::optional<Uuid> user_id; ///< only this user; nothing is all staff of the tenant
    std::optional<Uuid> run_id;  ///< only the browsers with a tab that watches this run
};

/// Who listens: one browser of one user.
struct Listener {
    Uuid tenant_id;
    Uuid user_id;
    Uuid session_id;
    bool staff = false;
};

/// News as a listener gets it. The id is `<boot>-<n>`: a counter of this process.
struct Heard {
    std::string name;
    std::string data;
    std::string id;
};

class Hub;

/// One listener's place in the hub. Leaves the hub when it is destroyed.
class Subscription {
public:
    ~Subscription();
    Subscription(const Subscription&) = delete;

    /// The next thing to tell, in the order it was published. Nothing when the stream has to end: the session was
    /// revoked or the hub is closed. A listener too slow for `queue_bytes_max` loses its queue and hears one `sync`.
    asio::awaitable<std::optional<Heard>> next();

private:
    friend class Hub;
    struct Entry;
    Subscription(Hub& hub, Listener listener, asio::any_io_executor executor);
    void offer(const std::shared_ptr<const Entry>& entry);
    void end();

    static constexpr std::size_t queue_bytes_max = 256 * 1024;
    struct State;
    std::unique_ptr<State> state_;
};

/// Tells every browser what it may hear. The last `ring_max` news are kept, so that a browser that comes back misses
/// nothing; one that comes back too late hears `sync` and reads again what it shows.
///
/// Threads: one.
class Hub {
public:
    static constexpr std::size_t ring_max = 10'000;

    explicit Hub(asio::any_io_executor executor);
    ~Hub();

    /// Never waits and never fails: call it after the commit.
    void publish(News news);

    /// Starts to listen: first `hello`, then what came after `last_id` (or one `sync`), then what comes.
    std::unique_ptr<Subscription> subscribe(Listener listener, const std::optional<std::string>& last_id);

    /// The runs whose pieces this tab wants from now on, instead of what it wanted before.
    void watch(const Uuid& session, const Uuid& tab, std::vector<Uuid> runs);
    /// A run has ended: nobody needs to watch it any longer.
    void forget_run(const Uuid& run);
    /// Ends the streams of a session that was revoked, after a last `signed_out`.
    void end_session(const Uuid& session);
    /// Ends all streams: the server stops.
    void close();

    std::size_t listeners() const noexcept { return subscriptions_.size(); }

private:
    friend class Subscription;
    bool may_hear(const Listener& listener, const Subscription::Entry& entry) const;
    bool watches(const Uuid& session, const Uuid& run) const;
    std::string id_of(std::uint64_t number) const;
    void replay(Subscription& to, const std::string& last_id);
    void tell(Subscription& to, std::string name, std::string data);

    asio::any_io_executor executor_;
    std::string boot_;
    std::uint64_t last_ = 0;
    std::deque<std::shared_ptr<const Subscription::Entry>> ring_;
    std::set<Subscription*> subscriptions_;
    std::unordered_map<Uuid, std::unordered_map<Uuid, std::set<Uuid>>> watched_; // session → tab → runs
    bool closed_ = false;
};

} // namespace trunkline::events
