// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace trunkline::db::postgres {

using Keywords = std::vector<std::pair<std::string, std::string>>;

/// The hosts of a URL for libpq, side by side with their ports.
struct Target {
    std::vector<std::string> hosts; ///< names, addresses, or folders of unix sockets; empty is libpq's default
    std::vector<std::string> ports; ///< one for each host, empty is libpq's default
    bool has_addresses = false;     ///< the URL names addresses itself

    /// True when a name has to be looked up.
    bool has_names() const;
};

/// Reads the hosts of `url`, PGHOST and PGPORT standing in for what it leaves out. Throws ConnectFailed when libpq
/// cannot read the URL; the message does not repeat it, because it may hold a password.
Target target_of(const std::string& url);

/// Where the hosts are: keywords `host`, `hostaddr` and `port` of equal length, a host repeated for each of its
/// addresses. Blocks while names are looked up. A name without an address is left out; when none is left, `failure`
/// says why.
struct Located {
    Keywords keywords;
    std::string failure;
};
Located locate(const Target& target);

} // namespace trunkline::db::postgres
