// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/types.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <type_traits>

namespace trunkline::db {

/// The same statement where engines differ. Each text is checked like any other.
///
///     db::by_engine{.postgresql = "… ILIKE $1", .sqlite = "… LIKE $1", .mysql = "… LIKE $1"}
///
/// A program that does not run on MySQL leaves its text out; a pool on MySQL then refuses the statement (0A000,
/// `not_sent`).
struct by_engine {
    std::string_view postgresql;
    std::string_view sqlite;
    std::string_view mysql{};
};

/// Text that is made while the program runs. It is not checked before it is sent: say why at the call.
class unsafe_sql {
public:
    explicit unsafe_sql(std::string text, std::source_location place = std::source_location::current())
        : text_(std::make_shared<const std::string>(std::move(text))), place_(place)
    {}

    const std::shared_ptr<const std::string>& text() const noexcept { return text_; }
    std::source_location place() const noexcept { return place_; }

private:
    std::shared_ptr<const std::string> text_;
    std::source_location place_;
};

/// The text of a statement for each engine, and who wrote it. Copies share what they own.
class SqlText {
public:
    constexpr SqlText(by_engine texts, std::source_location place) : texts_(texts), place_(place) {}
    SqlText(std::shared_ptr<const std::string> owned, std::source_location place)
        : texts_{*owned, *owned, *owned}, owned_(std::move(owned)), place_(place)
    {}
    /// `texts` are pieces of `owned`.
    SqlText(std::shared_ptr<const std::string> owned, by_engine texts, std::source_location place)
        : texts_(texts), owned_(std::move(owned)), place_(place)
    {}

    /// Empty when it was left out for this engine.
    std::string_view on(Engine engine) const noexcept
    {
        switch (engine) {
        case Engine::sqlite: return texts_.sqlite;
        case Engine::mysql: return texts_.mysql;
        case Engine::postgresql: break;
        }
        return texts_.postgresql;
    }
    std::source_location place() const noexcept { return place_; }

private:
    by_engine texts_;
    std::shared_ptr<const std::string> owned_;
    std::source_location place_;
};

/// By whose rules a text is read. `shared` are the quotes, comments, `$tag$` bodies and E'' strings of PostgreSQL and
/// SQLite; `mysql` are MySQL's: also `…` and #…, comments that do not nest, the content of /*!… */ as part of the text,
/// and neither `$tag$` nor E''.
enum class Syntax { shared, mysql };

/// What a look at a statement's text finds, with what is quoted or a comment skipped.
struct Placeholders {
    int highest = 0;            ///< the n of the last `$n`
    std::uint64_t seen = 0;     ///< bit n-1 for `$n`
    bool unterminated = false;  ///< a quote, comment or `$tag$` without an end
    bool question_mark = false; ///< a `?` placeholder, which is not the library's
    bool backslash = false;     ///< a backslash in a plain '…': engines disagree on what it means
    bool too_many = false;      ///< beyond `placeholders_max`

