// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

namespace trunkline::db::testing {

/// A program that a test started. It dies with the test, however that ends.
class ChildProcess {
public:
    /// Starts `arguments[0]`, found on PATH; its output goes to `log`. When `user` is given and we are root, it runs as
    /// that user: servers refuse to be root.
    ChildProcess(std::vector<std::string> arguments, const std::filesystem::path& log, const std::string& user = {});
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;
    /// Kills it.
    ~ChildProcess();

    pid_t pid() const noexcept { return pid_; }
    void signal(int number) const;
    bool running();
    /// Waits until it has ended and answers its exit status; kills it after `limit`.
    int wait(std::chrono::milliseconds limit);

private:
    pid_t pid_ = -1;
    int status_ = 0;
};

/// Runs a program to its end; throws std::runtime_error with its output unless it ends with 0.
void run_program(std::vector<std::string> arguments, const std::string& user = {});

/// A folder that is removed with all it holds.
class TemporaryFolder {
public:
    TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder();

    const std::filesystem::path& path() const noexcept { return path_; }
    /// Makes it belong to `user`, when we are root.
    void give_to(const std::string& user) const;

private:
    std::filesystem::path path_;
};

/// Where what is made once for each machine is kept: $XDG_CACHE_HOME or ~/.cache, and there trunkline/.
std::filesystem::path cache_folder();

/// A port of 127.0.0.1 that nobody listened on a moment ago.
int free_port();

} // namespace trunkline::db::testing
