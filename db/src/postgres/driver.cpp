// SPDX-License-Identifier: MIT
#include "postgres/driver.hpp"

#include "postgres/connection.hpp"
#include "postgres/hosts.hpp"
#include "postgres/refusal.hpp"
#include "postgres/target.hpp"

#include <trunkline/db/error.hpp>

#include <arpa/inet.h>
#include <sys/socket.h>

namespace trunkline::db {
namespace postgres {
namespace {

constexpr std::size_t lane_threads = 2; // for looking up names and asking servers to stop

std::string parameter(const Wire& wire, const char* name)
{
    const char* found = PQparameterStatus(wire.native(), name);
    return found ? found : "";
}

/// What has to be set so that every text the server sends can be read. A pooler would lend such a setting to strangers:
/// behind one it has to be right already, the zone excepted, because times carry their offset.
std::vector<std::string> missing_settings(const Wire& wire, bool pooler)
{
    std::vector<std::string> missing;
    if (!parameter(wire, "DateStyle").starts_with("ISO")) missing.emplace_back("SET datestyle = 'ISO'");
    if (parameter(wire, "standard_conforming_strings") == "off")
        missing.emplace_back("SET standard_conforming_strings = on");
    if (pooler && !missing.empty())
        throw_connect_failed("behind the pooler the role needs '" + missing[0].substr(4) + "': use ALTER ROLE … SET",
                             "08001");
    if (!pooler && parameter(wire, "TimeZone") != "UTC") missing.emplace_back("SET timezone = 'UTC'");
    return missing;
}

/// Our end of the connection as the server's inet_client_port() says it when nobody stands in between: empty for a
/// unix socket.
std::string own_port(int socket)
{
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length) != 0) return {};
    if (address.ss_family == AF_INET)
        return std::to_string(ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port));
    if (address.ss_family == AF_INET6)
        return std::to_string(ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port));
    return {};
}

class PostgresDriver final : public Driver {
public:
    PostgresDriver(asio::any_io_executor executor, const Options& options)
        : executor_(std::move(executor)), options_(options), lane_(std::make_shared<Lane>("postgres", lane_threads))
    {
        try {
            look_at(target_of(options_.target));
        } catch (const ConnectFailed&) { // said again when we connect, and to somebody who asked
        }
    }

    asio::awaitable<std::unique_ptr<DriverConnection>> connect(Deadline deadline) override
    {
        auto work = log_in(deadline);
        return on_its_own_terms(std::move(work));
    }

    bool shares() const noexcept override { return shares_; }
    bool takes_writes() const noexcept override { return takes_writes_; }
    std::string describe() const override { return description_; }

private:
    void look_at(const Target& target)
    {
        takes_writes_ = target.takes_writes();
        keeps_reading_ = target.refuses_writes();
    }
    asio::awaitable<std::unique_ptr<DriverConnection>> log_in(Deadline deadline);
    asio::awaitable<std::vector<Host>> locate_hosts(Target target, Deadline deadline);
    asio::awaitable<Session> look_around(Wire& wire, Deadline deadline);
    asio::awaitable<void> make(Wire& wire, Block& block, Deadline deadline);
    bool pooler_of(bool stranger) const;
    void describe(const Session& session);

    const asio::any_io_executor executor_;
    const Options options_;
    const std::shared_ptr<Lane> lane_;
    const std::shared_ptr<CleanTexts> clean_texts_ = std::make_shared<CleanTexts>();
    Acquaintance acquaintance_;
    bool takes_writes_ = true;
    bool keeps_reading_ = false;
    std::string description_ = "PostgreSQL, not connected yet";
    bool shares_ = false;     // until it is known what is in between
    bool pooler_met_ = false; // on any connection: then none shares, ever
};

asio::awaitable<std::unique_ptr<DriverConnection>> PostgresDriver::log_in(Deadline deadline)
{
    const Target target = target_of(options_.target);
    auto looking = locate_hosts(target, deadline);
    std::vector<Host> hosts = co_await std::move(looking);
    acquaintance_.arrange(hosts, options_.random_hosts);
    auto wire = std::make_shared<Wire>(executor_, lane_);
    Search search{std::move(hosts), target.wanted, log_in_keywords(options_), &acquaintance_};
    co_await connect_to_one(*wire, search, deadline);
    Session session = co_await look_around(*wire, deadline);
    describe(session);
    pooler_met_ = pooler_met_ || session.pooler;
    shares_ = !pooler_met_ && !options_.raw_sql;
    co_return std::make_unique<PostgresConnection>(executor_, std::move(wire), std::move(session), clean_texts_,
                                                   options_);
}

