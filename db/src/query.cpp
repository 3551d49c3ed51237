// SPDX-License-Identifier: MIT
#include <trunkline/db/error.hpp>
#include <trunkline/db/query.hpp>

namespace trunkline::db {

std::source_location Query::place() const noexcept
{
    return statements_.empty() ? std::source_location() : statements_.front().text().place();
}

void Query::narrow(std::chrono::nanoseconds limit) noexcept
{
    if (!limit_ || limit < *limit_) limit_ = limit;
}

void Query::prefer(StatementOptions options) noexcept
{
    if (!options_) options_ = options;
}

namespace {

std::string shown(std::source_location place)
{
    return std::string(place.file_name()) + ":" + std::to_string(place.line());
}

/// Literals were checked while compiling; a piece of `unsafe_sql` meets the same rules here, or its open quote would
/// swallow the next piece.
void check(std::string_view text, std::size_t arguments, std::source_location place, Syntax syntax = Syntax::shared)
{
    const Placeholders found = scan_placeholders(text, syntax);
    if (found.unterminated)
        throw UsageError("the piece of SQL given at " + shown(place) + " ends inside a quote or comment");
    if (found.too_many || !found.gapless() || static_cast<std::size_t>(found.highest) != arguments)
        throw UsageError("the piece of SQL given at " + shown(place) + " has to use each of $1 to $" +
                         std::to_string(arguments) + " and no other: that is how many arguments it has");
}

void append_renumbered(std::string& whole, std::string_view piece, std::size_t offset, Syntax syntax = Syntax::shared)
{
    // A newline, where a space would leave the next piece inside a comment that runs to the end of its line.
    if (!whole.empty())
        whole += whole.find("--") == std::string::npos && whole.find('#') == std::string::npos ? ' ' : '\n';
    detail::PlaceholderScanner scanner(piece, syntax);
    std::size_t copied = 0;
    while (const auto found = scanner.next()) {
        whole += piece.substr(copied, found->begin - copied);
        whole += '$' + std::to_string(offset + static_cast<std::size_t>(found->number));
        copied = found->end;
    }
    whole += piece.substr(copied);
}

} // namespace

void SqlBuilder::append(const SqlText& piece, std::size_t arguments)
{
    const std::string_view postgresql = piece.on(Engine::postgresql), sqlite = piece.on(Engine::sqlite),
                           mysql = piece.on(Engine::mysql);
    check(postgresql, arguments, piece.place());
    check(sqlite, arguments, piece.place());
    // A text for all engines was read by the rules that are shared; one of MySQL's own is read by its own.
    const Syntax syntax = mysql == postgresql ? Syntax::shared : Syntax::mysql;
    if (mysql.empty()) left_out_for_mysql_ = true;
    else check(mysql, arguments, piece.place(), syntax);
    append_renumbered(postgresql_, postgresql, parameters_.size());
    append_renumbered(sqlite_, sqlite, parameters_.size());
    append_renumbered(mysql_, mysql, parameters_.size(), syntax);
}

Statement SqlBuilder::build() &&
{
    if (left_out_for_mysql_) mysql_.clear();
    if (postgresql_ == sqlite_ && postgresql_ == mysql_)
        return {SqlText(std::make_shared<const std::string>(std::move(postgresql_)), place_), std::move(parameters_)};
    const std::size_t second = postgresql_.size(), third = second + sqlite_.size();
    auto all = std::make_shared<const std::string>(std::move(postgresql_) + sqlite_ + mysql_);
    const std::string_view whole = *all;
    const by_engine texts{whole.substr(0, second), whole.substr(second, third - second), whole.substr(third)};
    return {SqlText(std::move(all), texts, place_), std::move(parameters_)};
}

} // namespace trunkline::db
