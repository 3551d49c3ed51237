// SPDX-License-Identifier: MIT
#include "speeds.hpp"

#include <algorithm>

namespace trunkline::db::detail {

StatementSpeeds::Use StatementSpeeds::use_of(std::string_view text) const
{
    const auto found = learned_.find(text);
    if (found == learned_.end() || found->second.missing > 0) return Use::alone;
    switch (found->second.kind) {
    case StatementKind::reads: return Use::reading;
    case StatementKind::inserts:
    case StatementKind::inserts_one_row: return Use::writing;
    case StatementKind::other: break;
    }
    return Use::alone;
}

StatementKind StatementSpeeds::kind_of_grouped(std::string_view text) { return learned(text).kind; }

StatementSpeeds::Learned& StatementSpeeds::learned(std::string_view text)
{
    const auto found = learned_.find(text);
    if (found != learned_.end()) return found->second;
    if (learned_.size() >= texts_max) learned_.clear(); // texts that are made at run time; the others are soon back
    return learned_.emplace(text, Learned{kind_of(text)}).first->second;
}

void StatementSpeeds::ran_alone(std::string_view text, Duration took)
{
    Learned& about = learned(text);
    if (about.missing == 0) return; // it was in line before the text had proved itself, or nothing is shared anyway
    if (took <= quick) --about.missing;
    else if (about.missing < proofs) ++about.missing;
    if (about.missing == 0) about.average = {};
}

void StatementSpeeds::ran_beside(std::string_view text, Duration took)
{
    const auto found = learned_.find(text);
    if (found == learned_.end()) return;
    Learned& about = found->second;
    about.average += (took - about.average) / average_over;
    if (about.average >= slow) about.missing = proofs_again;
}

} // namespace trunkline::db::detail
