// SPDX-License-Identifier: MIT
#include "postgres/hosts.hpp"

#include "postgres/refusal.hpp"

#include <trunkline/db/error.hpp>

#include <algorithm>

namespace trunkline::db::postgres {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

constexpr auto silence_remembered = 30s;
constexpr std::string_view unreached = "the database cannot be reached: ";

struct Attempt {
    std::optional<ErrorInfo> failure;
    bool let_us_in = false; ///< and was not what is wanted
};

/// "db1.example.test:5432: …", unless libpq names the host itself.
std::string said_by(const Host& host, std::string message)
{
    if (message.starts_with(unreached)) message.erase(0, unreached.size());
    if (!host.name.empty() && message.find(host.name) != std::string::npos) return message;
    return host.shown() + ": " + message;
}

[[noreturn]] void throw_none_will_do(const std::vector<std::pair<Host, ErrorInfo>>& failures)
{
    if (failures.size() == 1) throw ConnectFailed(failures.front().second);
    std::string message(unreached), sqlstate = "08001";
    for (const auto& [host, failure] : failures) {
        if (message.size() > unreached.size()) message += "; ";
        message += said_by(host, failure.message);
        if (failure.sqlstate != "08001") sqlstate = failure.sqlstate;
    }
    throw_connect_failed(std::move(message), std::move(sqlstate));
}

asio::awaitable<Attempt> attempt(Wire& wire, const Search& search, const Host& host, std::string wanted,
                                 Deadline deadline)
{
    Keywords keywords = search.keywords;
    for (auto& keyword : host.keywords()) keywords.push_back(std::move(keyword));
    if (!wanted.empty()) keywords.emplace_back("target_session_attrs", std::move(wanted));
    Attempt attempt;
    try {
        co_await wire.connect(std::move(keywords), deadline);
    } catch (const ConnectFailed& failure) {
        attempt.failure = failure.info();
    }
    if (!attempt.failure) co_return attempt;
    if (Clock::now() >= deadline && search.acquaintance) search.acquaintance->kept_us_waiting(host);
    attempt.let_us_in = PQparameterStatus(wire.native(), "server_version") != nullptr;
    co_return attempt;
}

/// What is left of the time, divided among those that are left.
Deadline share(Deadline deadline, std::size_t left)
{
    const auto now = Clock::now();
    if (left <= 1 || deadline <= now) return deadline;
    return now + (deadline - now) / static_cast<std::int64_t>(left);
}

} // namespace

void Acquaintance::kept_us_waiting(const Host& host)
{
    silent_until_[host.shown() + " " + host.address] = Clock::now() + silence_remembered;
}

void Acquaintance::arrange(std::vector<Host>& hosts, bool in_any_order)
{
    if (in_any_order) std::shuffle(hosts.begin(), hosts.end(), random_);
    const auto now = Clock::now();
    std::erase_if(silent_until_, [now](const auto& one) { return one.second <= now; });
    std::vector<Host> silent;
    std::erase_if(hosts, [&](const Host& host) {
        const bool is_silent = silent_until_.contains(host.shown() + " " + host.address);
        if (is_silent) silent.push_back(host);
        return is_silent;
    });
    hosts.insert(hosts.end(), silent.begin(), silent.end());
}

Keywords log_in_keywords(const Options& options)
{
    return {{"dbname", options.target}, {"client_encoding", "UTF8"}, {"application_name", options.application_name}};
}

asio::awaitable<void> connect_to_one(Wire& wire, const Search& search, Deadline deadline)
{
    const bool alone = search.hosts.size() == 1;
    const bool second_best = search.wanted == "prefer-standby" && !alone;
    std::vector<std::pair<Host, ErrorInfo>> failures;
    std::vector<Host> second;
    for (std::size_t i = 0; i < search.hosts.size(); ++i) {
        const Host& host = search.hosts[i];
        const std::size_t left = search.hosts.size() - i + (second_best ? 1 : 0);
        Attempt made = co_await attempt(wire, search, host, second_best ? "standby" : "", share(deadline, left));
        if (!made.failure) co_return;
        const bool refused = made.failure->sqlstate.starts_with("28");
        if (made.let_us_in) second.push_back(host);
        failures.emplace_back(host, std::move(*made.failure));
        if (refused || Clock::now() >= deadline) throw_none_will_do(failures);
    }
    if (!second_best) second.clear();
    for (std::size_t i = 0; i < second.size(); ++i) {
        Attempt made = co_await attempt(wire, search, second[i], "any", share(deadline, second.size() - i));
        if (!made.failure) co_return;
        failures.emplace_back(second[i], std::move(*made.failure));
    }
    throw_none_will_do(failures);
}

} // namespace trunkline::db::postgres
