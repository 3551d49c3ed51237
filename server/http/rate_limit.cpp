// SPDX-License-Identifier: MIT
#include <http/rate_limit.hpp>

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace trunkline::http {

double RateLimit::Bucket::at_time(db::Time now) const
{
    const double seconds = std::chrono::duration<double>(std::max(now - at, db::Time::duration::zero())).count();
    return std::min<double>(per_minute, tokens + seconds * per_minute / 60);
}

RateLimit::Verdict RateLimit::take(const std::string& key, int per_minute, db::Time now)
{
    const auto found = buckets_.try_emplace(key, Bucket{static_cast<double>(per_minute), now, per_minute});
    Bucket& bucket = found.first->second;
    bucket.tokens = bucket.at_time(now);
    bucket.at = now;
    const bool allowed = bucket.tokens >= 1;
    if (allowed) bucket.tokens -= 1;
    const double missing = std::max(0.0, 1 - bucket.tokens);
    const int wait = static_cast<int>(std::ceil(missing * 60 / per_minute));
    const Verdict verdict{allowed, static_cast<int>(bucket.tokens), allowed ? 0 : std::max(1, wait)};
    if (buckets_.size() > buckets_max_) make_room(now);
    return verdict;
}

void RateLimit::make_room(db::Time now)
{
    std::erase_if(buckets_,
                  [&](const auto& entry) { return entry.second.at_time(now) >= entry.second.per_minute - 0.5; });
    if (buckets_.size() <= buckets_max_ / 2) return;
    std::vector<db::Time> ages;
    for (const auto& entry : buckets_) ages.push_back(entry.second.at);
    const auto middle = ages.begin() + static_cast<std::ptrdiff_t>(ages.size() / 2);
    std::nth_element(ages.begin(), middle, ages.end());
    const db::Time oldest_kept = *middle;
    std::erase_if(buckets_, [&](const auto& entry) { return entry.second.at <= oldest_kept; });
}

std::string rate_limit_peer(const std::string& address)
{
    boost::system::error_code failed;
    const auto parsed = boost::asio::ip::make_address(address, failed);
    if (failed || !parsed.is_v6() || parsed.to_v6().is_v4_mapped()) return address;
    auto bytes = parsed.to_v6().to_bytes();
    std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
    return boost::asio::ip::address_v6(bytes).to_string() + "/64";
}

} // namespace trunkline::http
