// SPDX-License-Identifier: MIT
#include <support/child_process.hpp>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include <arpa/inet.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace trunkline::db::testing {

using namespace std::chrono_literals;

namespace {

/// setpriv sets the parent-death signal after it has changed the user, which would clear it.
std::vector<std::string> with_privileges(std::vector<std::string> arguments, const std::string& user)
{
    std::vector<std::string> whole{"setpriv", "--pdeathsig", "INT"};
    if (!user.empty() && geteuid() == 0)
        whole.insert(whole.end(), {"--reuid=" + user, "--regid=" + user, "--init-groups"});
    whole.insert(whole.end(), arguments.begin(), arguments.end());
    return whole;
}

} // namespace

ChildProcess::ChildProcess(std::vector<std::string> arguments, const std::filesystem::path& log,
                           const std::string& user)
{
    const auto whole = with_privileges(std::move(arguments), user);
    std::vector<char*> words;
    for (const auto& word : whole) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    posix_spawn_file_actions_adddup2(&files, 1, 2);
    const int problem = posix_spawnp(&pid_, words[0], &files, nullptr, words.data(), environ);
    posix_spawn_file_actions_destroy(&files);
    if (problem != 0) throw std::runtime_error("cannot start " + whole[0] + ": " + std::strerror(problem));
}

ChildProcess::~ChildProcess()
{
    if (!running()) return;
    signal(SIGKILL);
    waitpid(pid_, &status_, 0);
}

void ChildProcess::signal(int number) const { kill(pid_, number); }

bool ChildProcess::running()
{
    if (pid_ > 0 && waitpid(pid_, &status_, WNOHANG) == pid_) pid_ = -1;
    return pid_ > 0;
}

int ChildProcess::wait(std::chrono::milliseconds limit)
{
    const auto give_up = std::chrono::steady_clock::now() + limit;
    while (running() && std::chrono::steady_clock::now() < give_up) std::this_thread::sleep_for(2ms);
    if (running()) {
        signal(SIGKILL);
        waitpid(pid_, &status_, 0);
        pid_ = -1;
    }
    return status_;
}

void run_program(std::vector<std::string> arguments, const std::string& user)
{
    const TemporaryFolder folder;
    const auto log = folder.path() / "log";
    const std::string name = arguments[0];
    ChildProcess program(std::move(arguments), log, user);
    if (program.wait(60s) == 0) return;
    std::stringstream said;
    said << std::ifstream(log).rdbuf();
    throw std::runtime_error(name + " failed: " + said.str());
}

TemporaryFolder::TemporaryFolder()
{
    std::string name = (std::filesystem::temp_directory_path() / "trunkline-XXXXXX").string();
    if (!mkdtemp(name.data())) throw std::runtime_error("cannot make a temporary folder: " + name);
    path_ = name;
}

TemporaryFolder::~TemporaryFolder()
{
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

void TemporaryFolder::give_to(const std::string& user) const
{
    const passwd* entry = geteuid() == 0 ? getpwnam(user.c_str()) : nullptr;
    if (entry && chown(path_.c_str(), entry->pw_uid, entry->pw_gid) != 0)
        throw std::runtime_error("cannot give " + path_.string() + " to " + user);
}

std::filesystem::path cache_folder()
{
    const char* cache = std::getenv("XDG_CACHE_HOME");
    const char* home = std::getenv("HOME");
    std::filesystem::path folder = cache && *cache ? cache : std::string(home && *home ? home : "/tmp") + "/.cache";
    folder /= "trunkline";
    std::filesystem::create_directories(folder);
    return folder;
}

int free_port()
{
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    const bool bound = bind(listener, reinterpret_cast<sockaddr*>(&address), length) == 0 &&
                       getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) == 0;
    close(listener);
    if (!bound) throw std::runtime_error("no free port on 127.0.0.1");
    return ntohs(address.sin_port);
}

} // namespace trunkline::db::testing
