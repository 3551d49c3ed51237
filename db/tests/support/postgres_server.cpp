// SPDX-License-Identifier: MIT
#include <support/postgres_server.hpp>

#include <libpq-fe.h>

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include <signal.h>
#include <unistd.h>

namespace trunkline::db::testing {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

constexpr auto start_limit = 30s;
constexpr auto change_limit = 30s; // of role, and for a standby to catch up
constexpr const char* server_user = "postgres";

/// Where Debian keeps PostgreSQL's programs, the newest version first; empty when they are on PATH or nowhere.
fs::path programs()
{
    for (int version = 20; version >= 12; --version) {
        const fs::path folder = "/usr/lib/postgresql/" + std::to_string(version) + "/bin";
        if (fs::exists(folder / "initdb")) return folder;
    }
    return {};
}

std::string program(const char* name) { return (programs() / name).string(); }

std::string version_word()
{
    const auto folder = programs();
    return folder.empty() ? "path" : folder.parent_path().filename().string();
}

/// The folder of a cluster that was never started. Made once; two programs that make it at once both succeed.
fs::path pristine_cluster()
{
    const fs::path kept = cache_folder() / ("postgres-" + version_word() + "-1");
    if (fs::exists(kept / "PG_VERSION")) return kept;
    const TemporaryFolder workshop;
    workshop.give_to(server_user);
    const fs::path made = workshop.path() / "data";
    run_program({program("initdb"), "-D", made.string(), "-A", "trust", "-U", "postgres", "--no-sync",
                 "--wal-segsize=1", "--encoding=UTF8", "--locale=C"},
                server_user);
    const fs::path copy = kept.string() + "." + std::to_string(getpid());
    run_program({"cp", "-a", made.string(), copy.string()});
    std::error_code taken;
    fs::rename(copy, kept, taken);
    if (taken) fs::remove_all(copy);
    return kept;
}

void write(const fs::path& file, const std::string& text) { std::ofstream(file, std::ios::app) << text; }

} // namespace

PostgresServer::PostgresServer()
{
    folder_.give_to(server_user);
    const fs::path data = folder_.path() / "data";
    run_program({"cp", "-a", "--reflink=auto", pristine_cluster().string(), data.string()});
    std::ofstream(data / "pg_hba.conf") << "host all locksmith 127.0.0.1/32 scram-sha-256\n"
                                           "local all all trust\nhost all all 127.0.0.1/32 trust\n"
                                           "local replication all trust\n";
    write(data / "postgresql.conf",
          "unix_socket_directories = '" + folder_.path().string() +
              "'\n"
              "listen_addresses = '127.0.0.1'\nmax_connections = 200\nshared_buffers = 32MB\n"
              "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\nautovacuum = off\n"
              "timezone = 'Europe/Berlin'\ndatestyle = 'German, DMY'\n");
    start();
    sql("CREATE ROLE locksmith LOGIN PASSWORD 'open sesame'");
}

PostgresServer::PostgresServer(Kind, const PostgresServer& primary)
{
    folder_.give_to(server_user);
    const fs::path data = folder_.path() / "data";
    const std::string upstream =
        "host=" + primary.socket_folder().string() + " port=" + std::to_string(primary.port()) + " user=postgres";
    run_program({program("pg_basebackup"), "-D", data.string(), "-d", upstream, "-R", "-X", "stream",
                 "--checkpoint=fast", "--no-sync"},
                server_user);
    write(data / "postgresql.conf", "unix_socket_directories = '" + folder_.path().string() +
                                        "'\n"
                                        "hot_standby = on\nwal_retrieve_retry_interval = 100ms\n"
                                        "wal_receiver_status_interval = 1s\n");
    start();
    catch_up_with(primary);
}

std::unique_ptr<PostgresServer> PostgresServer::standby_of(const PostgresServer& primary)
{
    return std::unique_ptr<PostgresServer>(new PostgresServer(Kind::standby, primary));
}

PostgresServer::~PostgresServer() { stop(); }

PostgresServer& PostgresServer::shared()
{
    static PostgresServer server;
    return server;
}

