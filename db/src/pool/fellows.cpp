// SPDX-License-Identifier: MIT
// What one connection tells of the others that lead to the same server.
#include "slots.hpp"

#include <trunkline/db/error.hpp>

namespace trunkline::db::detail {

namespace {

using Clock = std::chrono::steady_clock;
using News = PoolPolicy::News;

/// "57P01": an administrator, or a shutdown. "57P02": a crash, by which all sessions end.
bool ends_sessions(const std::string& sqlstate) { return sqlstate == "57P01" || sqlstate == "57P02"; }

/// Whether a refusal to write is the server's doing, and no habit of its: one that was set read only before we came
/// will say the same to whoever comes next. A transaction that its own user made read only says nothing.
bool turned_read_only(const Slot& slot)
{
    switch (slot.connection->role()) {
    case Role::unknown:
    case Role::standby: return true;
    case Role::read_only: return slot.role_at_login != Role::read_only;
    case Role::primary: break;
    }
    return false;
}

std::optional<News> news_in(const Slot& slot, std::exception_ptr failure, bool may_write)
{
    try {
        std::rethrow_exception(failure);
    } catch (const PoolClosed&) { // ours, not the server's
    } catch (const Error& error) {
        if (ends_sessions(error.sqlstate())) return News::leaving;
        if (error.sqlstate() == "25006" && may_write && turned_read_only(slot)) return News::read_only;
    } catch (...) { // of no server
    }
    return std::nullopt;
}

} // namespace

void Slots::note_server(const SlotPtr& slot)
{
    const std::string server = slot->connection->server();
    slot->role_at_login = slot->connection->role();
    if (server.empty()) return;
    const PoolPolicy::CohortId next{cohorts_.size() + 1};
    slot->cohort = cohorts_.try_emplace({server, slot->role_at_login}, next).first->second;
}

void Slots::heard(const SlotPtr& slot, std::exception_ptr failure, bool may_write) noexcept
{
    if (slot->cohort == PoolPolicy::CohortId{} || !slot->connection) return;
    const auto news = news_in(*slot, failure, may_write && driver_->takes_writes());
    if (!news) return;
    policy_.heard(slot->id, *news, Clock::now());
    if (*news == News::leaving) look_at_fellows_of(slot);
    carry_out();
}

/// Where one session has ended others may have: whoever is idle is looked at, so that nobody is lent what is dead and
/// the floor is mended now.
void Slots::look_at_fellows_of(const SlotPtr& slot)
{
    if (slot->cohort == PoolPolicy::CohortId{}) return;
    for (const auto& [id, fellow] : slots_) {
        if (fellow == slot || fellow->cohort != slot->cohort) continue;
        if (!fellow->holdings.empty() || fellow->busy() || !fellow->connection || fellow->alive()) continue;
        ++counters_.broken;
        policy_.lost(id, Clock::now());
    }
}

} // namespace trunkline::db::detail
