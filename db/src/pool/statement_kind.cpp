// SPDX-License-Identifier: MIT
#include "statement_kind.hpp"

#include <algorithm>
#include <array>

namespace trunkline::db::detail {

namespace {

/// Whatever stands as a word in a reading statement and makes it more than that.
constexpr std::array<std::string_view, 10> more_than_reading{"UPDATE", "SHARE",    "INSERT", "DELETE", "MERGE",
                                                             "INTO",   "ADVISORY", "SLEEP",  "CONFIG", "NOTIFY"};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// The words of a text in capitals, and its brackets and commas. Names with an underscore are several words:
/// pg_advisory_lock has ADVISORY in it, and so has the same name in double quotes.
class Tokens {
public:
    explicit Tokens(std::string_view text) : text_(text) {}

    /// Empty at the end. Valid until the next call.
    std::string_view next()
    {
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (is_letter(c)) return word();
            if (c == '\'') {
                skip_literal();
                continue;
            }
            ++at_;
            if (c == '(') ++depth_;
            if (c == ')') --depth_;
            if (c == '(' || c == ')' || c == ',') return text_.substr(at_ - 1, 1);
            const bool comment = (c == '-' && peek() == '-') || (c == '/' && peek() == '*');
            const bool dollar_quote = c == '$' && (peek() < '0' || peek() > '9');
            if (comment || dollar_quote || c == ';') clear_ = false;
        }
        return {};
    }

    /// How many brackets are open behind the latest token.
    int depth() const noexcept { return depth_; }
    /// False when something was met whose inside is unknown here.
    bool clear() const noexcept { return clear_; }

private:
    char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

    std::string_view word()
    {
        std::size_t length = 0;
        for (; at_ < text_.size() && is_letter(text_[at_]); ++at_)
            if (length < sizeof word_) word_[length++] = static_cast<char>(text_[at_] & ~0x20);
        return {word_, length};
    }

    void skip_literal()
    {
        for (++at_; at_ < text_.size() && text_[at_] != '\''; ++at_)
            if (text_[at_] == '\\') clear_ = false;
        ++at_;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    int depth_ = 0;
    bool clear_ = true;
    char word_[16];
};

StatementKind kind_of_read(Tokens& tokens)
{
    for (auto word = tokens.next(); !word.empty(); word = tokens.next())
        if (std::ranges::find(more_than_reading, word) != more_than_reading.end()) return StatementKind::other;
    return StatementKind::reads;
}

StatementKind kind_of_insert(Tokens& tokens)
{
    bool values = false, query = false;
    int rows = 0;
    for (auto token = tokens.next(); !token.empty(); token = tokens.next()) {
        if (token == "CONFLICT") return StatementKind::other; // an upsert waits for whoever has the row
        if (token == "VALUES") values = true;
        if (token == "SELECT" || token == "TABLE" || token == "WITH") query = true;
        if (token == "RETURNING" && tokens.depth() == 0) break;
        if (values && token == "(" && tokens.depth() == 1) ++rows;
    }
    for (auto token = tokens.next(); !token.empty(); token = tokens.next())
        if (token == "SELECT") query = true;
    return values && rows <= 1 && !query ? StatementKind::inserts_one_row : StatementKind::inserts;
}

} // namespace

StatementKind kind_of(std::string_view text)
{
    Tokens tokens(text);
    std::string_view first = tokens.next();
    while (first == "(") first = tokens.next();
    auto kind = StatementKind::other;
    if (first == "SELECT" || first == "VALUES") kind = kind_of_read(tokens);
    else if (first == "INSERT") kind = kind_of_insert(tokens);
    return tokens.clear() ? kind : StatementKind::other;
}

} // namespace trunkline::db::detail
