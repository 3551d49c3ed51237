// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace trunkline::db::postgres {

using Keywords = std::vector<std::pair<std::string, std::string>>;

/// One place where a server may be.
struct Host {
    std::string name; ///< as the URL has it: a name, an address, or the folder of a unix socket; empty is libpq's own
    std::string address; ///< what the name was looked up to; empty for a folder
    std::string port;    ///< empty is libpq's default

    /// What libpq has to be told of it; nothing when the URL says it all.
    Keywords keywords() const;
    /// "db1.example.test:5432"
    std::string shown() const;
};

/// What a URL for libpq says of servers.
struct Target {
    std::vector<std::string> hosts; ///< names, addresses, or folders of unix sockets; empty is libpq's default
    std::vector<std::string> ports; ///< one for each host, empty is libpq's default
    bool has_addresses = false;     ///< the URL names addresses itself, and libpq tries them
    std::string wanted = "any"; ///< target_session_attrs: any, read-write, read-only, primary, standby, prefer-standby

    /// True when a name has to be looked up.
    bool has_names() const;
    /// Whether who connects there means to write.
    bool takes_writes() const { return wanted == "any" || wanted == "read-write" || wanted == "primary"; }
    /// Whether it has to be a server that takes no writes when it lets us in.
    bool refuses_writes() const { return wanted == "standby" || wanted == "read-only"; }
};

/// Reads `url`, PGHOST and the like standing in for what it leaves out. Throws ConnectFailed when libpq cannot read the
/// URL; the message does not repeat it, because it may hold a password.
Target target_of(const std::string& url);

/// Where the servers are, in the order of the URL, one for each address of a name; a single one that libpq finds by
/// itself has nothing in it. Blocks while names are looked up. A name without an address is left out; when nothing is
/// left, `failure` says why.
struct Located {
    std::vector<Host> hosts;
    std::string failure;
};
Located locate(const Target& target);

} // namespace trunkline::db::postgres
