// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::db::postgres {

/// What a statement's text is made of, as far as it can make the server run something: every name in it, be it a
/// keyword, a column, a table, a type or a function, as the server folds it; and every operator.
struct Words {
    std::vector<std::string> names;
    std::vector<std::string> operators;
};

/// The words of a single plain SELECT or VALUES. Nothing for any other text, and for one that a short scanner could
/// read in another way than the server does: comments, E'', U&'', dollar quotes, names beyond ASCII that are not
/// quoted, OPERATOR(…), or a word with which a reading statement does more than read (INTO, FOR UPDATE, a WITH that
/// writes). Pure. REQUIRES: the server reads backslashes in '…' as themselves (standard_conforming_strings).
std::optional<Words> words_of_reading(std::string_view text);

} // namespace trunkline::db::postgres
