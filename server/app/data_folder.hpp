// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>

namespace trunkline {

/// The folder of the SQLite file, held by this process alone: two programs on one file would each think that the
/// other's leases are a dead process's.
class DataFolder {
public:
    /// Makes the folder when it is missing and locks it. Throws std::runtime_error in words when it cannot.
    explicit DataFolder(const std::filesystem::path& folder);
    DataFolder(const DataFolder&) = delete;
    ~DataFolder();

private:
    int lock_ = -1;
};

} // namespace trunkline
