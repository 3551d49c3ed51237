// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/types.hpp>

#include <cstddef>
#include <string>
#include <unordered_map>

namespace trunkline::http {

/// Token buckets by key: each holds a minute's worth, and refills evenly.
///
/// Memory: full buckets are forgotten when there are more than `buckets_max`; if none is full the oldest half goes,
/// which only forgives.
class RateLimit {
public:
    explicit RateLimit(std::size_t buckets_max = 50'000) : buckets_max_(buckets_max) {}

    struct Verdict {
        bool allowed;
        int remaining;           ///< calls that are left now
        int retry_after_seconds; ///< until the next call; 0 when allowed
    };
    /// Takes one token of `key`'s bucket.
    Verdict take(const std::string& key, int per_minute, db::Time now);

    std::size_t size() const noexcept { return buckets_.size(); }

private:
    struct Bucket {
        double tokens;
        db::Time at;
        int per_minute;

        double at_time(db::Time now) const;
    };
    void make_room(db::Time now);

    std::size_t buckets_max_;
    std::unordered_map<std::string, Bucket> buckets_;
};

/// What an address is counted as: an IPv6 client owns a /64, so its lower half says nothing.
std::string rate_limit_peer(const std::string& address);

} // namespace trunkline::http