    constexpr bool gapless() const noexcept
    {
        return highest == 0 ? seen == 0 : seen == (~std::uint64_t{0} >> (64 - highest));
    }
};
inline constexpr int placeholders_max = 64;

/// Finds the placeholders of `text`. Pure, and usable while compiling.
constexpr Placeholders scan_placeholders(std::string_view text, Syntax syntax = Syntax::shared);

namespace detail {
// Not constexpr on purpose: the compiler prints the name of the one it meets.
void this_statement_has_fewer_placeholders_than_arguments();
void this_statement_has_more_placeholders_than_arguments();
void this_statement_skips_a_placeholder_number();
void this_statement_ends_inside_a_quote_or_comment();
void this_statement_uses_question_mark_instead_of_dollar_number();
void this_statement_has_a_backslash_in_a_plain_literal_use_by_engine();
void this_statement_has_too_many_placeholders();
void this_statement_is_missing_for_an_engine();

consteval void check(std::string_view text, int arguments, bool for_one_engine, Syntax syntax = Syntax::shared)
{
    if (text.empty()) this_statement_is_missing_for_an_engine();
    const Placeholders found = scan_placeholders(text, syntax);
    if (found.unterminated) this_statement_ends_inside_a_quote_or_comment();
    if (found.backslash && !for_one_engine) this_statement_has_a_backslash_in_a_plain_literal_use_by_engine();
    // To PostgreSQL it is an operator, too; to MySQL a placeholder and nothing else.
    const bool question_mark_fits = for_one_engine && syntax != Syntax::mysql;
    if (found.question_mark && !question_mark_fits) this_statement_uses_question_mark_instead_of_dollar_number();
    if (found.too_many) this_statement_has_too_many_placeholders();
    if (found.highest < arguments) this_statement_has_fewer_placeholders_than_arguments();
    if (found.highest > arguments) this_statement_has_more_placeholders_than_arguments();
    if (!found.gapless()) this_statement_skips_a_placeholder_number();
}
} // namespace detail

/// The text of a statement with `sizeof...(Args)` arguments.
///
/// Made from a literal or a `by_engine` of literals it is checked while compiling: every `$1…$n` occurs and n is the
/// number of arguments. Made from `unsafe_sql` it is taken as it is.
template <class... Args>
class Sql {
public:
    template <class T>
        requires std::convertible_to<const T&, std::string_view>
    consteval Sql(const T& text, std::source_location place = std::source_location::current())
        : texts_{text, text, text}, place_(place)
    {
        detail::check(text, sizeof...(Args), false);
    }

    consteval Sql(by_engine texts, std::source_location place = std::source_location::current())
        : texts_(texts), place_(place)
    {
        detail::check(texts.postgresql, sizeof...(Args), true);
        detail::check(texts.sqlite, sizeof...(Args), true);
        if (!texts.mysql.empty()) detail::check(texts.mysql, sizeof...(Args), true, Syntax::mysql);
    }

    Sql(const unsafe_sql& text) : owned_(&text.text()), place_(text.place()) {}

    SqlText text() const { return owned_ ? SqlText(*owned_, place_) : SqlText(texts_, place_); }

private:
    by_engine texts_{};
    const std::shared_ptr<const std::string>* owned_ = nullptr; // of the unsafe_sql, which outlives the call
    std::source_location place_;
};

// -- Implementation ----------------------------------------------------------

namespace detail {

/// Walks a statement's text once; each `skip_…` stands on the first character of what it skips.
class PlaceholderScanner {
public:
    /// A `$n` and where it stands in the text: from `begin` to before `end`.
    struct Found {
        std::size_t begin;
        std::size_t end;
        int number;
    };

    constexpr explicit PlaceholderScanner(std::string_view text, Syntax syntax = Syntax::shared)
        : text_(text), mysql_(syntax == Syntax::mysql)
    {}

    /// The next `$n` from left to right, or nothing when there are no more.
    constexpr std::optional<Found> next()
    {
        latest_.number = 0;
        while (latest_.number == 0 && at_ < text_.size()) step();
        if (latest_.number == 0) return std::nullopt;
        return latest_;
    }

    constexpr Placeholders scan()
    {
        while (at_ < text_.size()) step();
        if (inside_executed_) found_.unterminated = true;
        return found_;
    }

private:
    static constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
    static constexpr bool is_word(char c)
    {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' ||
               static_cast<unsigned char>(c) >= 0x80;
    }
    constexpr char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

    constexpr void step()
    {
        const char c = peek();
        if (c == '\'') return skip_string(false);
        if (c == '"') return skip_quoted('"');
        if (c == '-' && peek(1) == '-' && (!mysql_ || ends_dashes(2))) return skip_line();
        if (c == '/' && peek(1) == '*') return mysql_ ? mysql_comment() : skip_comment();
        if (mysql_ && c == '`') return skip_quoted('`');
        if (mysql_ && c == '#') return skip_line();
        if (inside_executed_ && c == '*' && peek(1) == '/') return end_executed();
        if (c == '$') return dollar();
        if (is_word(c)) return skip_word();
        if (c == '?') found_.question_mark = true;
        ++at_;
    }

