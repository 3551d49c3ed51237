// SPDX-License-Identifier: MIT
#pragma once

#include "mysql/line.hpp"

#include <list>
#include <string_view>
#include <unordered_map>

namespace trunkline::db::mysql {

/// A statement that the server knows, and which parameter stands at which `?`.
struct Prepared {
    StatementHandle handle;
    std::vector<std::uint8_t> order;
};

/// The statements of a connection by their text; the one used longest ago goes first.
class StatementCache {
public:
    explicit StatementCache(std::size_t capacity) : capacity_(capacity) {}

    /// Nullptr when it is not there.
    Prepared* find(std::string_view text)
    {
        const auto found = by_text_.find(text);
        if (found == by_text_.end()) return nullptr;
        entries_.splice(entries_.begin(), entries_, found->second);
        return &found->second->prepared;
    }

    Prepared& add(std::string text, Prepared prepared)
    {
        entries_.push_front({std::move(text), std::move(prepared)});
        by_text_[entries_.front().text] = entries_.begin();
        return entries_.front().prepared;
    }

    /// What has to be closed because there are more than fit, or nothing.
    StatementHandle take_surplus()
    {
        if (entries_.size() <= capacity_) return nullptr;
        return take(std::prev(entries_.end()));
    }

    StatementHandle take(std::string_view text)
    {
        const auto found = by_text_.find(text);
        return found == by_text_.end() ? nullptr : take(found->second);
    }

    /// Forgets all of them. REQUIRES: the server has forgotten them, or the connection is gone.
    void clear()
    {
        by_text_.clear();
        entries_.clear();
    }

    std::size_t size() const noexcept { return entries_.size(); }
    std::size_t capacity() const noexcept { return capacity_; }

private:
    struct Entry {
        std::string text;
        Prepared prepared;
    };
    using Place = std::list<Entry>::iterator;

    StatementHandle take(Place place)
    {
        StatementHandle handle = std::move(place->prepared.handle);
        by_text_.erase(place->text);
        entries_.erase(place);
        return handle;
    }

    std::size_t capacity_;
    std::list<Entry> entries_;                            // the latest used in front
    std::unordered_map<std::string_view, Place> by_text_; // into the entries' own texts
};

} // namespace trunkline::db::mysql
