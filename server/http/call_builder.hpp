// SPDX-License-Identifier: MIT
#pragma once

#include <http/call.hpp>

namespace trunkline::http {

/// Makes a Call: for the router, and for tests of rooms that call a route without a server.
class CallBuilder {
public:
    CallBuilder& actor(std::optional<Actor> actor)
    {
        call_.actor_ = std::move(actor);
        return *this;
    }
    CallBuilder& route(std::string pattern)
    {
        call_.route_ = std::move(pattern);
        return *this;
    }
    CallBuilder& request_line(std::string line)
    {
        call_.request_line_ = std::move(line);
        return *this;
    }
    CallBuilder& request_id(std::string id)
    {
        call_.request_id_ = std::move(id);
        return *this;
    }
    CallBuilder& peer(std::string address)
    {
        call_.peer_ = std::move(address);
        return *this;
    }
    CallBuilder& user_agent(std::string name)
    {
        call_.user_agent_ = std::move(name);
        return *this;
    }
    CallBuilder& body_hash(std::string hash)
    {
        call_.body_hash_ = std::move(hash);
        return *this;
    }
    CallBuilder& idempotency_key(std::optional<std::string> key)
    {
        call_.idempotency_key_ = std::move(key);
        return *this;
    }
    CallBuilder& last_event_id(std::optional<std::string> id)
    {
        call_.last_event_id_ = std::move(id);
        return *this;
    }
    Call build() { return std::move(call_); }

private:
    Call call_;
};

} // namespace trunkline::http
