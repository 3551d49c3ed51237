// SPDX-License-Identifier: MIT
#include "mysql/placeholders.hpp"

#include <trunkline/db/sql.hpp>

namespace trunkline::db::mysql {

namespace {

std::string problem_of(std::string_view text, std::size_t arguments)
{
    const Placeholders found = scan_placeholders(text, Syntax::mysql);
    if (text.empty()) return "this statement has no text for MySQL: give its by_engine one";
    if (text.find('\0') != text.npos) return "the text of a statement cannot hold a NUL";
    if (found.unterminated) return "this statement ends inside a quote or comment, as MySQL reads it";
    if (found.question_mark) return "this statement uses ? instead of $1";
    const bool fits = !found.too_many && found.gapless() && static_cast<std::size_t>(found.highest) == arguments;
    if (fits) return {};
    return "as MySQL reads this statement, it does not use each of $1 to $" + std::to_string(arguments) +
           " and no other: that is how many arguments it has";
}

} // namespace

Rewritten rewrite(std::string_view text, std::size_t arguments)
{
    Rewritten made;
    made.problem = problem_of(text, arguments);
    if (!made.problem.empty()) return made;
    made.text.reserve(text.size());
    detail::PlaceholderScanner scanner(text, Syntax::mysql);
    std::size_t copied = 0;
    while (const auto found = scanner.next()) {
        made.text += text.substr(copied, found->begin - copied);
        made.text += '?';
        made.order.push_back(static_cast<std::uint8_t>(found->number - 1));
        copied = found->end;
    }
    made.text += text.substr(copied);
    return made;
}

} // namespace trunkline::db::mysql
