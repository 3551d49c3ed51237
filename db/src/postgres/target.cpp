// SPDX-License-Identifier: MIT
#include "postgres/target.hpp"

#include "postgres/refusal.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <memory>

namespace trunkline::db::postgres {

namespace {

using ConninfoOptions = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

std::string value_of(const PQconninfoOption* options, std::string_view keyword)
{
    for (; options && options->keyword; ++options)
        if (options->keyword == keyword) return options->val ? options->val : "";
    return {};
}

std::vector<std::string> split(const std::string& list)
{
    std::vector<std::string> parts;
    std::size_t begin = 0;
    for (;;) {
        const auto comma = list.find(',', begin);
        parts.push_back(list.substr(begin, comma - begin));
        if (comma == std::string::npos) return parts;
        begin = comma + 1;
    }
}

bool is_address(const std::string& host)
{
    unsigned char binary[sizeof(in6_addr)];
    return inet_pton(AF_INET, host.c_str(), binary) == 1 || inet_pton(AF_INET6, host.c_str(), binary) == 1;
}

bool is_name(const std::string& host) { return !host.empty() && host[0] != '/' && host[0] != '@' && !is_address(host); }

std::vector<std::string> addresses_of(const std::string& host, std::string& failure)
{
    if (!is_name(host)) return {is_address(host) ? host : std::string()};
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (const int problem = getaddrinfo(host.c_str(), nullptr, &hints, &found); problem != 0) {
        failure = "the name \"" + host + "\" cannot be looked up: " + gai_strerror(problem);
        return {};
    }
    std::vector<std::string> addresses;
    for (const auto* each = found; each; each = each->ai_next) {
        char text[NI_MAXHOST];
        if (getnameinfo(each->ai_addr, each->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) == 0)
            addresses.emplace_back(text);
    }
    freeaddrinfo(found);
    return addresses;
}

} // namespace

Keywords Host::keywords() const
{
    if (name.empty() && address.empty()) return {};
    return {{"host", name}, {"hostaddr", address}, {"port", port}};
}

std::string Host::shown() const { return (name.empty() ? address : name) + (port.empty() ? "" : ":" + port); }

bool Target::has_names() const { return !has_addresses && std::any_of(hosts.begin(), hosts.end(), is_name); }

Target target_of(const std::string& url)
{
    char* problem = nullptr;
    const ConninfoOptions options(PQconninfoParse(url.c_str(), &problem), &PQconninfoFree);
    PQfreemem(problem);
    if (!options)
        throw_connect_failed("the database's URL cannot be read: check its host, user, password and parameters",
                             "08001");
    const ConninfoOptions defaults(PQconndefaults(), &PQconninfoFree);
    const auto either = [&](std::string_view keyword) {
        auto found = value_of(options.get(), keyword);
        return found.empty() ? value_of(defaults.get(), keyword) : found;
    };
    Target target;
    target.has_addresses = !either("hostaddr").empty();
    target.hosts = split(either("host"));
    target.ports = split(either("port"));
    if (target.ports.size() == 1) target.ports.resize(target.hosts.size(), target.ports[0]);
    if (target.ports.size() != target.hosts.size())
        throw_connect_failed("the database's URL names " + std::to_string(target.hosts.size()) + " hosts and " +
                                 std::to_string(target.ports.size()) + " ports",
                             "08001");
    if (const auto wanted = either("target_session_attrs"); !wanted.empty()) target.wanted = wanted;
    return target;
}

Located locate(const Target& target)
{
    Located located;
    if (target.has_addresses || (target.hosts.size() == 1 && !target.has_names())) {
        located.hosts.emplace_back();
        return located;
    }
    for (std::size_t i = 0; i < target.hosts.size(); ++i)
        for (const auto& address : addresses_of(target.hosts[i], located.failure))
            located.hosts.push_back({target.hosts[i], address, target.ports[i]});
    return located;
}

} // namespace trunkline::db::postgres
