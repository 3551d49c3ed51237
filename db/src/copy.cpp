// SPDX-License-Identifier: MIT
#include <trunkline/db/copy.hpp>

#include <trunkline/db/error.hpp>

#include <algorithm>

namespace trunkline::db {

namespace {

std::string quoted(std::string_view name, char quote)
{
    if (name.empty() || name.find('\0') != name.npos)
        throw UsageError("copy_in: the name of a table or column is empty or holds a NUL");
    std::string made(1, quote);
    for (const char c : name) {
        if (c == quote) made += quote;
        made += c;
    }
    return made + quote;
}

std::string quoted_table(std::string_view table, char quote)
{
    std::string made;
    for (;;) {
        const auto dot = table.find('.');
        made += quoted(table.substr(0, dot), quote);
        if (dot == table.npos) return made;
        made += '.';
        table.remove_prefix(dot + 1);
    }
}

/// `"items" ("id", "name")`.
std::string target(std::string_view table, const Columns& columns, Engine engine)
{
    const char quote = engine == Engine::postgresql || engine == Engine::sqlite ? '"' : '`';
    std::string made = quoted_table(table, quote);
    const char* before = " (";
    for (const auto& column : columns.names()) made += std::exchange(before, ", ") + quoted(column, quote);
    return made + ')';
}

/// `($1, $2)`.
std::string placeholders(std::size_t columns)
{
    std::string made;
    for (std::size_t column = 1; column <= columns; ++column)
        made += (column == 1 ? "($" : ", $") + std::to_string(column);
    return made + ')';
}

} // namespace

CopyIn::CopyIn(std::string_view table, Columns columns, std::source_location place)
    : table_(table), columns_(std::move(columns)), place_(place)
{
    if (columns_.size() == 0) throw UsageError("copy_in: there are no columns to fill");
    (void)target(table_, columns_, Engine::postgresql); // refuses names that are none
}

void CopyIn::expect_width(std::size_t fields) const
{
    if (fields != columns_.size())
        throw UsageError("copy_in: " + std::to_string(columns_.size()) + " columns are named, and a row has " +
                         std::to_string(fields) + " fields");
}

Query CopyIn::query(Engine engine) &&
{
    if (engine != Engine::postgresql) return std::move(*this).inserts(engine);
    auto text = std::make_shared<const std::string>("COPY " + target(table_, columns_, engine) + " FROM STDIN");
    std::string table = table_.substr(table_.rfind('.') + 1);
    auto rows = std::make_shared<const CopyRows>(CopyRows{std::move(table), columns_.size(), std::move(cells_)});
    return Query(Statement(SqlText(std::move(text), place_), {}), std::move(rows));
}

Query CopyIn::inserts(Engine engine) &&
{
    const std::size_t width = columns_.size();
    const auto text = std::make_shared<const std::string>("INSERT INTO " + target(table_, columns_, engine) +
                                                          " VALUES " + placeholders(width));
    std::vector<Statement> unit;
    unit.reserve(cells_.size() / width);
    for (auto next = cells_.begin(); next != cells_.end();) {
        const auto end = next + static_cast<std::ptrdiff_t>(width);
        unit.emplace_back(SqlText(text, place_),
                          std::vector<Value>(std::make_move_iterator(next), std::make_move_iterator(end)));
        next = end;
    }
    return Query(std::move(unit));
}

} // namespace trunkline::db
