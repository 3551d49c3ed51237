// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace trunkline::db::postgres {

/// Which statements a connection has prepared, under which names; the one used longest ago goes first. Names are never
/// used twice, so a statement that was forgotten here and lives on at the server disturbs nobody.
class StatementCache {
public:
    explicit StatementCache(std::size_t capacity) : capacity_(capacity) {}

    /// Begins a trip: what is found or added from now on is not evicted before the next trip.
    void next_trip() noexcept { ++trip_; }

    /// The name of the statement, or nothing.
    std::optional<std::string> find(const std::string& key);
    /// A name for a new statement. REQUIRES: room().
    std::string add(const std::string& key);
    bool room() const noexcept { return entries_.size() < capacity_; }
    /// Forgets the statement used longest ago, unless this trip uses it, and answers its name.
    std::optional<std::string> evict();

    void forget(std::string_view name);
    void forget_all();
    std::size_t size() const noexcept { return entries_.size(); }

private:
    struct Entry {
        std::string key;
        std::string name;
        std::uint64_t trip;
    };

    std::size_t capacity_;
    std::list<Entry> entries_; // the latest used in front
    std::unordered_map<std::string, std::list<Entry>::iterator> by_key_;
    std::uint64_t trip_ = 0;
    std::uint64_t names_ = 0;
};

} // namespace trunkline::db::postgres
