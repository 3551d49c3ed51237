// SPDX-License-Identifier: MIT
#include "speeds.hpp"

#include <algorithm>

namespace trunkline::db::detail {

StatementSpeeds::Use StatementSpeeds::use_for_next(std::string_view text)
{
    const auto found = learned_.find(text);
    if (found == learned_.end()) return Use::alone;
    if (found->second.missing > 0 && !begin_trial(found->second)) return Use::alone;
    switch (found->second.kind) {
    case StatementKind::reads: return Use::reading;
    case StatementKind::inserts:
    case StatementKind::inserts_one_row: return Use::writing;
    case StatementKind::other: break;
    }
    return Use::alone;
}

StatementKind StatementSpeeds::kind_of(std::string_view text) { return learned(text).kind; }

StatementSpeeds::Learned& StatementSpeeds::learned(std::string_view text)
{
    const auto found = learned_.find(text);
    if (found != learned_.end()) return found->second;
    if (learned_.size() >= texts_max) learned_.clear(); // texts that are made at run time; the others are soon back
    return learned_.emplace(text, Learned{detail::kind_of(text)}).first->second;
}

/// The next may begin when this one is over, or has not been heard of for long.
bool StatementSpeeds::begin_trial(Learned& about) const
{
    if (about.rest == Duration::zero()) return false;
    const Time now = now_();
    if (now < about.next_trial) return false;
    about.on_trial = true;
    about.next_trial = now + trial_max;
    return true;
}

void StatementSpeeds::prove(Learned& about)
{
    if (--about.missing > 0) return;
    about.average = {};
    about.pauses = 0;
}

void StatementSpeeds::ran_alone(std::string_view text, Duration took)
{
    Learned& about = learned(text);
    if (about.missing == 0) return; // it was in line before the text had proved itself, or nothing is shared anyway
    if (took <= quick) prove(about);
    else if (about.missing < proofs) ++about.missing;
}

void StatementSpeeds::ran_beside(std::string_view text, Duration took)
{
    const auto found = learned_.find(text);
    if (found == learned_.end()) return;
    Learned& about = found->second;
    if (about.missing > 0) return end_trial(about, took);
    about.average += (took - about.average) / average_over;
    if (about.average < slow) return;
    const Time now = now_();
    const bool same_pause = about.pauses > 0 && now - about.last_pause < pause;
    about.average = {};
    if (same_pause && took < hopeless) return;
    if (now - about.last_pause > pauses_forgiven_after) about.pauses = 0;
    ++about.pauses;
    about.last_pause = now;
    if (about.pauses >= pauses_max || took >= hopeless) unlearn(about);
}

void StatementSpeeds::end_trial(Learned& about, Duration took)
{
    if (!about.on_trial) return; // it was under way before the text was unlearned
    about.on_trial = false;
    about.next_trial = took <= quick ? Time() : now_() + pause;
    if (took <= quick) prove(about);
    if (took >= slow) unlearn(about);
}

void StatementSpeeds::unlearn(Learned& about)
{
    constexpr int soon = 10; // rests
    const Time now = now_();
    const bool again = now - about.unlearned < soon * about.rest;
    about.rest = again ? std::min(about.rest * 2, rest_max) : rest_min;
    about.unlearned = now;
    about.next_trial = now + about.rest;
    about.missing = proofs_again;
    about.on_trial = false;
}

} // namespace trunkline::db::detail
