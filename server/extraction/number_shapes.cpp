// SPDX-License-Identifier: MIT
#include <extraction/number_shapes.hpp>

#include <extraction/letters.hpp>
#include <extraction/vocabulary.hpp>

#include <unicode/uchar.h>

#include <algorithm>

namespace trunkline::extraction {

namespace {

using Text = std::u32string_view;

constexpr std::size_t digit_minimum = 7;
constexpr std::size_t digit_limit = 15; // E.164
constexpr std::size_t group_limit = 8;
constexpr std::size_t separator_limit = 3;

struct Group {
    Span span;
    std::string digits;
    std::u32string before; ///< what stands between it and the group before
};

struct Chain {
    std::vector<Group> groups;
    bool plus = false;
    std::size_t start = 0;
    std::size_t digits = 0;
};

bool is_currency(char32_t c) { return u_charType(static_cast<UChar32>(c)) == U_CURRENCY_SYMBOL; }

bool is_blank(char32_t c) { return c == U' ' || c == U'\u00a0' || c == U'\u202f' || c == U'\u2009' || c == U'\t'; }

bool separates(char32_t c) { return is_blank(c) || is_dash(c) || c == U'.' || c == U'/' || c == U'(' || c == U')'; }

Group group_at(Text text, std::size_t at)
{
    Group group{{at, at}, {}, {}};
    for (; group.span.end < text.size() && is_digit(text[group.span.end]); ++group.span.end) {
        if (group.digits.size() <= digit_limit)
            group.digits += static_cast<char>('0' + digit_value(text[group.span.end]));
    }
    return group;
}

/// One number ends here and another begins: "(977) 625-2661 75227", "3348917502 9776252661".
bool is_complete_before(const Chain& chain, const Group& next)
{
    const bool close = std::all_of(next.before.begin(), next.before.end(),
                                   [](char32_t c) { return is_dash(c) || c == U'.'; }); // "977-625-2661" has no space
    if (close && next.digits.size() < digit_minimum) return false;
    return chain.digits >= (chain.plus ? 11U : 10U) ||
           (chain.digits >= digit_minimum && next.digits.size() >= digit_minimum);
}

bool takes_next(Text text, Chain& chain)
{
    std::size_t at = chain.groups.back().span.end;
    std::u32string between;
    while (at < text.size() && between.size() < separator_limit && separates(text[at])) between += text[at++];
    if (between.empty() || at >= text.size() || !is_digit(text[at]) || chain.groups.size() >= group_limit) return false;
    const auto strong = std::count_if(between.begin(), between.end(), [](char32_t c) { return !is_blank(c); });
    const bool brackets = between.find(U'(') != Text::npos || between.find(U')') != Text::npos;
    if (strong > 1 && !brackets) return false;
    Group next = group_at(text, at);
    next.before = std::move(between);
    if (is_complete_before(chain, next) || chain.digits + next.digits.size() > 2 * digit_limit) return false;
    chain.digits += next.digits.size();
    chain.groups.push_back(std::move(next));
    return true;
}

/// The chain of groups that begins at `at`, a digit, "+" or "("; without groups when none does.
Chain chain_at(Text text, std::size_t at)
{
    Chain chain;
    chain.start = at;
    chain.plus = text[at] == U'+';
    std::size_t first = at;
    while (first < text.size() && first - at < 3 &&
           (text[first] == U'+' || text[first] == U'(' || is_blank(text[first]))) {
        chain.plus |= text[first] == U'+';
        ++first;
    }
    if (first >= text.size() || !is_digit(text[first])) return chain;
    chain.groups.push_back(group_at(text, first));
    chain.digits = chain.groups.front().digits.size();
    while (takes_next(text, chain)) {}
    return chain;
}

int number_of(const Group& group) { return group.digits.size() > 4 ? 100000 : std::stoi(group.digits); }

bool is_year(const Group& group)
{
    return group.digits.size() == 4 && number_of(group) >= 1900 && number_of(group) < 2100;
}

bool is_day(const Group& group) { return group.digits.size() <= 2 && number_of(group) >= 1 && number_of(group) <= 31; }

bool has_date(const std::vector<Group>& groups)
{
    for (std::size_t i = 0; i + 2 < groups.size(); ++i) {
        if (is_year(groups[i]) && is_day(groups[i + 1]) && is_day(groups[i + 2])) return true;
        if (is_day(groups[i]) && is_day(groups[i + 1]) && is_year(groups[i + 2])) return true;
    }
    return groups.size() == 2 && is_year(groups[0]) && is_year(groups[1]);
}

std::vector<std::size_t> lengths_of(const Chain& chain)
{
    std::vector<std::size_t> lengths;
    for (const Group& group : chain.groups) lengths.push_back(group.digits.size());
    return lengths;
}

/// "192.168.100.200", "1.000.000".
bool is_dotted_number(const Chain& chain, const std::vector<std::size_t>& lengths)
{
    const bool dots = std::all_of(chain.groups.begin() + 1, chain.groups.end(),
                                  [](const Group& group) { return group.before == U"."; });
    return dots && lengths.size() > 1 &&
           std::all_of(lengths.begin(), lengths.end(), [](std::size_t n) { return n <= 3; });
}

bool is_something_else(const Chain& chain)
{
    using Lengths = std::vector<std::size_t>;
    static const std::vector<Lengths> known{{5, 4}, {3, 2, 4}, {4, 4, 4, 4}, {4, 6, 5}, {4, 4, 4, 3}};
    const Lengths lengths = lengths_of(chain);
    if (chain.plus) return false;
    const std::string& first = chain.groups.front().digits;
    const bool date = chain.groups.size() == 1 && first.size() == 8 &&
                      (first.starts_with("19") || first.starts_with("20")) && std::stoi(first.substr(4, 2)) <= 12 &&
                      std::stoi(first.substr(6, 2)) <= 31;
    return date || has_date(chain.groups) || is_dotted_number(chain, lengths) ||
           std::find(known.begin(), known.end(), lengths) != known.end();
}

bool has_area_in_brackets(Text text, const Chain& chain)
{
    for (const Group& group : chain.groups) {
        const bool open = group.span.start > 0 && text[group.span.start - 1] == U'(';
        const bool close = group.span.end < text.size() && text[group.span.end] == U')';
        if (open && close && group.digits.size() >= 2 && group.digits.size() <= 5) return chain.groups.size() > 1;
    }
    return false;
}

Shape shape_of(Text text, const Chain& chain)
{
    using Lengths = std::vector<std::size_t>;
    if (chain.digits < digit_minimum || chain.digits > digit_limit || is_something_else(chain)) return Shape::none;
    const Lengths lengths = lengths_of(chain);
    const bool american = lengths == Lengths{3, 3, 4} || lengths == Lengths{1, 3, 3, 4} || lengths == Lengths{3, 7};
    const std::string& first = chain.groups.front().digits;
    const bool trunk = first.starts_with('0') && chain.digits >= 9 && (lengths.size() > 1 || first.starts_with("00"));
    return chain.plus || american || trunk || has_area_in_brackets(text, chain) ? Shape::phone_like : Shape::digits;
}

bool is_money_word(const Reading& reading, std::size_t token)
{
    static const WordSet words{"usd eur gbp idr rp dollar dollars euro euros rupiah rupees inr chf aud cad bucks"};
    return token < reading.tokens().size() && words.contains(reading.tokens()[token].folded);
}

/// Glued to a word, a price, a time or a fraction.
bool is_clean_before(const Reading& reading, std::size_t start)
{
    const Text text = reading.characters();
    if (start == 0) return true;
    const char32_t before = text[start - 1];
    const char32_t further = start > 1 ? text[start - 2] : U' ';
    if ((is_letter(before) && !is_unspaced(before)) || is_digit(before) || is_currency(before)) return false;
    if (before == U'#' || before == U'_' || before == U'@' || before == U'=' || before == U'*') return false;
    if ((is_dash(before) || before == U'/' || before == U'.') && (is_letter(further) || is_digit(further)))
        return false;
    if ((before == U',' || before == U':') && is_digit(further)) return false;
    if (is_blank(before) && (is_currency(further) || further == U'#')) return false;
    const std::size_t token = reading.token_at(start);
    return token == 0 || !is_money_word(reading, token - 1);
}

bool is_clean_after(const Reading& reading, std::size_t end)
{
    const Text text = reading.characters();
    if (end >= text.size()) return true;
    const char32_t after = text[end];
    const char32_t further = end + 1 < text.size() ? text[end + 1] : U' ';
    const bool extension = (after == U'x' || after == U'X') && is_digit(further);
    if (is_letter(after) && !is_unspaced(after) && !extension) return false;
    if (after == U'@' || after == U'%' || after == U'_' || after == U'*' || is_digit(after) || is_currency(after))
        return false;
    if ((after == U':' || after == U',' || is_dash(after) || after == U'/' || after == U'.') && is_digit(further))
        return false;
    if ((is_dash(after) || after == U'/') && is_letter(further)) return false;
    if (is_blank(after) && is_currency(further)) return false;
    return !is_money_word(reading, reading.token_at(end));
}

bool is_in_address(const Reading& reading, std::size_t position)
{
    const std::size_t token = reading.token_at(position);
    return token < reading.tokens().size() && reading.tokens()[token].kind == TokenKind::address &&
           reading.tokens()[token].span.contains(position);
}

/// A bracket that was opened before the number or is closed after it does not belong to it.
Span without_stray_bracket(Text text, Span span)
{
    if (text[span.start] != U'(') return span;
    const std::size_t close = text.substr(0, span.end).find(U')', span.start);
    if (close < span.end) return span;
    while (span.start < span.end && (text[span.start] == U'(' || is_blank(text[span.start]))) ++span.start;
    return span;
}

WrittenNumber written(const Reading& reading, const Chain& chain)
{
    const Text text = reading.characters();
    WrittenNumber number{
        without_stray_bracket(text, {chain.start, chain.groups.back().span.end}), shape_of(text, chain), {}};
    if (chain.plus) number.plain = "+";
    for (const Group& group : chain.groups) number.plain += group.digits;
    if (!is_clean_before(reading, number.span.start) || !is_clean_after(reading, number.span.end))
        number.shape = Shape::none;
    return number;
}

/// "size 8 977-625-2661": without the small number before it.
void drop_small_first_group(Text text, Chain& chain)
{
    if (chain.plus || chain.groups.size() < 3 || text[chain.start] == U'(') return;
    const Group& first = chain.groups.front();
    const Group& second = chain.groups[1];
    if (first.digits.size() > 2 || first.digits == "1" || first.digits.starts_with('0') ||
        chain.digits - first.digits.size() != 10)
        return;
    if (!std::all_of(second.before.begin(), second.before.end(), is_blank) && second.before.back() != U'(') return;
    chain.digits -= first.digits.size();
    chain.groups.erase(chain.groups.begin());
    const std::size_t start = chain.groups.front().span.start;
    chain.start = start > 0 && text[start - 1] == U'(' ? start - 1 : start;
}

} // namespace

std::vector<WrittenNumber> find_numbers(const Reading& reading)
{
    const Text text = reading.characters();
    std::vector<WrittenNumber> found;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != U'+' && text[at] != U'(' && !is_digit(text[at])) continue;
        Chain chain = chain_at(text, at);
        if (chain.groups.empty()) continue;
        drop_small_first_group(text, chain);
        at = chain.groups.back().span.end - 1;
        if (is_in_address(reading, chain.start)) continue;
        WrittenNumber number = written(reading, chain);
        if (number.shape != Shape::none) found.push_back(std::move(number));
    }
    return found;
}

} // namespace trunkline::extraction
