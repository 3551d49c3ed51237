// SPDX-License-Identifier: MIT
#include <support/pgbouncer_server.hpp>

#include <libpq-fe.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include <signal.h>

namespace trunkline::db::testing {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

constexpr auto start_limit = 20s;
constexpr const char* server_user = "postgres";

fs::path unpacked()
{
    const fs::path kept = cache_folder() / "pgbouncer";
    if (fs::exists(kept / "usr/sbin/pgbouncer")) return kept / "usr/sbin/pgbouncer";
    const TemporaryFolder workshop;
    const std::string folder = workshop.path().string();
    run_program({"sh", "-c",
                 "cd " + folder + " && apt-get -q download pgbouncer && dpkg -x pgbouncer_*.deb " + folder + "/tree"});
    run_program({"cp", "-aT", folder + "/tree", kept.string()});
    return kept / "usr/sbin/pgbouncer";
}

fs::path program()
{
    if (const char* named = std::getenv("TRUNKLINE_PGBOUNCER"); named && *named) return named;
    for (const char* installed : {"/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer"})
        if (fs::exists(installed)) return installed;
    return unpacked();
}

std::string configuration(const PostgresServer& behind, const fs::path& folder, int port, int server_connections)
{
    std::ostringstream text;
    text << "[databases]\n* = host=" << behind.socket_folder().string() << " port=" << behind.port()
         << " user=postgres\n"
         << "[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = " << port << "\nunix_socket_dir = " << folder.string()
         << "\npidfile = " << (folder / "pid").string() << "\nauth_type = any\npool_mode = transaction\n"
         << "default_pool_size = " << server_connections << "\nmax_client_conn = 200\nlogfile =\n";
    return text.str();
}

} // namespace

PgbouncerServer::PgbouncerServer(const PostgresServer& behind, int server_connections) : port_(free_port())
{
    folder_.give_to(server_user);
    // The cache is in a home that the server's user may not enter.
    const fs::path copy = folder_.path() / "pgbouncer";
    fs::copy_file(program(), copy);
    const fs::path ini = folder_.path() / "pgbouncer.ini";
    std::ofstream(ini) << configuration(behind, folder_.path(), port_, server_connections);
    server_ = std::make_unique<ChildProcess>(std::vector<std::string>{copy.string(), ini.string()},
                                             folder_.path() / "log", server_user);
    const auto give_up = std::chrono::steady_clock::now() + start_limit;
    while (server_->running() && std::chrono::steady_clock::now() < give_up) {
        if (PQping(url().c_str()) == PQPING_OK) return;
        std::this_thread::sleep_for(5ms);
    }
    std::stringstream log;
    log << std::ifstream(folder_.path() / "log").rdbuf();
    throw std::runtime_error("PgBouncer does not start: " + log.str());
}

PgbouncerServer::~PgbouncerServer()
{
    server_->signal(SIGTERM);
    server_->wait(5s);
}

std::string PgbouncerServer::url(std::string_view database, std::string_view user) const
{
    return "postgresql://" + std::string(user) + "@127.0.0.1:" + std::to_string(port_) + "/" + std::string(database);
}

} // namespace trunkline::db::testing
