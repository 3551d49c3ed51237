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
///     db::by_engine{.postgresql = "… ILIKE $1", .sqlite = "… LIKE $1"}
struct by_engine {
    std::string_view postgresql;
    std::string_view sqlite;
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
    constexpr SqlText(std::string_view postgresql, std::string_view sqlite, std::source_location place)
        : postgresql_(postgresql), sqlite_(sqlite), place_(place)
    {}
    SqlText(std::shared_ptr<const std::string> owned, std::source_location place)
        : postgresql_(*owned), sqlite_(*owned), owned_(std::move(owned)), place_(place)
    {}
    /// `both` is PostgreSQL's text, `postgresql_length` long, and behind it SQLite's.
    SqlText(std::shared_ptr<const std::string> both, std::size_t postgresql_length, std::source_location place)
        : postgresql_(std::string_view(*both).substr(0, postgresql_length)),
          sqlite_(std::string_view(*both).substr(postgresql_length)),
          owned_(std::move(both)),
          place_(place)
    {}

    std::string_view on(Engine engine) const noexcept { return engine == Engine::sqlite ? sqlite_ : postgresql_; }
    std::source_location place() const noexcept { return place_; }

private:
    std::string_view postgresql_;
    std::string_view sqlite_;
    std::shared_ptr<const std::string> owned_;
    std::source_location place_;
};

/// What a look at a statement's text finds. Quotes, comments, `$tag$` bodies and E'' strings are skipped.
struct Placeholders {
    int highest = 0;            ///< the n of the last `$n`
    std::uint64_t seen = 0;     ///< bit n-1 for `$n`
    bool unterminated = false;  ///< a quote, comment or `$tag$` without an end
    bool question_mark = false; ///< a `?` placeholder, which no engine here takes
    bool backslash = false;     ///< a backslash in a plain '…': engines disagree on what it means
    bool too_many = false;      ///< beyond `placeholders_max`

    constexpr bool gapless() const noexcept
    {
        return highest == 0 ? seen == 0 : seen == (~std::uint64_t{0} >> (64 - highest));
    }
};
inline constexpr int placeholders_max = 64;

/// Finds the placeholders of `text`. Pure, and usable while compiling.
constexpr Placeholders scan_placeholders(std::string_view text);

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

consteval void check(std::string_view text, int arguments, bool for_one_engine)
{
    if (text.empty()) this_statement_is_missing_for_an_engine();
    const Placeholders found = scan_placeholders(text);
    if (found.unterminated) this_statement_ends_inside_a_quote_or_comment();
    if (found.backslash && !for_one_engine) this_statement_has_a_backslash_in_a_plain_literal_use_by_engine();
    if (found.question_mark && !for_one_engine) this_statement_uses_question_mark_instead_of_dollar_number();
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
        : postgresql_(text), sqlite_(text), place_(place)
    {
        detail::check(postgresql_, sizeof...(Args), false);
    }

    consteval Sql(by_engine texts, std::source_location place = std::source_location::current())
        : postgresql_(texts.postgresql), sqlite_(texts.sqlite), place_(place)
    {
        detail::check(postgresql_, sizeof...(Args), true);
        detail::check(sqlite_, sizeof...(Args), true);
    }

    Sql(const unsafe_sql& text) : owned_(&text.text()), place_(text.place()) {}

    SqlText text() const { return owned_ ? SqlText(*owned_, place_) : SqlText(postgresql_, sqlite_, place_); }

private:
    std::string_view postgresql_;
    std::string_view sqlite_;
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

    constexpr explicit PlaceholderScanner(std::string_view text) : text_(text) {}

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
        if (c == '-' && peek(1) == '-') return skip_line();
        if (c == '/' && peek(1) == '*') return skip_comment();
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
        const bool only_e = at_ - begin == 1 && (text_[begin] == 'E' || text_[begin] == 'e');
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

    constexpr void dollar()
    {
        if (is_digit(peek(1))) return placeholder();
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
    std::size_t at_ = 0;
    Placeholders found_;
    Found latest_{};
};

} // namespace detail

constexpr Placeholders scan_placeholders(std::string_view text) { return detail::PlaceholderScanner(text).scan(); }

} // namespace trunkline::db
