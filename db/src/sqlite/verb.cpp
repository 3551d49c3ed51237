// SPDX-License-Identifier: MIT
#include "verb.hpp"

#include <algorithm>
#include <array>

namespace trunkline::db::sqlite {

namespace {

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_word(char c) noexcept { return (lower(c) >= 'a' && lower(c) <= 'z') || c == '_' || (c >= '0' && c <= '9'); }

bool same(std::string_view word, std::string_view name) noexcept
{
    return std::equal(word.begin(), word.end(), name.begin(), name.end(), [](char a, char b) { return lower(a) == b; });
}

template <std::size_t n>
bool is_one_of(std::string_view word, const std::array<std::string_view, n>& names) noexcept
{
    return std::any_of(names.begin(), names.end(), [&](std::string_view name) { return same(word, name); });
}

/// Takes the words of a statement one after another; blanks and comments between them are skipped.
class Words {
public:
    explicit Words(std::string_view sql) noexcept : rest_(sql) {}

    std::string_view next() noexcept
    {
        skip_blanks();
        std::size_t length = 0;
        while (length < rest_.size() && is_word(rest_[length])) ++length;
        const auto word = rest_.substr(0, length);
        rest_.remove_prefix(length);
        return word;
    }

    /// The next character that is not blank; 0 at the end.
    char peek() noexcept
    {
        skip_blanks();
        return rest_.empty() ? '\0' : rest_.front();
    }
    void skip() noexcept { rest_.remove_prefix(std::min<std::size_t>(1, rest_.size())); }

private:
    void skip_blanks() noexcept
    {
        for (;;) {
            while (!rest_.empty() && std::string_view(" \t\r\n\f;").find(rest_.front()) != rest_.npos)
                rest_.remove_prefix(1);
            if (rest_.starts_with("--")) skip_past("\n");
            else if (rest_.starts_with("/*")) skip_past("*/");
            else return;
        }
    }
    void skip_past(std::string_view end) noexcept
    {
        const auto at = rest_.find(end, 2);
        rest_.remove_prefix(at == rest_.npos ? rest_.size() : at + end.size());
    }

    std::string_view rest_;
};

/// `PRAGMA name(argument)` sets a value for most names; for these it asks.
constexpr std::array<std::string_view, 9> asking_pragmas{"table_info",       "table_xinfo",       "table_list",
                                                         "index_list",       "index_info",        "index_xinfo",
                                                         "foreign_key_list", "foreign_key_check", "integrity_check"};
/// What the driver promises of its handles rests on these.
constexpr std::array<std::string_view, 10> fixed_pragmas{
    "foreign_keys", "journal_mode",    "synchronous",    "locking_mode",     "busy_timeout",
    "query_only",   "writable_schema", "trusted_schema", "read_uncommitted", "cell_size_check"};

Verb pragma(Words words) noexcept
{
    auto name = words.next();
    if (words.peek() == '.') {
        words.skip();
        name = words.next();
    }
    if (name.empty()) return Verb::changes_a_handle; // a quoted name: nobody knows what it would set
    const char then = words.peek();
    if (then != '=' && then != '(') return Verb::asks_alone;
    if (then == '(' && is_one_of(name, asking_pragmas)) return Verb::asks_alone;
    return is_one_of(name, fixed_pragmas) ? Verb::changes_a_handle : Verb::stands_alone;
}

Verb rollback(Words words) noexcept
{
    auto word = words.next();
    if (same(word, "transaction")) word = words.next();
    return same(word, "to") ? Verb::savepoint : Verb::transaction;
}

constexpr std::array<std::string_view, 9> changing{"insert", "update", "delete",  "replace", "create",
                                                   "drop",   "alter",  "reindex", "analyze"};

} // namespace

Verb verb_of(std::string_view sql) noexcept
{
    Words words(sql);
    const auto first = words.next();
    if (is_one_of(first, changing)) return Verb::changes;
    if (same(first, "pragma")) return pragma(words);
    if (same(first, "rollback")) return rollback(words);
    if (same(first, "vacuum")) return Verb::stands_alone;
    if (is_one_of(first, std::array<std::string_view, 2>{"savepoint", "release"})) return Verb::savepoint;
    if (is_one_of(first, std::array<std::string_view, 3>{"begin", "commit", "end"})) return Verb::transaction;
    if (is_one_of(first, std::array<std::string_view, 2>{"attach", "detach"})) return Verb::changes_a_handle;
    return Verb::asks;
}

bool counts_changes(std::string_view sql) noexcept
{
    return is_one_of(Words(sql).next(),
                     std::array<std::string_view, 5>{"insert", "replace", "update", "delete", "with"});
}

} // namespace trunkline::db::sqlite
