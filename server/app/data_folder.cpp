// SPDX-License-Identifier: MIT
#include <app/data_folder.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>

namespace trunkline {

DataFolder::DataFolder(const std::filesystem::path& folder)
{
    std::error_code failure;
    std::filesystem::create_directories(folder, failure);
    if (failure)
        throw std::runtime_error("the data folder " + folder.string() + " cannot be made: " + failure.message());
    const auto file = folder / "lock";
    lock_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock_ < 0)
        throw std::runtime_error("cannot write in the data folder " + folder.string() + ": " + std::strerror(errno));
    if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
        ::close(lock_);
        throw std::runtime_error("another Trunkline is running on the data folder " + folder.string() +
                                 "; stop it first, or choose another folder with --data-dir");
    }
}

DataFolder::~DataFolder() { ::close(lock_); }

} // namespace trunkline