void PostgresServer::start()
{
    for (int attempt = 0; attempt < 3; ++attempt) {
        if (port_ == 0) port_ = free_port();
        if (try_start()) return;
        port_ = 0; // somebody may have taken it meanwhile
    }
    std::stringstream log;
    log << std::ifstream(folder_.path() / "log").rdbuf();
    throw std::runtime_error("PostgreSQL does not start: " + log.str());
}

bool PostgresServer::try_start()
{
    server_ = std::make_unique<ChildProcess>(std::vector<std::string>{program("postgres"), "-D",
                                                                      (folder_.path() / "data").string(), "-p",
                                                                      std::to_string(port_)},
                                             folder_.path() / "log", server_user);
    const auto give_up = std::chrono::steady_clock::now() + start_limit;
    while (server_->running() && std::chrono::steady_clock::now() < give_up) {
        if (PQping(socket_url().c_str()) == PQPING_OK) return true;
        std::this_thread::sleep_for(5ms);
    }
    return false;
}

void PostgresServer::stop()
{
    if (!server_) return;
    server_->signal(SIGCONT);
    server_->signal(SIGQUIT); // at once, and its children with it
    server_->wait(10s);
    server_.reset();
}

void PostgresServer::shut_down()
{
    server_->signal(SIGINT);
    server_->wait(10s);
    server_.reset();
}

/// Asks again and again, because what is waited for happens in another process.
void PostgresServer::until(const std::string& question, std::string_view answer) const
{
    const auto give_up = std::chrono::steady_clock::now() + change_limit;
    while (sql(question) != answer) {
        if (std::chrono::steady_clock::now() >= give_up) throw std::runtime_error("it never became true: " + question);
        std::this_thread::sleep_for(5ms);
    }
}

void PostgresServer::promote() const
{
    sql("SELECT pg_promote(wait => true)");
    until("SELECT pg_is_in_recovery()", "f");
}

void PostgresServer::set_read_only(bool read_only) const
{
    // In a transaction of its own that may write: it is to be undone one day.
    sql(std::string("ALTER SYSTEM SET default_transaction_read_only = ") + (read_only ? "on" : "off"));
    sql("SELECT pg_reload_conf()");
    until("SELECT current_setting('default_transaction_read_only')", read_only ? "on" : "off");
}

void PostgresServer::catch_up_with(const PostgresServer& primary) const
{
    // A commit that waits for the disk takes along what was committed without: else the log's writer has up to 15 s.
    primary.sql("SET synchronous_commit = on; SELECT pg_logical_emit_message(true, 'trunkline', '')");
    const std::string written = primary.sql("SELECT pg_current_wal_flush_lsn()");
    until("SELECT pg_last_wal_replay_lsn() >= '" + written + "'", "t");
}

std::size_t PostgresServer::sessions_of(const std::string& application) const
{
    return std::stoul(sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = '" + application + "'"));
}

std::string PostgresServer::url(std::string_view database, std::string_view user) const
{
    return "postgresql://" + std::string(user) + "@127.0.0.1:" + std::to_string(port_) + "/" + std::string(database);
}

std::string PostgresServer::socket_url(std::string_view database, std::string_view user) const
{
    return "postgresql:///" + std::string(database) + "?host=" + folder_.path().string() +
           "&port=" + std::to_string(port_) + "&user=" + std::string(user);
}

std::string PostgresServer::sql(const std::string& text, std::string_view database) const
{
    const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(socket_url(database).c_str()), &PQfinish);
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection.get(), text.c_str()), &PQclear);
    const auto status = PQresultStatus(result.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        throw std::runtime_error(PQerrorMessage(connection.get()));
    std::string rows;
    for (int row = 0; row < PQntuples(result.get()); ++row) {
        if (row > 0) rows += '\n';
        for (int column = 0; column < PQnfields(result.get()); ++column)
            rows += (column > 0 ? "|" : "") + std::string(PQgetvalue(result.get(), row, column));
    }
    return rows;
}

} // namespace trunkline::db::testing
