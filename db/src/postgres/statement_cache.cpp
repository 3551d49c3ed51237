// SPDX-License-Identifier: MIT
#include "postgres/statement_cache.hpp"

#include <algorithm>

namespace trunkline::db::postgres {

std::size_t StatementCache::Hash::operator()(const StatementKey& key) const noexcept
{
    const std::string_view types(reinterpret_cast<const char*>(key.types.data()), key.types.size_bytes());
    return std::hash<std::string_view>()(key.text) ^ (std::hash<std::string_view>()(types) << 1);
}

bool StatementCache::Equal::operator()(const StatementKey& a, const StatementKey& b) const noexcept
{
    return a.text == b.text && std::ranges::equal(a.types, b.types);
}

std::optional<std::string> StatementCache::find(const StatementKey& key)
{
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return std::nullopt;
    entries_.splice(entries_.begin(), entries_, found->second);
    found->second->trip = trip_;
    return found->second->name;
}

std::string StatementCache::add(const StatementKey& key)
{
    entries_.push_front({std::string(key.text), std::vector<Oid>(key.types.begin(), key.types.end()),
                         prefix_ + std::to_string(++names_), trip_});
    by_key_[entries_.front().key()] = entries_.begin();
    return entries_.front().name;
}

std::optional<std::string> StatementCache::evict()
{
    if (entries_.empty() || entries_.back().trip == trip_) return std::nullopt;
    std::string name = std::move(entries_.back().name);
    by_key_.erase(entries_.back().key());
    entries_.pop_back();
    return name;
}

void StatementCache::forget(std::string_view name)
{
    const auto found =
        std::find_if(entries_.begin(), entries_.end(), [name](const Entry& entry) { return entry.name == name; });
    if (found == entries_.end()) return;
    by_key_.erase(found->key());
    entries_.erase(found);
}

void StatementCache::forget_all()
{
    by_key_.clear();
    entries_.clear();
}

void StatementCache::give_up()
{
    forget_all();
    capacity_ = 0;
}

} // namespace trunkline::db::postgres
