// SPDX-License-Identifier: MIT
#pragma once

#include <http/call.hpp>

namespace trunkline::crm {

/// A page of rows that are in the order of their ids. REQUIRES: one row more than `limit` was asked for, so that it is
/// known whether there is a next page.
template <class T>
http::Page<T> page_by_id(std::vector<T> rows, std::int64_t limit)
{
    http::Page<T> page;
    const bool more = rows.size() > static_cast<std::size_t>(limit);
    if (more) rows.pop_back();
    page.items = std::move(rows);
    if (more) page.next = db::to_string(page.items.back().id);
    return page;
}

} // namespace trunkline::crm
