// SPDX-License-Identifier: MIT
#include "postgres/statement_cache.hpp"

#include <algorithm>

namespace trunkline::db::postgres {

std::optional<std::string> StatementCache::find(const std::string& key)
{
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return std::nullopt;
    entries_.splice(entries_.begin(), entries_, found->second);
    found->second->trip = trip_;
    return found->second->name;
}

std::string StatementCache::add(const std::string& key)
{
    entries_.push_front({key, "trunkline_" + std::to_string(++names_), trip_});
    by_key_[key] = entries_.begin();
    return entries_.front().name;
}

std::optional<std::string> StatementCache::evict()
{
    if (entries_.empty() || entries_.back().trip == trip_) return std::nullopt;
    std::string name = std::move(entries_.back().name);
    by_key_.erase(entries_.back().key);
    entries_.pop_back();
    return name;
}

void StatementCache::forget(std::string_view name)
{
    const auto found =
        std::find_if(entries_.begin(), entries_.end(), [name](const Entry& entry) { return entry.name == name; });
    if (found == entries_.end()) return;
    by_key_.erase(found->key);
    entries_.erase(found);
}

void StatementCache::forget_all()
{
    by_key_.clear();
    entries_.clear();
}

} // namespace trunkline::db::postgres
