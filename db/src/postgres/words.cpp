// SPDX-License-Identifier: MIT
#include "postgres/words.hpp"

#include <algorithm>
#include <array>

namespace trunkline::db::postgres {

namespace {

constexpr std::size_t name_bytes_max = 63; // the server cuts off the rest

/// With these a statement that begins like a reading one does more.
constexpr std::array<std::string_view, 10> more_than_reading{"insert", "update",      "delete",   "merge",   "into",
                                                             "share",  "tablesample", "operator", "uescape", "execute"};

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool begins_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool goes_on_in_name(char c) { return begins_name(c) || is_digit(c) || c == '$'; }
bool is_operator(char c) { return std::string_view("+-*/<>=~!@#%^&|`?").find(c) != std::string_view::npos; }
bool is_punctuation(char c) { return std::string_view("(),.[]:").find(c) != std::string_view::npos; }

void add(std::vector<std::string>& words, std::string word)
{
    if (std::ranges::find(words, word) == words.end()) words.push_back(std::move(word));
}

class Reader {
public:
    explicit Reader(std::string_view text) : rest_(text) {}

    std::optional<Words> read()
    {
        while (readable_ && skip_spaces()) read_one();
        const bool reads = first_ == "select" || first_ == "values" || first_ == "with";
        if (!readable_ || !reads) return std::nullopt;
        return std::move(words_);
    }

private:
    bool skip_spaces()
    {
        while (!rest_.empty() && is_space(rest_.front())) rest_.remove_prefix(1);
        return !rest_.empty();
    }

    void read_one()
    {
        const char c = rest_.front();
        if (begins_name(c)) read_name();
        else if (c == '"') read_quoted_name();
        else if (c == '\'') skip_quoted('\'');
        else if (is_digit(c)) read_number();
        else if (c == '$') read_placeholder();
        else if (is_operator(c)) read_operator();
        else if (is_punctuation(c)) rest_.remove_prefix(1);
        else readable_ = false; // a semicolon, a letter beyond ASCII, something new
    }

    std::string_view take_while(bool (*belongs)(char))
    {
        std::size_t length = 0;
        while (length < rest_.size() && belongs(rest_[length])) ++length;
        const auto taken = rest_.substr(0, length);
        rest_.remove_prefix(length);
        return taken;
    }

    void read_name()
    {
        std::string name(take_while(goes_on_in_name));
        for (char& c : name)
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        const char next = rest_.empty() ? ' ' : rest_.front();
        // E'…', U&'…', B'…' have rules of their own; a letter beyond ASCII would belong to the name.
        const bool prefix = next == '\'' || (next == '&' && name == "u");
        const bool more = std::ranges::find(more_than_reading, name) != more_than_reading.end();
        if (prefix || more || static_cast<unsigned char>(next) >= 0x80) readable_ = false;
        if (first_.empty()) first_ = name;
        keep_name(std::move(name));
    }

    void read_quoted_name()
    {
        std::string name = skip_quoted('"');
        if (first_.empty()) readable_ = false;
        keep_name(std::move(name));
    }

    void keep_name(std::string name)
    {
        if (name.size() > name_bytes_max) readable_ = false;
        add(words_.names, std::move(name));
    }

    /// What stands in between, with the quotes in it made single.
    std::string skip_quoted(char quote)
    {
        std::string inside;
        rest_.remove_prefix(1);
        for (;;) {
            const auto end = rest_.find(quote);
            if (end == rest_.npos) {
                readable_ = false;
                return inside;
            }
            inside += rest_.substr(0, end);
            rest_.remove_prefix(end + 1);
            if (rest_.empty() || rest_.front() != quote) return inside;
            inside += quote;
            rest_.remove_prefix(1);
        }
    }

    void read_number()
    {
        take_while([](char c) { return is_digit(c) || c == '.'; });
        if (!rest_.empty() && goes_on_in_name(rest_.front())) readable_ = false; // 1e5, 0x1, 1abc
    }

    void read_placeholder()
    {
        rest_.remove_prefix(1);
        if (take_while(is_digit).empty()) readable_ = false; // $tag$
        if (!rest_.empty() && goes_on_in_name(rest_.front())) readable_ = false;
    }

    void read_operator()
    {
        const std::string_view symbol = take_while(is_operator);
        if (symbol.find("--") != symbol.npos || symbol.find("/*") != symbol.npos) readable_ = false;
        // The server ends an operator before a sign in some cases: both readings count.
        add(words_.operators, std::string(symbol));
        for (auto cut = symbol; cut.size() > 1 && (cut.back() == '+' || cut.back() == '-');) {
            add(words_.operators, std::string(1, cut.back()));
            cut.remove_suffix(1);
            add(words_.operators, std::string(cut));
        }
        if (symbol == "!=") add(words_.operators, "<>");
    }

    std::string_view rest_;
    Words words_;
    std::string first_;
    bool readable_ = true;
};

} // namespace

std::optional<Words> words_of_reading(std::string_view text) { return Reader(text).read(); }

} // namespace trunkline::db::postgres
