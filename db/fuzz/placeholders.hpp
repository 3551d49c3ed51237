// SPDX-License-Identifier: MIT
#pragma once

#include "promise.hpp"

#include <trunkline/db/sql.hpp>

#include <vector>

namespace trunkline::db::fuzz {

/// The placeholders of a text, found as PostgreSQL's manual describes its lexical structure: slowly, from tokens that
/// are cut off the front one after another. It has nothing in common with the scanner but its purpose.
class SlowScanner {
public:
    struct Found {
        std::size_t begin, end;
        int number;
        friend bool operator==(const Found&, const Found&) = default;
    };

    explicit SlowScanner(std::string_view text) : whole_(text), rest_(text)
    {
        while (!rest_.empty()) token();
    }

    Placeholders summary;
    std::vector<Found> found;

private:
    static constexpr std::string_view digits = "0123456789";

    static bool starts_word(char c)
    {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) > 127;
    }
    static bool in_tag(char c) { return starts_word(c) || digits.find(c) != std::string_view::npos; }

    void drop(std::size_t size) { rest_.remove_prefix(std::min(size, rest_.size())); }
    void drop_through(std::size_t at, std::size_t size)
    {
        summary.unterminated = summary.unterminated || at == std::string_view::npos;
        drop(at == std::string_view::npos ? rest_.size() : at + size);
    }

    void token()
    {
        const char first = rest_.front();
        if (rest_.starts_with("--")) return drop(rest_.find('\n'));
        if (rest_.starts_with("/*")) return comment();
        if (first == '\'') return string(false);
        if (first == '"') return quoted_name();
        if (first == '$') return dollar();
        if (starts_word(first)) return word();
        if (first == '?') summary.question_mark = true;
        if (digits.find(first) != std::string_view::npos) return number();
        drop(1);
    }

    /// A letter, then letters, digits and dollars. E'…' begins with a word that is just that.
    void word()
    {
        std::size_t size = 0;
        while (size < rest_.size() && (in_tag(rest_[size]) || rest_[size] == '$')) ++size;
        const std::string_view word = rest_.substr(0, size);
        drop(size);
        if ((word == "E" || word == "e") && rest_.starts_with('\'')) string(true);
    }

    /// What stands directly behind a number belongs to it: "junk" that PostgreSQL refuses, or is about to.
    void number()
    {
        std::size_t size = 0;
        while (size < rest_.size() && (in_tag(rest_[size]) || rest_[size] == '$')) ++size;
        drop(size);
    }

    void string(bool escapes)
    {
        drop(1);
        for (;;) {
            const std::size_t at = rest_.find_first_of("'\\");
            if (at == std::string_view::npos) return drop_through(at, 0);
            const bool backslash = rest_[at] == '\\';
            const bool doubled = !backslash && rest_.substr(at).starts_with("''");
            if (backslash && !escapes) summary.backslash = true;
            if (!backslash && !doubled) return drop(at + 1);
            if (backslash && escapes && at + 1 >= rest_.size()) return drop_through(std::string_view::npos, 0);
            drop(at + (doubled || escapes ? 2 : 1));
            if (rest_.empty()) summary.unterminated = true;
            if (rest_.empty()) return;
        }
    }

    void quoted_name()
    {
        drop(1);
        for (;;) {
            const std::size_t at = rest_.find('"');
            if (at == std::string_view::npos) return drop_through(at, 0);
            if (!rest_.substr(at).starts_with("\"\"")) return drop(at + 1);
            drop(at + 2);
        }
    }

    void comment()
    {
        drop(2);
        for (std::size_t depth = 1; depth > 0;) {
            const std::size_t open = rest_.find("/*"), close = rest_.find("*/");
            if (close == std::string_view::npos) return drop_through(close, 0);
            const bool opens = open < close;
            depth = opens ? depth + 1 : depth - 1;
            drop((opens ? open : close) + 2);
        }
    }

    void dollar()
    {
        std::size_t size = 1;
        while (size < rest_.size() && digits.find(rest_[size]) != std::string_view::npos) ++size;
        if (size > 1) return placeholder(size);
        while (size < rest_.size() && in_tag(rest_[size])) ++size;
        if (size >= rest_.size() || rest_[size] != '$') return drop(1);
        const std::string_view tag = rest_.substr(0, size + 1);
        drop(tag.size());
        drop_through(rest_.find(tag), tag.size());
    }

    void placeholder(std::size_t size)
    {
        std::string_view text = rest_.substr(1, size - 1);
        const std::size_t begin = whole_.size() - rest_.size();
        drop(size);
        while (text.starts_with('0')) text.remove_prefix(1);
        const int number = text.empty() || text.size() > 4 ? 0 : std::stoi(std::string(text));
        if (number < 1 || number > placeholders_max) {
            summary.too_many = true;
            return;
        }
        found.push_back({begin, begin + size, number});
        summary.highest = std::max(summary.highest, number);
        summary.seen |= std::uint64_t{1} << (number - 1);
    }

    std::string_view whole_, rest_;
};

inline void check_placeholders(std::string_view text)
{
    const SlowScanner slow(text);
    const Placeholders fast = scan_placeholders(text);
    expect(fast.unterminated == slow.summary.unterminated, "both see whether something is left open", text);
    expect(fast.highest == slow.summary.highest && fast.seen == slow.summary.seen, "both see the same numbers", text);
    expect(fast.too_many == slow.summary.too_many, "both see whether a number is too large", text);
    expect(fast.question_mark == slow.summary.question_mark, "both see a question mark", text);
    expect(fast.backslash == slow.summary.backslash, "both see a backslash", text);

    std::vector<SlowScanner::Found> places;
    detail::PlaceholderScanner scanner(text);
    while (const auto next = scanner.next()) places.push_back({next->begin, next->end, next->number});
    expect(places == slow.found, "both see them in the same places", text);
}

} // namespace trunkline::db::fuzz
