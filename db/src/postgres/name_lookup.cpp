// SPDX-License-Identifier: MIT
#include "postgres/name_lookup.hpp"

#include "postgres/refusal.hpp"

#include <boost/asio/ip/tcp.hpp>

namespace trunkline::db::postgres {

namespace {

using Resolver = asio::ip::tcp::resolver;

struct Found {
    boost::system::error_code failure;
    std::vector<std::string> addresses;
};

Found found(boost::system::error_code failure, const Resolver::results_type& results)
{
    Found answer;
    answer.failure = failure;
    for (const auto& each : results) answer.addresses.push_back(each.endpoint().address().to_string());
    return answer;
}

/// Asio cannot interrupt a look-up: it is left to itself, and holds what it will touch.
asio::awaitable<Found> addresses_of(std::string name, Deadline deadline)
{
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    const auto promised = std::make_shared<Promised<Found>>(executor);
    const auto resolver = std::make_shared<Resolver>(executor);
    promised->done.expires_at(deadline);
    auto answered = [promised, resolver](boost::system::error_code failure, const Resolver::results_type& results) {
        promised->answer = found(failure, results);
        promised->finished = true;
        promised->done.cancel();
    };
    resolver->async_resolve(name, std::string(), std::move(answered));
    boost::system::error_code ignored;
    auto token = asio::redirect_error(asio::use_awaitable, ignored);
    co_await promised->done.async_wait(token);
    const bool gave_up = co_await was_cancelled();
    if (gave_up) throw_cancelled();
    if (!promised->finished) throw_connect_timed_out();
    co_return std::move(promised->answer);
}

} // namespace

asio::awaitable<std::vector<Host>> look_up(Target target, Deadline deadline)
{
    if (!target.has_names()) co_return locate(target).hosts;
    std::vector<Host> hosts;
    std::string failure;
    for (std::size_t i = 0; i < target.hosts.size(); ++i) {
        Host host;
        host.name = target.hosts[i];
        host.port = target.ports[i];
        Target alone;
        alone.hosts.push_back(host.name);
        if (!alone.has_names()) {
            if (!host.name.empty() && host.name[0] != '/' && host.name[0] != '@') host.address = host.name;
            hosts.push_back(host);
            continue;
        }
        const Found answer = co_await addresses_of(host.name, deadline);
        if (answer.failure) failure = "the name \"" + host.name + "\" cannot be looked up: " + answer.failure.message();
        for (const auto& address : answer.addresses) {
            host.address = address;
            hosts.push_back(host);
        }
    }
    if (hosts.empty()) throw_connect_failed(failure, "08001");
    co_return hosts;
}

} // namespace trunkline::db::postgres
