// SPDX-License-Identifier: MIT
#pragma once

#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

struct sqlite3_stmt;

namespace trunkline::db::sqlite {

/// A prepared statement and what is worth knowing of it before it runs.
struct Prepared {
    Prepared() = default;
    Prepared(const Prepared&) = delete;
    Prepared& operator=(const Prepared&) = delete;
    ~Prepared();

    sqlite3_stmt* statement = nullptr;
    std::vector<int> numbers; ///< of SQLite's k-th parameter the n of its `$n`
    int highest = 0;          ///< the largest of them
    bool reads_only = false;
    bool counts_changes = false;
};

/// The statements of one handle, the least recently used one dropped when there are more than `limit`.
/// Threads: the handle's.
class StatementCache {
public:
    explicit StatementCache(std::size_t limit) : limit_(limit) {}

    /// Null when the text is not there.
    std::shared_ptr<Prepared> find(std::string_view sql);
    void keep(std::string_view sql, std::shared_ptr<Prepared> prepared);
    void clear() noexcept;

    std::size_t size() const noexcept { return by_text_.size(); }
    bool keeps() const noexcept { return limit_ > 0; }

private:
    struct Entry {
        std::string sql;
        std::shared_ptr<Prepared> prepared;
    };

    std::size_t limit_;
    std::list<Entry> by_use_; // the latest first
    std::unordered_map<std::string_view, std::list<Entry>::iterator> by_text_;
};

} // namespace trunkline::db::sqlite
