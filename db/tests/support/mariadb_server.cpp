// SPDX-License-Identifier: MIT
#include <support/mariadb_server.hpp>

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include <arpa/inet.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

namespace trunkline::db::testing {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

constexpr auto start_limit = 60s;

const passwd& server_user()
{
    const passwd* user = getpwnam("mysql");
    if (!user) user = getpwnam("nobody");
    if (!user) throw std::runtime_error("there is neither a user mysql nor a user nobody to run MariaDB as");
    return *user;
}

/// The command that runs `arguments` as the server's user, when we are root. (Not every such user has a group of its
/// own name, so it goes by number; changing the user clears the parent-death signal, so it is set afterwards.)
std::vector<std::string> as_server_user(std::vector<std::string> arguments)
{
    if (geteuid() != 0) return arguments;
    const passwd& user = server_user();
    std::vector<std::string> whole{"setpriv",
                                   "--reuid=" + std::to_string(user.pw_uid),
                                   "--regid=" + std::to_string(user.pw_gid),
                                   "--clear-groups",
                                   "--pdeathsig",
                                   "KILL"};
    whole.insert(whole.end(), arguments.begin(), arguments.end());
    return whole;
}

void give(const TemporaryFolder& folder)
{
    if (geteuid() == 0) folder.give_to(server_user().pw_name);
}

std::string version_word()
{
    const TemporaryFolder folder;
    ChildProcess asked({"mariadbd", "--no-defaults", "--version"}, folder.path() / "said");
    asked.wait(30s);
    std::string word;
    std::ifstream said(folder.path() / "said");
    while (said >> word)
        if (word == "Ver" && said >> word) return word.substr(0, word.find('-'));
    throw std::runtime_error("mariadbd does not run; on Debian: apt-get install mariadb-server-core");
}

bool all_stopped(pid_t process)
{
    for (const auto& thread : fs::directory_iterator("/proc/" + std::to_string(process) + "/task")) {
        std::stringstream text;
        text << std::ifstream(thread.path() / "stat").rdbuf();
        const std::string said = text.str();
        const std::size_t end = said.rfind(") "); // of the thread's name
        if (end != said.npos && said[end + 2] != 'T') return false;
    }
    return true;
}

/// The data folder of a server that was never started. Two programs that make it at once both succeed.
fs::path pristine_data()
{
    const std::string owner = geteuid() == 0 ? server_user().pw_name : "own";
    const fs::path kept = cache_folder() / ("mariadb-" + version_word() + "-" + owner + "-1");
    if (fs::exists(kept / "mysql")) return kept;
    const TemporaryFolder workshop;
    give(workshop);
    const fs::path made = workshop.path() / "data";
    run_program(
        as_server_user({"mariadb-install-db", "--no-defaults", "--datadir=" + made.string(),
                        "--auth-root-authentication-method=normal", "--skip-test-db", "--innodb-log-file-size=4M"}));
    const fs::path copy = kept.string() + "." + std::to_string(getpid());
    run_program({"cp", "-a", made.string(), copy.string()});
    std::error_code taken;
    fs::rename(copy, kept, taken);
    if (taken) fs::remove_all(copy);
    return kept;
}

} // namespace

MariadbServer::MariadbServer(Has has) : has_(has)
{
    give(folder_);
    if (has_ == Has::certificate) make_certificate();
    run_program({"cp", "-a", "--reflink=auto", pristine_data().string(), (folder_.path() / "data").string()});
    start();
}

MariadbServer::~MariadbServer()
{
    if (server_) server_->signal(SIGCONT);
}

MariadbServer& MariadbServer::shared()
{
    static MariadbServer server;
    return server;
}

