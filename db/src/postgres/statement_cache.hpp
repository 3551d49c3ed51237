// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <libpq-fe.h>

namespace trunkline::db::postgres {

/// Under what a prepared statement is found again: its text and the types of its parameters.
struct StatementKey {
    std::string_view text;
    std::span<const Oid> types;
};

/// Which statements a connection has prepared, under which names; the one used longest ago goes first. Names are never
/// used twice, so a statement that was forgotten here and lives on at the server disturbs nobody. Where the server may
/// be shared with strangers, whose names are made alike, `prefix` is one that nobody else has.
class StatementCache {
public:
    explicit StatementCache(std::size_t capacity, std::string prefix = "trunkline_")
        : capacity_(capacity), prefix_(std::move(prefix))
    {}

    /// Begins a trip: what is found or added from now on is not evicted before the next trip.
    void next_trip() noexcept { ++trip_; }

    /// The name of the statement, or nothing.
    std::optional<std::string> find(const StatementKey& key);
    /// A name for a new statement. REQUIRES: fewer than `capacity()` are kept.
    std::string add(const StatementKey& key);
    std::size_t capacity() const noexcept { return capacity_; }
    /// Forgets the statement used longest ago, unless this trip uses it, and answers its name.
    std::optional<std::string> evict();

    void forget(std::string_view name);
    void forget_all();
    /// Forgets all, and has room for nothing any more.
    void give_up();
    std::size_t size() const noexcept { return entries_.size(); }

private:
    struct Entry {
        std::string text;
        std::vector<Oid> types;
        std::string name;
        std::uint64_t trip;
        StatementKey key() const noexcept { return {text, types}; }
    };
    struct Hash {
        std::size_t operator()(const StatementKey& key) const noexcept;
    };
    struct Equal {
        bool operator()(const StatementKey& a, const StatementKey& b) const noexcept;
    };

    std::size_t capacity_;
    std::string prefix_;
    std::list<Entry> entries_;                                                         // the latest used in front
    std::unordered_map<StatementKey, std::list<Entry>::iterator, Hash, Equal> by_key_; // the keys point into `entries_`
    std::uint64_t trip_ = 0;
    std::uint64_t names_ = 0;
};

} // namespace trunkline::db::postgres
