// SPDX-License-Identifier: MIT
#include <trunkline/db/copy.hpp>

#include <trunkline/db/error.hpp>

#include <algorithm>

namespace trunkline::db {

namespace {

/// Both are far below what the engines allow; more gain nothing.
constexpr std::size_t parameters_of_an_insert_max = 1000;
constexpr std::size_t rows_of_an_insert_max = 500;

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

/// `($1, $2), ($3, $4)`.
std::string placeholders(std::size_t rows, std::size_t columns)
{
    std::string made;
    std::size_t number = 0;
    for (std::size_t row = 0; row < rows; ++row) {
        made += row ? ", (" : "(";
        for (std::size_t column = 0; column < columns; ++column)
            made += (column ? ", $" : "$") + std::to_string(++number);
        made += ')';
    }
    return made;
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

std::size_t CopyIn::rows_of_a_statement(Engine engine, std::size_t columns) noexcept
{
    if (engine == Engine::sqlite) return 1;
    return std::clamp<std::size_t>(parameters_of_an_insert_max / columns, 1, rows_of_an_insert_max);
}

Query CopyIn::inserts(Engine engine) &&
{
    const std::size_t width = columns_.size();
    const std::string front = "INSERT INTO " + target(table_, columns_, engine) + " VALUES ";
    std::vector<Statement> unit;
    std::shared_ptr<const std::string> text; // the same for all statements of as many rows
    std::size_t rows_of_text = 0;
    for (auto next = cells_.begin(); next != cells_.end();) {
        const auto left = static_cast<std::size_t>(cells_.end() - next) / width;
        const std::size_t rows = std::min(left, rows_of_a_statement(engine, width));
        if (rows != std::exchange(rows_of_text, rows))
            text = std::make_shared<const std::string>(front + placeholders(rows, width));
        const auto end = next + static_cast<std::ptrdiff_t>(rows * width);
        unit.emplace_back(SqlText(text, place_),
                          std::vector<Value>(std::make_move_iterator(next), std::make_move_iterator(end)));
        next = end;
    }
    return Query(std::move(unit));
}

} // namespace trunkline::db
