// SPDX-License-Identifier: MIT
#pragma once

#include <http/request.hpp>

namespace trunkline::http {

/// Where people reach us: the origin of `TRUNKLINE_PUBLIC_URL`.
struct PublicUrl {
    bool https = false;
    std::string host; ///< "crm.example.test" or "crm.example.test:8443": as a browser sends it in Host

    /// Reads "https://crm.example.test". Nothing when it is no http(s) origin, or says more than an origin.
    static std::optional<PublicUrl> parse(std::string_view url);
};

/// True when the Host header names us: the address the connection was accepted at, localhost when that is a loopback
/// address, or the public URL's host. Any other name is somebody's rebound DNS.
bool host_is_ours(std::string_view host, const RequestHead& head, const std::optional<PublicUrl>& public_url);

/// Networks whose word about the client's address is taken.
class TrustedProxies {
public:
    TrustedProxies() = default;
    /// Reads addresses and CIDR ranges: "10.0.0.0/8, ::1". Throws std::invalid_argument with the part that is none.
    static TrustedProxies parse(std::string_view list);

    bool contain(std::string_view address) const;

    /// The client's address: from the right of X-Forwarded-For the first that is not a trusted proxy, when `peer` is
    /// one.
    std::string client_of(std::string_view peer, std::string_view forwarded_for) const;

private:
    struct Range {
        std::string bytes; // 16, IPv4 as mapped
        int bits;
    };
    std::vector<Range> ranges_;
};

} // namespace trunkline::http
