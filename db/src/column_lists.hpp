// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/result.hpp>

#include <vector>

namespace trunkline::db::detail {

/// The lists of column names that came lately: whoever answers the same statement again and again makes no new strings
/// for each answer. Two statements that fall on one place only cost each other that.
class ColumnLists {
public:
    using List = std::shared_ptr<const ColumnNames>;

    /// The list of `width` names, the `n`th of which is `name_at(n)`; nullptr when it is none.
    template <class NameAt>
    List of(std::size_t width, NameAt name_at)
    {
        if (width == 0) return nullptr;
        if (lists_.empty()) lists_.resize(places);
        const auto hash = std::hash<std::string_view>();
        const std::string_view first(name_at(0)), last(name_at(width - 1));
        List& list = lists_[(hash(first) ^ (hash(last) >> 1) ^ width) % places];
        if (!list || !is(*list, width, name_at)) list = make(width, name_at);
        return list;
    }

private:
    static constexpr std::size_t places = 64;

    template <class NameAt>
    static bool is(const ColumnNames& list, std::size_t width, NameAt& name_at)
    {
        const auto& names = list.all();
        if (names.size() != width) return false;
        for (std::size_t column = 0; column < width; ++column)
            if (names[column] != name_at(column)) return false;
        return true;
    }

    template <class NameAt>
    static List make(std::size_t width, NameAt& name_at)
    {
        std::vector<std::string> names;
        names.reserve(width);
        for (std::size_t column = 0; column < width; ++column) names.emplace_back(name_at(column));
        return std::make_shared<const ColumnNames>(std::move(names));
    }

    std::vector<List> lists_;
};

} // namespace trunkline::db::detail
