// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/executor.hpp>

namespace trunkline::crm {

/// The rows of a query, each as what it stands for: a price is two columns of a row, and one member of a case.
template <class T, class Row>
asio::awaitable<std::vector<T>> fetch_as(db::Executor& db, db::SqlBuilder sql, T (*meaning)(Row))
{
    auto asked = db.fetch<Row>(std::move(sql).build());
    std::vector<T> all;
    for (auto& row : co_await std::move(asked)) all.push_back(meaning(std::move(row)));
    co_return all;
}

/// The only row of a query, or nothing.
template <class T>
asio::awaitable<std::optional<T>> fetch_only(db::Executor& db, db::SqlBuilder sql)
{
    auto asked = db.fetch<T>(std::move(sql).build());
    auto rows = co_await std::move(asked);
    if (rows.empty()) co_return std::nullopt;
    co_return std::move(rows.front());
}

/// The only row of a query as what it stands for, or nothing.
template <class T, class Row>
asio::awaitable<std::optional<T>> fetch_only_as(db::Executor& db, db::SqlBuilder sql, T (*meaning)(Row))
{
    auto row = co_await fetch_only<Row>(db, std::move(sql));
    if (!row) co_return std::nullopt;
    co_return meaning(std::move(*row));
}

} // namespace trunkline::crm
