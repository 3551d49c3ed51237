// SPDX-License-Identifier: MIT
#include "replica_options.hpp"

#include "database_url.hpp"
#include "engine.hpp"

#include <trunkline/db/error.hpp>

#include <algorithm>

namespace trunkline::db::detail {

namespace {

/// Where in `location`, "postgresql://user:password@hosts/database", the hosts stand.
struct Hosts {
    std::size_t begin;
    std::size_t end;
};

Hosts hosts_in(const std::string& location)
{
    const std::size_t user = location.find("://") + 3;
    const std::size_t end = std::min(location.find('/', user), location.size());
    const std::size_t at = location.find('@', user);
    return {at < end ? at + 1 : user, end};
}

bool names_a_host(std::string_view parameter)
{
    return parameter == "host" || parameter == "hostaddr" || parameter == "port";
}

bool has_several_hosts(const DatabaseUrl& url)
{
    const Hosts hosts = hosts_in(url.location);
    if (url.location.substr(hosts.begin, hosts.end - hosts.begin).find(',') != std::string::npos) return true;
    return std::ranges::any_of(url.parameters, [](const UrlParameter& parameter) {
        return parameter.name.starts_with("host") && parameter.value.find(',') != std::string::npos;
    });
}

std::string standby_target(const DatabaseUrl& url, const std::string& replicas)
{
    std::string target = url.location;
    const Hosts hosts = hosts_in(target);
    if (!replicas.empty()) target.replace(hosts.begin, hosts.end - hosts.begin, replicas);
    char separator = '?';
    for (const UrlParameter& parameter : url.parameters) {
        if (parameter.name == "target_session_attrs") continue;
        if (!replicas.empty() && names_a_host(parameter.name)) continue;
        target += separator + parameter.written;
        separator = '&';
    }
    return target + separator + "target_session_attrs=standby";
}

/// A URL that asks for standbys only; nothing when nobody could be one.
std::string target_for_standbys(const Options& options)
{
    if (options.engine != Engine::postgresql) return {};
    try {
        const DatabaseUrl url = split_database_url(options.target);
        if (options.replicas.empty() && !has_several_hosts(url)) return {};
        return standby_target(url, options.replicas);
    } catch (const UsageError&) {
        return {}; // set by hand, in a form of libpq's that is no URL
    }
}

} // namespace

Options replica_options(const Options& options)
{
    Options replica = options;
    if (auto target = target_for_standbys(options); !target.empty()) replica.target = std::move(target);
    replica.min_size = 0;
    replica.max_size = options.replica_max_size;
    replica.isolation = std::min(options.isolation, Isolation::repeatable_read); // a standby has no more
    return replica;
}

std::unique_ptr<Driver> make_replica_driver(asio::any_io_executor executor, const Options& options)
{
    if (target_for_standbys(options).empty()) return nullptr;
    return make_driver(std::move(executor), replica_options(options));
}

} // namespace trunkline::db::detail