void MariadbServer::make_certificate() const
{
    run_program(as_server_user({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj",
                                "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                                (folder_.path() / "key.pem").string(), "-out", certificate()}));
}

void MariadbServer::start()
{
    if (server_ && server_->running()) return;
    for (int attempt = 0; attempt < 3; ++attempt) {
        const bool first = port_ == 0;
        if (first) port_ = free_port();
        if (try_start()) return;
        if (first) port_ = 0; // somebody may have taken it meanwhile
    }
    std::stringstream log;
    log << std::ifstream(folder_.path() / "log").rdbuf();
    throw std::runtime_error("MariaDB does not start: " + log.str());
}

bool MariadbServer::try_start()
{
    const std::string folder = folder_.path().string();
    std::vector<std::string> arguments{"mariadbd",
                                       "--no-defaults",
                                       "--datadir=" + folder + "/data",
                                       "--socket=" + socket(),
                                       "--pid-file=" + folder + "/pid",
                                       "--tmpdir=" + folder,
                                       "--port=" + std::to_string(port_),
                                       "--bind-address=127.0.0.1",
                                       "--skip-name-resolve",
                                       "--skip-log-bin",
                                       has_ == Has::performance_schema ? "--performance-schema=ON"
                                                                       : "--performance-schema=OFF",
                                       "--innodb-log-file-size=4M",
                                       "--innodb-buffer-pool-size=16M",
                                       "--key-buffer-size=1M",
                                       "--aria-pagecache-buffer-size=1M",
                                       "--innodb-flush-log-at-trx-commit=2",
                                       "--default-time-zone=+05:30",
                                       "--character-set-server=latin1",
                                       "--sql-mode=",
                                       "--max-connections=50"};
    if (has_ == Has::certificate) {
        arguments.push_back("--ssl-cert=" + certificate());
        arguments.push_back("--ssl-key=" + folder + "/key.pem");
    }
    server_ = std::make_unique<ChildProcess>(as_server_user(std::move(arguments)), folder_.path() / "log");
    const auto give_up = std::chrono::steady_clock::now() + start_limit;
    while (server_->running() && std::chrono::steady_clock::now() < give_up) {
        if (answers()) return true;
        std::this_thread::sleep_for(10ms);
    }
    return false;
}

/// A server of this protocol speaks first.
bool MariadbServer::answers() const
{
    const int line = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port_));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bool greeted = false;
    if (connect(line, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
        pollfd readable{line, POLLIN, 0};
        char byte = 0;
        greeted = poll(&readable, 1, 1000) == 1 && recv(line, &byte, 1, 0) == 1;
    }
    close(line);
    return greeted && fs::exists(socket());
}

void MariadbServer::stop()
{
    if (!server_) return;
    server_->signal(SIGCONT);
    server_->signal(SIGTERM);
    server_->wait(30s);
    server_.reset();
}

void MariadbServer::kill()
{
    if (!server_) return;
    server_->signal(SIGKILL);
    server_->wait(10s);
    server_.reset();
}

void MariadbServer::freeze()
{
    if (!server_) return;
    server_->signal(SIGSTOP);
    // The signal stops one thread after another: until the last one, somebody may still be served.
    const auto give_up = std::chrono::steady_clock::now() + 10s;
    while (!all_stopped(server_->pid()) && std::chrono::steady_clock::now() < give_up) std::this_thread::sleep_for(1ms);
}

void MariadbServer::thaw()
{
    if (server_) server_->signal(SIGCONT);
}

std::string MariadbServer::url(const std::string& database) const
{
    sql("CREATE DATABASE IF NOT EXISTS `" + database + "`; CREATE USER IF NOT EXISTS ada@'%' IDENTIFIED BY 's3cret';" +
        "GRANT ALL ON `" + database + "`.* TO ada@'%'");
    return "mysql://ada:s3cret@127.0.0.1:" + std::to_string(port_) + "/" + database;
}

std::string MariadbServer::socket_url(const std::string& database) const
{
    (void)url(database);
    return "mysql://ada:s3cret@/" + database + "?socket=" + socket();
}

std::string MariadbServer::sql(const std::string& text) const
{
    const TemporaryFolder folder;
    const fs::path said = folder.path() / "said";
    ChildProcess client({"mariadb", "--no-defaults", "--socket=" + socket(), "--user=root", "--batch",
                         "--skip-column-names", "--default-character-set=utf8mb4",
                         "--init-command=SET time_zone = '+00:00'", "--execute=" + text},
                        said);
    const int status = client.wait(60s);
    std::stringstream answer;
    answer << std::ifstream(said).rdbuf();
    std::string rows = answer.str();
    if (!rows.empty() && rows.back() == '\n') rows.pop_back();
    if (status != 0) throw std::runtime_error("MariaDB refused: " + rows);
    return rows;
}

} // namespace trunkline::db::testing
