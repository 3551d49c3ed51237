// SPDX-License-Identifier: MIT
#include "mysql/driver.hpp"

#include "mysql/connection.hpp"

#include <charconv>

namespace trunkline::db {
namespace mysql {
namespace {

/// "10.11.19-MariaDB-0+deb12u1" and "5.5.5-10.11.19-MariaDB" are both 10.11.19.
std::string version_of(std::string_view said)
{
    if (said.starts_with("5.5.5-")) said.remove_prefix(6);
    return std::string(said.substr(0, said.find('-')));
}

class MysqlDriver final : public Driver {
public:
    MysqlDriver(asio::any_io_executor executor, const Options& options)
        : executor_(std::move(executor)), options_(options), threads_(std::make_shared<LoginThreads>())
    {}

    asio::awaitable<std::unique_ptr<DriverConnection>> connect(Deadline deadline) override
    {
        auto work = log_in(deadline);
        return on_its_own_terms(std::move(work));
    }

    std::string describe() const override { return description_; }

private:
    asio::awaitable<std::unique_ptr<DriverConnection>> log_in(Deadline deadline);
    asio::awaitable<Located> locate_hosts(std::shared_ptr<const Target> target, Deadline deadline);
    asio::awaitable<std::unique_ptr<Line>> open_line(std::shared_ptr<const Target> target, Deadline deadline);
    asio::awaitable<Session> set_up(Line& line, Deadline deadline);

    const asio::any_io_executor executor_;
    const Options options_;
    const std::shared_ptr<LoginThreads> threads_;
    std::string description_ = "MySQL, not connected yet";
};

asio::awaitable<std::unique_ptr<DriverConnection>> MysqlDriver::log_in(Deadline deadline)
{
    auto target = std::make_shared<const Target>(target_of(options_.target));
    auto line = co_await open_line(std::move(target), deadline);
    Session session = co_await set_up(*line, deadline);
    description_ = session.server + ", " +
                   (options_.pooler_safe() ? std::string("no statements cached")
                                           : std::to_string(options_.statement_cache_size) + " statements cached");
    co_return std::make_unique<MysqlConnection>(std::move(line), std::move(session), options_);
}

/// Connector/C looks names up itself, and blocks: it is given addresses.
asio::awaitable<Located> MysqlDriver::locate_hosts(std::shared_ptr<const Target> target, Deadline deadline)
{
    if (needs_no_lookup(*target)) {
        Located known = locate(*target);
        co_return known;
    }
    auto work = [target] { return locate(*target); };
    auto located = co_await run_until(threads_->logins, std::move(work), deadline);
    const bool gave_up = co_await was_cancelled();
    if (gave_up) throw_cancelled();
    if (!located) throw_connect_timed_out();
    if (located->addresses.empty()) throw_connect_failed(located->failure, "08001");
    co_return std::move(*located);
}

/// Tries one address after another, until one lets us in or has a reason of its own not to.
asio::awaitable<std::unique_ptr<Line>> MysqlDriver::open_line(std::shared_ptr<const Target> target, Deadline deadline)
{
    const Located located = co_await locate_hosts(target, deadline);
    std::exception_ptr failure;
    for (const Address& address : located.addresses) {
        auto line = std::make_unique<Line>(executor_, threads_);
        try {
            co_await line->connect(threads_->logins, target, address, options_.application_name, deadline);
            co_return line;
        } catch (const ConnectFailed&) {
            failure = std::current_exception();
        }
        if (std::chrono::steady_clock::now() >= deadline) break;
    }
    std::rethrow_exception(failure);
}

asio::awaitable<Session> MysqlDriver::set_up(Line& line, Deadline deadline)
{
    Session session;
    session.mariadb = mariadb_connection(line.native());
    unsigned long extended = 0;
    mariadb_get_infov(line.native(), MARIADB_CONNECTION_EXTENDED_SERVER_CAPABILITIES, &extended);
    session.bulk = session.mariadb && (extended & (MARIADB_CLIENT_STMT_BULK_OPERATIONS >> 32)) != 0;
    session.server = (session.mariadb ? "MariaDB " : "MySQL ") + version_of(mysql_get_server_info(line.native()));
    session.isolation = options_.isolation;
    line.begin_call(deadline);
    const std::string settings = session.settings();
    co_await line.query(settings);
    if (!line.failure() && !line.broken()) co_await line.query("SELECT @@max_allowed_packet");
    TextRows rows;
    if (!line.failure() && !line.broken()) rows = co_await line.store();
    if (line.why() == Interruption::cancelled) throw_cancelled();
    if (line.why() == Interruption::deadline) throw_connect_timed_out();
    if (line.failure() || line.broken()) throw_connect_failed(line.failure());
    const MYSQL_ROW row = rows ? mysql_fetch_row(rows.get()) : nullptr;
    if (!row || !row[0]) throw_connect_failed("the server's answer to the first question is not whole", "08P01");
    const std::string_view packet = row[0];
    std::from_chars(packet.data(), packet.data() + packet.size(), session.packet_max);
    co_return session;
}

} // namespace
} // namespace mysql

std::unique_ptr<Driver> make_mysql_driver(asio::any_io_executor executor, const Options& options)
{
    return std::make_unique<mysql::MysqlDriver>(std::move(executor), options);
}

} // namespace trunkline::db