/// libpq looks names up itself, and blocks: it is given addresses.
asio::awaitable<std::vector<Host>> PostgresDriver::locate_hosts(Target target, Deadline deadline)
{
    if (!target.has_names()) co_return locate(target).hosts;
    auto work = [target] { return locate(target); };
    auto located = co_await run_until(*lane_, std::move(work), deadline);
    const bool gave_up = co_await was_cancelled();
    if (gave_up) throw_cancelled();
    if (!located) throw_connect_timed_out();
    if (located->hosts.empty()) throw_connect_failed(located->failure, "08001");
    co_return std::move(located->hosts);
}

/// Finds out who is there, before any statement has a name.
asio::awaitable<Session> PostgresDriver::look_around(Wire& wire, Deadline deadline)
{
    Block block(1);
    block[0].text = "SELECT pg_backend_pid(), current_setting('default_transaction_isolation'), inet_client_port()";
    co_await make(wire, block, deadline);
    const PGresult* answer = block[0].reply.get();
    if (PQntuples(answer) != 1 || PQnfields(answer) != 3)
        throw_connect_failed("the server's answer to the first question is not whole", "08P01");
    Session session;
    const bool stranger = PQgetvalue(answer, 0, 0) != std::to_string(PQbackendPID(wire.native()));
    session.version = parameter(wire, "server_version");
    session.between = stranger;
    session.pooler = pooler_of(stranger);
    session.unnamed = options_.pooler_safe() || session.pooler;
    session.default_isolation = isolation_named(PQgetvalue(answer, 0, 1));
    const bool direct = PQgetvalue(answer, 0, 2) == own_port(PQsocket(wire.native()));
    session.echoes = options_.pooler != Options::Pooler::session && (session.pooler || !direct);
    session.settings = missing_settings(wire, session.pooler);
    // A standby that is promoted keeps its sessions: without this they would begin to take writes.
    if (keeps_reading_ && !session.pooler) session.settings.emplace_back("SET default_transaction_read_only = on");
    if (session.settings.empty()) co_return session;
    Block settings(session.settings.size());
    for (std::size_t i = 0; i < settings.size(); ++i) settings[i].text = session.settings[i];
    co_await make(wire, settings, deadline);
    co_return session;
}

/// Whether a transaction pooler has to be expected. `none` is a belief, and whoever answers in the server's place knows
/// better; only `session` is a promise that each of us keeps a server to himself.
bool PostgresDriver::pooler_of(bool stranger) const
{
    switch (options_.pooler) {
    case Options::Pooler::session: return false;
    case Options::Pooler::none: return stranger;
    case Options::Pooler::automatic: return stranger || options_.pooler_safe();
    case Options::Pooler::transaction: break;
    }
    return true;
}

asio::awaitable<void> PostgresDriver::make(Wire& wire, Block& block, Deadline deadline)
{
    Exchange exchange;
    exchange.blocks.push_back(&block);
    const auto why = co_await wire.exchange(exchange, deadline);
    if (why == Interruption::cancelled) throw_cancelled();
    if (why == Interruption::deadline) throw_connect_timed_out();
    for (const Step& step : block) {
        if (!step.failed()) continue;
        const ErrorInfo said = step.reply ? describe_refusal(step.reply.get()) : ErrorInfo{};
        throw_connect_failed(said.message.empty() ? "the connection was lost during log-in" : said.message,
                             said.sqlstate.empty() ? "08006" : said.sqlstate);
    }
    if (wire.broken()) throw_connect_failed("the connection was lost during log-in", "08006");
}

void PostgresDriver::describe(const Session& session)
{
    description_ = "PostgreSQL " + session.version;
    if (session.pooler) description_ += " behind a pooler";
    if (session.pooler && options_.pooler == Options::Pooler::none) description_ += " in spite of pooler=none";
    if (session.between && !session.pooler) description_ += " behind a pooler that keeps sessions";
    if (session.echoes && !session.between) description_ += " behind a proxy";
    description_ += session.unnamed ? ", unnamed statements"
                                    : ", " + std::to_string(options_.statement_cache_size) + " statements cached";
}

} // namespace
} // namespace postgres

std::unique_ptr<Driver> make_postgres_driver(asio::any_io_executor executor, const Options& options)
{
    return std::make_unique<postgres::PostgresDriver>(std::move(executor), options);
}

} // namespace trunkline::db
