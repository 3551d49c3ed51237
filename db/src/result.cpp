// SPDX-License-Identifier: MIT
#include <trunkline/db/error.hpp>
#include <trunkline/db/result.hpp>

#include <algorithm>

namespace trunkline::db {

namespace {

[[noreturn]] void fail(std::string_view sqlstate, std::string message)
{
    ErrorInfo info;
    info.message = std::move(message);
    info.sqlstate = sqlstate;
    info.outcome = Outcome::applied;
    throw DecodeError(std::move(info));
}

std::string listed(const std::vector<std::string>& names)
{
    if (names.empty()) return "none";
    std::string list;
    for (const auto& name : names) {
        if (!list.empty()) list += ", ";
        list += name;
    }
    return list;
}

} // namespace

ColumnNames::ColumnNames(std::vector<std::string> names) : names_(std::move(names))
{
    std::vector<std::string_view> sorted(names_.begin(), names_.end());
    std::ranges::sort(sorted);
    different_ = std::ranges::adjacent_find(sorted) == sorted.end();
}

std::size_t ColumnNames::find(std::string_view name) const
{
    const auto found = std::ranges::find(names_, name);
    if (found == names_.end())
        fail("42703", "there is no column '" + std::string(name) + "'; there are: " + listed(names_));
    if (!different_ && std::find(found + 1, names_.end(), name) != names_.end())
        fail("42702", "there is more than one column '" + std::string(name) + "': give them names with AS");
    return static_cast<std::size_t>(found - names_.begin());
}

const ColumnNames& Result::no_columns() noexcept
{
    static const ColumnNames none({});
    return none;
}

Result::Result(std::vector<std::string> columns, std::vector<Value> cells, std::uint64_t affected)
    : Result(sharing(columns.empty() ? nullptr : std::make_shared<const ColumnNames>(std::move(columns)),
                     std::move(cells), affected))
{}

Result Result::sharing(std::shared_ptr<const ColumnNames> columns, std::vector<Value> cells, std::uint64_t affected)
{
    Result made;
    made.columns_ = std::move(columns);
    made.cells_ = std::move(cells);
    made.affected_ = affected;
    const std::size_t width = made.width();
    if (width == 0 ? !made.cells_.empty() : made.cells_.size() % width != 0)
        throw UsageError("a Result of " + std::to_string(width) + " columns cannot hold " +
                         std::to_string(made.cells_.size()) + " cells");
    made.rows_ = width == 0 ? 0 : made.cells_.size() / width;
    return made;
}

namespace detail {

void rethrow_for_column(std::string_view column)
{
    try {
        throw;
    } catch (const DecodeError& error) {
        ErrorInfo info = error.info();
        info.message = "column '" + std::string(column) + "': " + info.message;
        throw DecodeError(std::move(info));
    }
}

void decode_wants_one_column(std::size_t found)
{
    fail("42804", "the statement returned " + std::to_string(found) +
                      " columns where one is wanted: read them into a described struct");
}

} // namespace detail

} // namespace trunkline::db
