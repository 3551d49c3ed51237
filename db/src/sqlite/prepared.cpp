// SPDX-License-Identifier: MIT
#include "prepared.hpp"

#include <sqlite3.h>

namespace trunkline::db::sqlite {

Prepared::~Prepared() { sqlite3_finalize(statement); }

std::shared_ptr<Prepared> StatementCache::find(std::string_view sql)
{
    if (!by_use_.empty() && by_use_.front().sql == sql) return by_use_.front().prepared; // often the same again
    const auto found = by_text_.find(sql);
    if (found == by_text_.end()) return nullptr;
    by_use_.splice(by_use_.begin(), by_use_, found->second);
    return found->second->prepared;
}

void StatementCache::keep(std::string_view sql, std::shared_ptr<Prepared> prepared)
{
    if (!keeps()) return;
    by_use_.push_front({std::string(sql), std::move(prepared)});
    by_text_[by_use_.front().sql] = by_use_.begin();
    if (by_use_.size() <= limit_) return;
    by_text_.erase(by_use_.back().sql);
    by_use_.pop_back();
}

void StatementCache::clear() noexcept
{
    by_text_.clear();
    by_use_.clear();
}

} // namespace trunkline::db::sqlite
