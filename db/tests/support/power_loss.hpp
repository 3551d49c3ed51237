// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <vector>

namespace trunkline::db::testing {

/// A disk that can lose its power: while it exists it is SQLite's default file system. It passes everything on to real
/// files, and remembers what of each file was synced and what was only written.
///
/// After the power went nothing works any more: whatever the program still tries fails. `survivors` then says what a
/// disk may have kept: everything that was synced, and of the rest any part in any order, the last write of a sector
/// perhaps torn in the middle.
///
/// What is modelled: the database, its log and its journal, their length included. A file exists once it was synced.
/// Threads: any. Lifetime: one at a time; it goes after the last handle that was opened on it.
class PowerLoss {
public:
    /// What became of that which was written and not synced.
    enum class Unsynced { kept, lost, torn };

    PowerLoss();
    PowerLoss(const PowerLoss&) = delete;
    PowerLoss& operator=(const PowerLoss&) = delete;
    ~PowerLoss();

    /// The power goes in the middle of the write, truncation or sync that is the `count`th from now.
    void fail_after(std::uint64_t count);
    /// A disk that says "synced" and did nothing: what `synchronous=OFF` would be for those who wait.
    void lie_about_syncs() { honest_ = false; }

    bool dead() const;
    /// Syncs that were done.
    std::uint64_t syncs() const;

    /// Writes into `folder` what is there when the power comes back.
    void survivors(const std::filesystem::path& folder, Unsynced unsynced, std::uint64_t seed) const;

    // -- What the file system calls ------------------------------------------

    void opened(const std::string& path);
    void removed(const std::string& path);
    /// Each says whether the disk still worked; `bytes` were written at `offset`.
    bool wrote(const std::string& path, const void* bytes, std::size_t size, std::uint64_t offset);
    bool truncated(const std::string& path, std::uint64_t size);
    bool synced(const std::string& path);

private:
    struct Change {
        std::uint64_t offset = 0;
        std::string bytes;
        bool truncates = false; // to `offset`
    };
    struct Platter {
        std::string content; // that is sure to be there
        bool exists = false; // is sure
        std::vector<Change> unsynced;
    };

    bool step();
    static void apply(std::string& content, const Change& change);
    static std::string remains_of(const Platter& platter, Unsynced unsynced, std::mt19937_64& random);

    mutable std::mutex mutex_;
    std::map<std::string, Platter> platters_; // by path
    std::uint64_t steps_left_ = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t syncs_ = 0;
    bool honest_ = true;
    bool dead_ = false;
};

} // namespace trunkline::db::testing
