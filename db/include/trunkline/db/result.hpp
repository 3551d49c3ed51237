// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/value.hpp>

#include <boost/describe/bases.hpp>
#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>

#include <span>

namespace trunkline::db {

/// A struct whose fields are described (BOOST_DESCRIBE_STRUCT): rows are read into it by column name.
template <class T>
concept DescribedStruct = std::is_class_v<T> && boost::describe::has_describe_members<T>::value;

class Result;

/// One row of a Result; a view that must not outlive it.
class Row {
public:
    /// Decodes the column of that name. No such column, NULL into a non-optional and a value that does not fit are a
    /// DecodeError that names the column.
    template <class T>
    T get(std::string_view column) const;
    template <class T>
    T get(std::size_t column) const;

    const Value& operator[](std::size_t column) const { return cells_[column]; }
    std::size_t size() const noexcept { return cells_.size(); }

private:
    friend class Result;
    Row(const Result& result, std::span<const Value> cells) : result_(&result), cells_(cells) {}

    const Result* result_;
    std::span<const Value> cells_;
};

/// What one statement answered: rows (perhaps none), and how many rows it changed. Owns all of it.
class Result {
public:
    Result() = default;
    /// `cells` holds the rows one after another, each as wide as `columns`.
    Result(std::vector<std::string> columns, std::vector<Value> cells, std::uint64_t affected);

    std::size_t size() const noexcept { return rows_; }
    bool empty() const noexcept { return rows_ == 0; }
    Row operator[](std::size_t row) const
    {
        return {*this, std::span(cells_).subspan(row * columns_.size(), columns_.size())};
    }

    const std::vector<std::string>& columns() const noexcept { return columns_; }
    /// Rows inserted, updated or deleted; for a SELECT, the rows it returned.
    std::uint64_t affected() const noexcept { return affected_; }

    /// Reads row `row` as a T: a described struct by column names (a missing column is an error, extra ones are
    /// ignored), anything else from the only column.
    template <class T>
    T as(std::size_t row) const;

    /// The column's place; a DecodeError that lists the columns when there is none of that name, or says that
    /// there are several.
    std::size_t column(std::string_view name) const;

private:
    std::vector<std::string> columns_;
    std::vector<Value> cells_;
    std::size_t rows_ = 0;
    std::uint64_t affected_ = 0;
};

// -- Implementation ----------------------------------------------------------

namespace detail {
/// Rethrows the DecodeError in flight with the column's name in front.
[[noreturn]] void rethrow_for_column(std::string_view column);
[[noreturn]] void decode_wants_one_column(std::size_t found);

template <class T>
T decode_cell(const Value& cell, std::string_view column)
{
    try {
        return from_value<T>(cell);
    } catch (...) {
        rethrow_for_column(column);
    }
}
} // namespace detail

template <class T>
T Row::get(std::size_t column) const
{
    return detail::decode_cell<T>(cells_[column], result_->columns()[column]);
}

template <class T>
T Row::get(std::string_view column) const
{
    return get<T>(result_->column(column));
}

template <class T>
T Result::as(std::size_t row) const
{
    const Row from = (*this)[row];
    if constexpr (DescribedStruct<T>) {
        T made{};
        using Members =
            boost::describe::describe_members<T, boost::describe::mod_public | boost::describe::mod_inherited>;
        boost::mp11::mp_for_each<Members>([&](auto member) {
            using Field = std::remove_cvref_t<decltype(made.*member.pointer)>;
            made.*member.pointer = from.template get<Field>(std::string_view(member.name));
        });
        return made;
    } else {
        if (columns_.size() != 1) detail::decode_wants_one_column(columns_.size());
        return from.template get<T>(std::size_t{0});
    }
}

} // namespace trunkline::db
