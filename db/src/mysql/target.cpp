// SPDX-License-Identifier: MIT
#include "mysql/target.hpp"

#include "database_url.hpp"
#include "mysql/refusal.hpp"

#include <arpa/inet.h>
#include <netdb.h>

#include <array>
#include <charconv>

namespace trunkline::db::mysql {

namespace {

constexpr std::string_view scheme = "mysql://";

bool is_address(const std::string& host)
{
    std::array<unsigned char, sizeof(in6_addr)> binary;
    return inet_pton(AF_INET, host.c_str(), binary.data()) == 1 ||
           inet_pton(AF_INET6, host.c_str(), binary.data()) == 1;
}

Host host_of(std::string_view written)
{
    Host host;
    const std::size_t bracket = written.starts_with('[') ? written.find(']') : 0;
    const std::size_t colon = written.find(':', bracket == written.npos ? 0 : bracket);
    std::string_view name = written.substr(0, colon);
    if (name.starts_with('[')) name = name.substr(1, name.size() - 2);
    host.name = percent_decode(name);
    if (colon == written.npos || colon + 1 == written.size()) return host;
    const std::string_view port = written.substr(colon + 1);
    std::from_chars(port.data(), port.data() + port.size(), host.port);
    return host;
}

void read_hosts(Target& target, std::string_view written)
{
    while (!written.empty()) {
        const std::size_t comma = std::min(written.find(','), written.size());
        target.hosts.push_back(host_of(written.substr(0, comma)));
        written.remove_prefix(std::min(comma + 1, written.size()));
    }
}

void read_location(Target& target, std::string_view location)
{
    location.remove_prefix(scheme.size());
    const std::size_t slash = std::min(location.find('/'), location.size());
    std::string_view authority = location.substr(0, slash);
    if (slash < location.size()) target.database = percent_decode(location.substr(slash + 1));
    if (const std::size_t at = authority.find('@'); at != authority.npos) {
        const std::string_view user = authority.substr(0, at);
        const std::size_t colon = std::min(user.find(':'), user.size());
        target.user = percent_decode(user.substr(0, colon));
        if (colon < user.size()) target.password = percent_decode(user.substr(colon + 1));
        authority.remove_prefix(at + 1);
    }
    read_hosts(target, authority);
}

Tls::Mode mode_named(std::string_view name)
{
    using enum Tls::Mode;
    if (name == "required") return required;
    if (name == "verify_ca") return verify_ca;
    return name == "verify_identity" ? verify_identity : disabled;
}

void read_parameter(Target& target, const UrlParameter& given)
{
    static constexpr std::array<std::pair<std::string_view, std::string Tls::*>, 9> of_tls{
        {{"ssl_ca", &Tls::ca},
         {"ssl_capath", &Tls::capath},
         {"ssl_cert", &Tls::cert},
         {"ssl_key", &Tls::key},
         {"ssl_cipher", &Tls::cipher},
         {"ssl_crl", &Tls::crl},
         {"ssl_crlpath", &Tls::crlpath},
         {"ssl_fingerprint", &Tls::fingerprint},
         {"tls_version", &Tls::version}}};
    if (given.name == "user") target.user = given.value;
    if (given.name == "password") target.password = given.value;
    if (given.name == "socket") target.socket = given.value;
    if (given.name == "ssl_mode") target.tls.mode = mode_named(given.value);
    for (const auto& [name, member] : of_tls)
        if (given.name == name) target.tls.*member = given.value;
}

void check(const Target& target)
{
    const Tls& tls = target.tls;
    if (target.hosts.empty() && target.socket.empty())
        throw_connect_failed("the database's URL names neither a host nor a socket", "08001");
    const bool verifies = tls.mode == Tls::Mode::verify_ca || tls.mode == Tls::Mode::verify_identity;
    if (tls.mode == Tls::Mode::verify_ca && tls.ca.empty() && tls.capath.empty())
        throw_connect_failed("ssl_mode=verify_ca needs ssl_ca or ssl_capath", "08001");
    const bool asks = !tls.ca.empty() || !tls.capath.empty() || !tls.cert.empty() || !tls.key.empty() ||
                      !tls.cipher.empty() || !tls.crl.empty() || !tls.crlpath.empty() || !tls.fingerprint.empty() ||
                      !tls.version.empty();
    if (asks && tls.mode == Tls::Mode::disabled)
        throw_connect_failed("the database's URL has parameters for TLS and no ssl_mode that asks for it", "08001");
    // Connector/C checks the certificate against the host it is given, which has to be an address: it blocks on names.
    if (tls.mode == Tls::Mode::verify_identity && !needs_no_lookup(target))
        throw_connect_failed(
            "ssl_mode=verify_identity needs an IP address for a host, which the certificate names: with "
            "a name use verify_ca, or ssl_fingerprint",
            "08001");
    if (verifies && target.hosts.empty())
        throw_connect_failed("a unix socket has no certificate to verify: leave ssl_mode out", "08001");
}

void add_addresses(Located& located, const Host& host)
{
    if (is_address(host.name)) return located.addresses.push_back({host.name, host.name, host.port});
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (const int problem = getaddrinfo(host.name.c_str(), nullptr, &hints, &found); problem != 0) {
        located.failure = "the name \"" + host.name + "\" cannot be looked up: " + gai_strerror(problem);
        return;
    }
    for (const auto* each = found; each; each = each->ai_next) {
        char text[NI_MAXHOST];
        if (getnameinfo(each->ai_addr, each->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) == 0)
            located.addresses.push_back({host.name, text, host.port});
    }
    freeaddrinfo(found);
}

} // namespace

Target target_of(const std::string& url)
{
    Target target;
    try {
        const DatabaseUrl split = split_database_url(url);
        read_location(target, split.location);
        for (const UrlParameter& given : split.parameters) read_parameter(target, given);
    } catch (const UsageError&) {
        throw_connect_failed("the database's URL cannot be read: check its host, user, password and parameters",
                             "08001");
    }
    check(target);
    return target;
}

bool needs_no_lookup(const Target& target)
{
    return std::all_of(target.hosts.begin(), target.hosts.end(),
                       [](const Host& host) { return is_address(host.name); });
}

Located locate(const Target& target)
{
    Located located;
    if (!target.socket.empty()) located.addresses.push_back({{}, target.socket, 0});
    for (const Host& host : target.hosts) add_addresses(located, host);
    return located;
}

} // namespace trunkline::db::mysql
