// SPDX-License-Identifier: MIT
#include <support/power_loss.hpp>

#include <fstream>
#include <sstream>

namespace trunkline::db::testing {

namespace {

constexpr std::size_t sector = 512;

std::string read_file(const std::string& path)
{
    std::ostringstream content;
    content << std::ifstream(path, std::ios::binary).rdbuf();
    return content.str();
}

} // namespace

void PowerLoss::fail_after(std::uint64_t count)
{
    const std::lock_guard lock(mutex_);
    steps_left_ = count;
}

bool PowerLoss::dead() const
{
    const std::lock_guard lock(mutex_);
    return dead_;
}

std::uint64_t PowerLoss::syncs() const
{
    const std::lock_guard lock(mutex_);
    return syncs_;
}

/// False when this one is the last, or comes after it.
bool PowerLoss::step()
{
    if (!dead_ && --steps_left_ == 0) dead_ = true;
    return !dead_;
}

void PowerLoss::opened(const std::string& path)
{
    const std::lock_guard lock(mutex_);
    if (platters_.contains(path)) return;
    Platter& platter = platters_[path];
    platter.exists = std::filesystem::exists(path);
    if (platter.exists) platter.content = read_file(path);
}

void PowerLoss::removed(const std::string& path)
{
    const std::lock_guard lock(mutex_);
    if (!dead_) platters_.erase(path);
}

bool PowerLoss::wrote(const std::string& path, const void* bytes, std::size_t size, std::uint64_t offset)
{
    const std::lock_guard lock(mutex_);
    if (dead_) return false;
    platters_[path].unsynced.push_back({offset, std::string(static_cast<const char*>(bytes), size)});
    return step();
}

bool PowerLoss::truncated(const std::string& path, std::uint64_t size)
{
    const std::lock_guard lock(mutex_);
    if (dead_) return false;
    platters_[path].unsynced.push_back({size, {}, true});
    return step();
}

bool PowerLoss::synced(const std::string& path)
{
    const std::lock_guard lock(mutex_);
    if (!step()) return false;
    ++syncs_;
    if (!honest_) return true;
    Platter& platter = platters_[path];
    for (const Change& change : platter.unsynced) apply(platter.content, change);
    platter.unsynced.clear();
    platter.exists = true;
    return true;
}

void PowerLoss::apply(std::string& content, const Change& change)
{
    if (change.truncates) return content.resize(change.offset);
    if (content.size() < change.offset + change.bytes.size()) content.resize(change.offset + change.bytes.size());
    content.replace(change.offset, change.bytes.size(), change.bytes);
}

std::string PowerLoss::remains_of(const Platter& platter, Unsynced unsynced, std::mt19937_64& random)
{
    std::string content = platter.content;
    if (unsynced == Unsynced::lost) return content;
    for (const Change& change : platter.unsynced) {
        if (unsynced == Unsynced::kept || change.truncates) {
            if (unsynced == Unsynced::kept || random() % 2) apply(content, change);
            continue;
        }
        // Each sector by itself, and of each perhaps its beginning only.
        for (std::size_t at = 0; at < change.bytes.size(); at += sector) {
            std::string part = change.bytes.substr(at, sector);
            if (random() % 2) continue;
            if (random() % 4 == 0) part.resize(random() % part.size());
            apply(content, {change.offset + at, std::move(part)});
        }
    }
    return content;
}

void PowerLoss::survivors(const std::filesystem::path& folder, Unsynced unsynced, std::uint64_t seed) const
{
    const std::lock_guard lock(mutex_);
    std::mt19937_64 random(seed);
    for (const auto& [path, platter] : platters_) {
        const bool there = platter.exists || unsynced == Unsynced::kept || (unsynced == Unsynced::torn && random() % 2);
        const std::string content = remains_of(platter, unsynced, random);
        if (!there) continue;
        std::ofstream(folder / std::filesystem::path(path).filename(), std::ios::binary) << content;
    }
}

} // namespace trunkline::db::testing
