// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/value.hpp>

#include <boost/describe/bases.hpp>
#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>

#include <memory>
#include <span>

namespace trunkline::db {

/// A struct whose fields are described (BOOST_DESCRIBE_STRUCT): rows are read into it by column name.
template <class T>
concept DescribedStruct = std::is_class_v<T> && boost::describe::has_describe_members<T>::value;

class Result;

/// The names of the columns of a result. Results of one statement may share them.
class ColumnNames {
public:
    explicit ColumnNames(std::vector<std::string> names);

    const std::vector<std::string>& all() const noexcept { return names_; }
    /// The place of a column; a DecodeError that lists them all when there is none of that name, or says that there are
    /// several.
    std::size_t find(std::string_view name) const;
    /// The same, when it may be at `guess`.
    std::size_t find(std::string_view name, std::size_t guess) const
    {
        return different_ && guess < names_.size() && names_[guess] == name ? guess : find(name);
    }

private:
    std::vector<std::string> names_;
    bool different_; // each is there once
};

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
    /// The same with columns that other results have too; nullptr when there are none.
    static Result sharing(std::shared_ptr<const ColumnNames> columns, std::vector<Value> cells, std::uint64_t affected);

    std::size_t size() const noexcept { return rows_; }
    bool empty() const noexcept { return rows_ == 0; }
    Row operator[](std::size_t row) const { return {*this, std::span(cells_).subspan(row * width(), width())}; }

    const std::vector<std::string>& columns() const noexcept { return names().all(); }
    /// Rows inserted, updated or deleted; for a SELECT, the rows it returned.
    std::uint64_t affected() const noexcept { return affected_; }

    /// Reads row `row` as a T: a described struct by column names (a missing column is an error, extra ones are
    /// ignored), anything else from the only column.
    template <class T>
    T as(std::size_t row) const;
    /// The same, and moves texts and bytes out of the row: it is not to be read again.
    template <class T>
    T take(std::size_t row);

    /// The column's place; a DecodeError that lists the columns when there is none of that name, or says that
    /// there are several.
    std::size_t column(std::string_view name) const { return names().find(name); }

private:
    static const ColumnNames& no_columns() noexcept;
    const ColumnNames& names() const noexcept { return columns_ ? *columns_ : no_columns(); }
    std::size_t width() const noexcept { return columns_ ? columns_->all().size() : 0; }

    std::shared_ptr<const ColumnNames> columns_; // nullptr when there are none
    std::vector<Value> cells_;
    std::size_t rows_ = 0;
    std::uint64_t affected_ = 0;
};

// -- Implementation ----------------------------------------------------------

namespace detail {
/// Rethrows the DecodeError in flight with the column's name in front.
[[noreturn]] void rethrow_for_column(std::string_view column);
[[noreturn]] void decode_wants_one_column(std::size_t found);

/// `cell` is read, or taken when it is an rvalue.
template <class T, class Cell>
T decode_cell(Cell&& cell, std::string_view column)
{
    try {
        return from_value<T>(std::forward<Cell>(cell));
    } catch (...) {
        rethrow_for_column(column);
    }
}

/// Reads a row's cells, or takes them when they are not const.
template <class T, class Cell>
T decode_row(const ColumnNames& columns, std::span<Cell> cells)
{
    const auto decode = [&]<class Field>(std::type_identity<Field>, std::size_t column) {
        using Taken = std::conditional_t<std::is_const_v<Cell>, Cell&, Cell&&>;
        return decode_cell<Field>(static_cast<Taken>(cells[column]), columns.all()[column]);
    };
    if constexpr (DescribedStruct<T>) {
        T made{};
        std::size_t guess = 0; // columns are often in the order of the fields
        using Members =
            boost::describe::describe_members<T, boost::describe::mod_public | boost::describe::mod_inherited>;
        boost::mp11::mp_for_each<Members>([&](auto member) {
            using Field = std::remove_cvref_t<decltype(made.*member.pointer)>;
            const std::size_t column = columns.find(member.name, guess);
            made.*member.pointer = decode(std::type_identity<Field>(), column);
            guess = column + 1;
        });
        return made;
    } else {
        if (cells.size() != 1) decode_wants_one_column(cells.size());
        return decode(std::type_identity<T>(), 0);
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
    return detail::decode_row<T>(names(), std::span(cells_).subspan(row * width(), width()));
}

template <class T>
T Result::take(std::size_t row)
{
    return detail::decode_row<T>(names(), std::span(cells_).subspan(row * width(), width()));
}

} // namespace trunkline::db
