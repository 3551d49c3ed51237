// SPDX-License-Identifier: MIT
#pragma once

#include <mirror/target_table.hpp>

namespace trunkline::mirror {

/// What became of a letter.
struct Fate {
    enum class Word {
        delivered, ///< it stands in the table, once
        refused,   ///< it never will
        failed,    ///< not this time
    };
    Word word = Word::delivered;
    std::string why;
};

/// Which of `letters` stand in the table already. A letter in doubt whose message is named there does; otherwise, of
/// rows that cannot be told apart, `standing.equals` are there and `delivered` are known to have arrived: what is there
/// beyond them was brought by attempts whose end we did not learn. Letters that are not in doubt were never tried.
std::vector<bool> already_there(std::span<const Letter> letters, std::span<const std::string> fingerprints,
                                Standing standing, const std::map<std::string, std::int64_t>& delivered);

/// Brings letters into the table and answers their fates, in their order. `delivered` says, by fingerprint, how many
/// equals of the letters in doubt have arrived. REQUIRES: the table's lock is held, so that nobody else brings any.
///
/// All in one transaction; when the server refuses a row, the rows go one by one, and only that one is refused. On
/// MysqlError of the connection or the whole target nothing is known to be done: all letters are to be tried again.
/// Blocking.
std::vector<Fate> deliver(MysqlConnection& connection, const TargetTable& table, std::string_view target,
                          std::span<const Letter> letters, const std::map<std::string, std::int64_t>& delivered);

} // namespace trunkline::mirror
