// SPDX-License-Identifier: MIT
#include "mysql/verb.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace trunkline::db::mysql {

namespace {

constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

/// The words at the beginning of a text, one after another, in capitals. Comments and opening brackets are skipped.
class Words {
public:
    explicit Words(std::string_view text) : text_(text) {}

    /// Nothing when something else than a word comes.
    std::string next()
    {
        skip();
        std::string word;
        while (!text_.empty() && is_letter(text_.front())) {
            const char c = text_.front();
            word += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
            text_.remove_prefix(1);
        }
        return word;
    }

private:
    void skip()
    {
        for (;;) {
            while (!text_.empty() && (static_cast<unsigned char>(text_.front()) <= ' ' || text_.front() == '('))
                text_.remove_prefix(1);
            if (text_.starts_with("/*!") || text_.starts_with("/*M!")) {
                text_.remove_prefix(text_.find('!') + 1);
                while (!text_.empty() && text_.front() >= '0' && text_.front() <= '9') text_.remove_prefix(1);
            } else if (text_.starts_with("/*")) {
                skip_behind("*/");
            } else if (text_.starts_with("#") || text_.starts_with("-- ") || text_.starts_with("--\n")) {
                skip_behind("\n");
            } else {
                return;
            }
        }
    }
    void skip_behind(std::string_view end)
    {
        const std::size_t at = text_.find(end);
        text_.remove_prefix(at == text_.npos ? text_.size() : at + end.size());
    }

    std::string_view text_;
};

template <std::size_t n>
bool among(std::string_view word, const std::array<std::string_view, n>& words)
{
    return std::find(words.begin(), words.end(), word) != words.end();
}

/// True when the word stands anywhere in the text, quoted or not.
bool mentions(std::string_view text, std::string_view word)
{
    const auto same = [](char a, char b) { return (a >= 'a' && a <= 'z' ? a - 'a' + 'A' : a) == b; };
    return std::search(text.begin(), text.end(), word.begin(), word.end(), same) != text.end();
}

constexpr std::array<std::string_view, 24> enders{"ALTER",  "ANALYZE", "BEGIN",    "CACHE",     "CHANGE", "CHECK",
                                                  "COMMIT", "FLUSH",   "GRANT",    "INSTALL",   "LOCK",   "OPTIMIZE",
                                                  "PURGE",  "RENAME",  "REPAIR",   "RESET",     "REVOKE", "SHUTDOWN",
                                                  "START",  "STOP",    "TRUNCATE", "UNINSTALL", "UNLOCK", "XA"};

} // namespace

bool ends_transaction(std::string_view text)
{
    Words words(text);
    const std::string verb = words.next();
    if (among(verb, enders)) return true;
    if (verb == "ROLLBACK") {
        std::string word = words.next();
        if (word == "WORK") word = words.next();
        return word != "TO";
    }
    if (verb == "CREATE" || verb == "DROP") {
        std::string word = words.next();
        if (word == "OR") words.next(), word = words.next(); // OR REPLACE
        return word != "TEMPORARY";
    }
    if (verb == "LOAD") return words.next() == "INDEX";
    return verb == "SET" && (mentions(text, "AUTOCOMMIT") || mentions(text, "PASSWORD"));
}

bool is_plain_insert(std::string_view text)
{
    if (Words(text).next() != "INSERT") return false;
    static constexpr std::array<std::string_view, 5> others{"IGNORE", "DUPLICATE", "SELECT", "RETURNING", "/*"};
    return std::none_of(others.begin(), others.end(), [text](std::string_view word) { return mentions(text, word); });
}

bool only_reads(std::string_view text)
{
    static constexpr std::array<std::string_view, 5> readers{"SELECT", "VALUES", "TABLE", "SHOW", "DESCRIBE"};
    const std::string verb = Words(text).next();
    if (verb == "WITH") return !mentions(text, "UPDATE") && !mentions(text, "DELETE") && !mentions(text, "INTO");
    return among(verb, readers) && !mentions(text, "INTO");
}

bool is_update_returning(std::string_view text)
{
    return Words(text).next() == "UPDATE" && mentions(text, "RETURNING");
}

} // namespace trunkline::db::mysql
