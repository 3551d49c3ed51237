// SPDX-License-Identifier: MIT
#pragma once

#include <base/json.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include <functional>

namespace trunkline::http {

namespace asio = boost::asio;

enum class Method { get, post, put, patch, del };

/// What a user may do. Each word includes those before it.
enum class Role { customer, staff, admin };
BOOST_DESCRIBE_ENUM(Role, customer, staff, admin)

/// Who a route is for.
enum class Access {
    anyone,    ///< without signing in; an actor may be there all the same
    signed_in, ///< 401 without a session
    staff,     ///< 403 for customers
    admin,     ///< 403 for others
};
BOOST_DESCRIBE_ENUM(Access, anyone, signed_in, staff, admin)

/// Who asks, as far as the floors below the features need to know.
struct Actor {
    Uuid tenant_id;
    Uuid user_id;
    Uuid session_id;
    Role role = Role::customer;
    std::string name; ///< what people call them
};

/// What a request brought to prove who asks.
struct Credentials {
    std::optional<std::string> session_token; ///< of the cookie
    std::optional<std::string> bearer_token;  ///< of `Authorization: Bearer`
};

/// Turns credentials into an actor. Handed in by `app`; throws db::Error when the database is down.
class Authenticator {
public:
    virtual ~Authenticator() = default;
    /// Nothing when the token is unknown, expired or revoked.
    virtual asio::awaitable<std::optional<Actor>> authenticate(const Credentials& credentials) = 0;
};

/// The request as a route sees it, beside its decoded input.
class Call {
public:
    /// REQUIRES: the route's Access is above `anyone`.
    const Actor& actor() const { return *actor_; }
    const std::optional<Actor>& maybe_actor() const noexcept { return actor_; }

    /// The path as it was declared: "/api/v1/conversations/{id}".
    const std::string& route() const noexcept { return route_; }
    /// Method and address as they were asked for: "POST /api/v1/conversations/0198…/messages". Not for logs.
    const std::string& request_line() const noexcept { return request_line_; }
    const std::string& request_id() const noexcept { return request_id_; }
    /// The client's address, through trusted proxies.
    const std::string& peer() const noexcept { return peer_; }
    const std::string& user_agent() const noexcept { return user_agent_; }
    /// The value of the Idempotency-Key header.
    const std::optional<std::string>& idempotency_key() const noexcept { return idempotency_key_; }
    /// SHA-256 of the raw body, in hexadecimal: what an Idempotency-Key stands for.
    const std::string& body_hash() const noexcept { return body_hash_; }
    /// Last-Event-ID of a client that comes back to an event stream.
    const std::optional<std::string>& last_event_id() const noexcept { return last_event_id_; }

    /// Asks the browser to keep the session's token; an empty token takes it away.
    void set_session_cookie(std::string token, std::chrono::seconds max_age) { cookie_ = {std::move(token), max_age}; }

    struct SessionCookie {
        std::string token;
        std::chrono::seconds max_age{};
    };
    const std::optional<SessionCookie>& session_cookie() const noexcept { return cookie_; }

    /// An answer that was given before to the same Idempotency-Key: what the client gets instead of what the route
    /// returns.
    struct Replay {
        int status;
        std::string body;
    };
    void answer_again(Replay stored) { replay_ = std::move(stored); }
    const std::optional<Replay>& replay() const noexcept { return replay_; }

private:
    friend class CallBuilder; // http/call_builder.hpp
    std::optional<Actor> actor_;
    std::string route_, request_line_, request_id_, peer_, user_agent_, body_hash_;
    std::optional<std::string> idempotency_key_, last_event_id_;
    std::optional<SessionCookie> cookie_;
    std::optional<Replay> replay_;
};

/// Input of a route, by where it comes from. T is a described struct; its fields name the parameters.
template <class T>
struct Path {
    T value;
    const T* operator->() const { return &value; }
    const T& operator*() const { return value; }
};
template <class T>
struct Params { // of the query string
    using Fields = T;
    T value;
    const T* operator->() const { return &value; }
    const T& operator*() const { return value; }
};
template <class T>
struct Body { // JSON
    T value;
    const T* operator->() const { return &value; }
    const T& operator*() const { return value; }
};

/// Answers other than "200 with this struct as JSON".
template <class T>
struct Created { // 201
    T value;
};
template <class T>
struct Accepted { // 202
    T value;
};
struct NoContent {}; // 204
struct File {        // 200 with bytes as they are
    std::string content_type;
    std::string body;
};

/// One event of a stream, in the form of server-sent events.
struct Event {
    std::string name;
    std::string data; ///< JSON, one line
    std::string id;   ///< may be empty
};

/// The writing end of an event stream.
class EventWriter {
public:
    virtual ~EventWriter() = default;
    /// Sends an event and waits until the socket took it. Throws when the client has gone.
    virtual asio::awaitable<void> send(Event event) = 0;
};

/// A stream of events: after the headers are sent, `body` runs until it returns, the client leaves (it is cancelled)
/// or the server stops. A comment is sent every 15 s in between. It must hold no connection while it waits.
/// The Call is gone by then: `body` owns what it needs.
struct EventStream {
    std::function<asio::awaitable<void>(EventWriter&)> body;
};

/// One page of a list; `next` goes into `after` of the next request, and is null on the last page.
template <class T>
struct Page {
    std::vector<T> items;
    std::optional<std::string> next;
    BOOST_DESCRIBE_CLASS(Page, (), (items, next), (), ())
};

} // namespace trunkline::http
