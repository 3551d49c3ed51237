// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace trunkline::db::mysql {

/// How the connection is encrypted, and how sure we have to be of who answers.
struct Tls {
    enum class Mode {
        disabled,
        required,        ///< encrypted, whoever it is
        verify_ca,       ///< with a certificate that `ca` or `capath` vouches for
        verify_identity, ///< and that names the host in the URL, which has to be an address
    };

    Mode mode = Mode::disabled;
    std::string ca, capath;
    std::string cert, key; ///< of ours
    std::string cipher;
    std::string crl, crlpath;
    std::string fingerprint; ///< of the server's certificate, SHA-1 or SHA-2 in hexadecimal digits
    std::string version;     ///< "TLSv1.2,TLSv1.3"
};

struct Host {
    std::string name; ///< or an address
    unsigned port = 3306;
};

/// What a URL for MySQL says.
struct Target {
    std::vector<Host> hosts; ///< tried in this order; none when there is a socket
    std::string socket;
    std::string user, password, database;
    Tls tls;
};

/// Throws ConnectFailed; the message holds nothing of the URL.
Target target_of(const std::string& url);

/// Where one attempt to connect goes.
struct Address {
    std::string host;    ///< as the URL names it; empty for a unix socket
    std::string address; ///< an IP address (to Connector/C "localhost" is a unix socket of its own choice), or a path
    unsigned port = 0;
};

struct Located {
    std::vector<Address> addresses;
    std::string failure; ///< why the last name has no address
};

/// Looks the hosts up. Blocks.
Located locate(const Target& target);

/// True when every host is an address already, so that `locate` does not block.
bool needs_no_lookup(const Target& target);

} // namespace trunkline::db::mysql
