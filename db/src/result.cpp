// SPDX-License-Identifier: MIT
#include <trunkline/db/error.hpp>
#include <trunkline/db/result.hpp>

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

Result::Result(std::vector<std::string> columns, std::vector<Value> cells, std::uint64_t affected)
    : columns_(std::move(columns)), cells_(std::move(cells)), affected_(affected)
{
    if (columns_.empty() ? !cells_.empty() : cells_.size() % columns_.size() != 0)
        throw UsageError("a Result of " + std::to_string(columns_.size()) + " columns cannot hold " +
                         std::to_string(cells_.size()) + " cells");
    rows_ = columns_.empty() ? 0 : cells_.size() / columns_.size();
}

std::size_t Result::column(std::string_view name) const
{
    const auto found = std::find(columns_.begin(), columns_.end(), name);
    if (found == columns_.end())
        fail("42703", "there is no column '" + std::string(name) + "'; there are: " + listed(columns_));
    if (std::find(found + 1, columns_.end(), name) != columns_.end())
        fail("42702", "there is more than one column '" + std::string(name) + "': give them names with AS");
    return static_cast<std::size_t>(found - columns_.begin());
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
