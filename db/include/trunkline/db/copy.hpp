// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/query.hpp>
#include <trunkline/db/result.hpp>

#include <tuple>

namespace trunkline::db {

/// The names of the columns that `copy_in` fills: `{"id", "name"}`.
class Columns {
public:
    template <class... Names>
        requires(sizeof...(Names) > 0 && (std::convertible_to<const Names&, std::string_view> && ...))
    Columns(const Names&... names)
    {
        names_.reserve(sizeof...(Names));
        (names_.emplace_back(std::string_view(names)), ...);
    }
    explicit Columns(std::vector<std::string> names) : names_(std::move(names)) {}

    const std::vector<std::string>& names() const noexcept { return names_; }
    std::size_t size() const noexcept { return names_.size(); }

private:
    std::vector<std::string> names_;
};

/// Rows for one table, encoded and on their way in: what `Executor::copy_in` makes of its arguments.
class CopyIn {
public:
    /// A dot in `table` stands between schema and table; every part is quoted, and so is every column. Throws
    /// UsageError for a name that is empty or holds a NUL.
    CopyIn(std::string_view table, Columns columns, std::source_location place);

    /// Throws UsageError when the row has another number of fields than there are columns.
    template <class... Fields>
    void add(const std::tuple<Fields...>& row)
    {
        expect_width(sizeof...(Fields));
        std::apply([this](const auto&... field) { (cells_.push_back(to_value(field)), ...); }, row);
    }
    /// A struct's fields in the order of their description, which has to be that of the columns.
    template <DescribedStruct T>
    void add(const T& row);

    bool empty() const noexcept { return cells_.empty(); }
    /// What to run on that engine: COPY on PostgreSQL, an INSERT for each row elsewhere. It is one unit.
    Query query(Engine engine) &&;

private:
    void expect_width(std::size_t fields) const;
    Query inserts(Engine engine) &&;

    std::string table_;
    Columns columns_;
    std::source_location place_;
    std::vector<Value> cells_; // row after row
};

/// The columns of a described struct: its fields' names.
template <DescribedStruct T>
Columns columns_of();

// -- Implementation ----------------------------------------------------------

namespace detail {
template <class T>
using MembersOf = boost::describe::describe_members<T, boost::describe::mod_public | boost::describe::mod_inherited>;
} // namespace detail

template <DescribedStruct T>
Columns columns_of()
{
    std::vector<std::string> names;
    boost::mp11::mp_for_each<detail::MembersOf<T>>([&](auto member) { names.emplace_back(member.name); });
    return Columns(std::move(names));
}

template <DescribedStruct T>
void CopyIn::add(const T& row)
{
    expect_width(boost::mp11::mp_size<detail::MembersOf<T>>::value);
    boost::mp11::mp_for_each<detail::MembersOf<T>>(
        [&](auto member) { cells_.push_back(to_value(row.*member.pointer)); });
}

} // namespace trunkline::db