    /// A name or a number, with the dollars in it. E'…' and e'…' begin with a word of their own; name'…' does not.
    constexpr void skip_word()
    {
        const std::size_t begin = at_;
        while (at_ < text_.size() && (is_word(peek()) || peek() == '$')) ++at_;
        const bool only_e = !mysql_ && at_ - begin == 1 && (text_[begin] == 'E' || text_[begin] == 'e');
        if (only_e && peek() == '\'') skip_string(true);
    }

    constexpr void skip_string(bool escapes)
    {
        for (++at_; at_ < text_.size(); ++at_) {
            if (peek() == '\\') {
                if (escapes) ++at_;
                else found_.backslash = true;
            } else if (peek() == '\'') {
                if (peek(1) != '\'') {
                    ++at_;
                    return;
                }
                ++at_;
            }
        }
        found_.unterminated = true;
    }

    constexpr void skip_quoted(char quote)
    {
        for (++at_; at_ < text_.size(); ++at_)
            if (peek() == quote) {
                if (peek(1) != quote) {
                    ++at_;
                    return;
                }
                ++at_;
            }
        found_.unterminated = true;
    }

    constexpr void skip_line()
    {
        while (at_ < text_.size() && peek() != '\n') ++at_;
    }

    constexpr void skip_comment()
    {
        int depth = 0;
        while (at_ < text_.size()) {
            if (peek() == '/' && peek(1) == '*') {
                ++depth;
                at_ += 2;
            } else if (peek() == '*' && peek(1) == '/') {
                at_ += 2;
                if (--depth == 0) return;
            } else ++at_;
        }
        found_.unterminated = true;
    }

    /// Two dashes begin a comment in MySQL only when a space or a control character follows.
    constexpr bool ends_dashes(std::size_t ahead) const
    {
        return at_ + ahead >= text_.size() || static_cast<unsigned char>(peek(ahead)) <= ' ';
    }

    /// The server reads what stands in /*!… */ and /*M!… */: so do we.
    constexpr void mysql_comment()
    {
        const std::size_t mark = peek(2) == 'M' ? 3 : 2;
        if (peek(mark) == '!' && !inside_executed_) {
            inside_executed_ = true;
            for (at_ += mark + 1; is_digit(peek());) ++at_;
            return;
        }
        const std::size_t end = text_.find("*/", at_ + 2);
        if (end == std::string_view::npos) found_.unterminated = true;
        at_ = end == std::string_view::npos ? text_.size() : end + 2;
    }

    constexpr void end_executed()
    {
        inside_executed_ = false;
        at_ += 2;
    }

    constexpr void dollar()
    {
        if (is_digit(peek(1))) return placeholder();
        if (mysql_) return skip_word(); // a name, as it may stand in MySQL
        std::size_t end = at_ + 1;
        while (end < text_.size() && is_word(text_[end])) ++end;
        if (end >= text_.size() || text_[end] != '$') {
            ++at_;
            return;
        }
        const std::string_view tag = text_.substr(at_, end - at_ + 1);
        const std::size_t close = text_.find(tag, end + 1);
        if (close == std::string_view::npos) {
            found_.unterminated = true;
            at_ = text_.size();
        } else {
            at_ = close + tag.size();
        }
    }

    constexpr void placeholder()
    {
        const std::size_t begin = at_;
        int number = 0;
        for (++at_; is_digit(peek()); ++at_)
            if (number <= placeholders_max) number = number * 10 + (peek() - '0');
        if (number < 1 || number > placeholders_max) {
            found_.too_many = true;
            return;
        }
        if (number > found_.highest) found_.highest = number;
        found_.seen |= std::uint64_t{1} << (number - 1);
        latest_ = Found{begin, at_, number};
    }

    std::string_view text_;
    bool mysql_;
    bool inside_executed_ = false;
    std::size_t at_ = 0;
    Placeholders found_;
    Found latest_{};
};

} // namespace detail

constexpr Placeholders scan_placeholders(std::string_view text, Syntax syntax)
{
    return detail::PlaceholderScanner(text, syntax).scan();
}

} // namespace trunkline::db
