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
void check(std::string_view text, std::size_t arguments, std::source_location place)
{
    const Placeholders found = scan_placeholders(text);
    if (found.unterminated)
        throw UsageError("the piece of SQL given at " + shown(place) + " ends inside a quote or comment");
    if (found.too_many || !found.gapless() || static_cast<std::size_t>(found.highest) != arguments)
        throw UsageError("the piece of SQL given at " + shown(place) + " has to use each of $1 to $" +
                         std::to_string(arguments) + " and no other: that is how many arguments it has");
}

void append_renumbered(std::string& whole, std::string_view piece, std::size_t offset)
{
    // A newline, where a space would leave the next piece inside a comment that runs to the end of its line.
    if (!whole.empty()) whole += whole.find("--") == std::string::npos ? ' ' : '\n';
    detail::PlaceholderScanner scanner(piece);
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
    const std::string_view postgresql = piece.on(Engine::postgresql), sqlite = piece.on(Engine::sqlite);
    check(postgresql, arguments, piece.place());
    check(sqlite, arguments, piece.place());
    append_renumbered(postgresql_, postgresql, parameters_.size());
    append_renumbered(sqlite_, sqlite, parameters_.size());
}

Statement SqlBuilder::build() &&
{
    if (postgresql_ == sqlite_)
        return {SqlText(std::make_shared<const std::string>(std::move(postgresql_)), place_), std::move(parameters_)};
    const std::size_t length = postgresql_.size();
    auto both = std::make_shared<const std::string>(std::move(postgresql_) + sqlite_);
    return {SqlText(std::move(both), length, place_), std::move(parameters_)};
}

} // namespace trunkline::db
