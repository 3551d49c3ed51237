// SPDX-License-Identifier: MIT
#include "group.hpp"

namespace trunkline::db::sqlite {

namespace {

using Steady = std::chrono::steady_clock;

constexpr std::chrono::milliseconds look_at_waiters{20};

Instant later(Instant from, std::chrono::nanoseconds by)
{
    const auto duration = std::chrono::duration_cast<Instant::duration>(by);
    return duration < Instant::max() - from ? from + duration : Instant::max();
}

} // namespace

Watch GroupCommit::watch_for(const Call& call) const
{
    return {.until = std::min(call.deadline, later(Steady::now(), command_timeout_)),
            .stop = &call.stop,
            .closing = &closing_};
}

std::vector<CallPtr> GroupCommit::run(std::vector<CallPtr> members)
{
    if (!begin(members)) return {};
    const bool in_savepoints = members.size() > 1;
    const auto stop_starting = Steady::now() + limits_.group_time_max;
    std::size_t next = 0;
    bool undone = false;
    while (next < members.size() && !undone && (next == 0 || Steady::now() < stop_starting)) {
        const CallPtr& member = members[next++];
        const Fate fate = run_member(*member, in_savepoints);
        (fate == Fate::done ? done_ : failed_).push_back(member);
        undone = fate == Fate::undone;
    }
    if (undone) {
        answer(failed_);
        for (const auto& member : std::exchange(done_, {})) run_alone(member);
    } else {
        commit();
    }
    return {members.begin() + static_cast<std::ptrdiff_t>(next), members.end()};
}

bool GroupCommit::begin(std::vector<CallPtr>& members)
{
    const auto give_up = later(Steady::now(), command_timeout_);
    for (;;) {
        std::exception_ptr failure;
        std::erase_if(members, [this](const CallPtr& member) {
            const bool refused = refuse_late(*member);
            if (refused) answer_(member);
            return refused;
        });
        if (members.empty()) return false;
        try {
            // A short watch, so that each waiter's own patience is looked at while another process writes.
            handle_.watch({.until = Steady::now() + look_at_waiters, .closing = &closing_});
            handle_.control("BEGIN IMMEDIATE");
            return true;
        } catch (const CommandTimeout&) {
            if (Steady::now() < give_up) continue;
            failure = gave_up_waiting();
        } catch (const Stopped&) {
            failure = closing_down(Outcome::not_sent);
        } catch (...) {
            failure = std::current_exception();
        }
        if (failure) fail_all(members, std::exchange(failure, nullptr));
        if (members.empty()) return false;
    }
}

bool GroupCommit::refuse_late(Call& call)
{
    if (call.stopped()) call.failure = cancelled();
    else if (call.late(Steady::now())) call.failure = gave_up_waiting();
    else if (closing_) call.failure = closing_down(Outcome::not_sent);
    return call.failure != nullptr;
}

GroupCommit::Fate GroupCommit::run_member(Call& call, bool in_savepoint)
{
    if (refuse_late(call)) return Fate::failed;
    handle_.watch(watch_for(call));
    try {
        if (in_savepoint) handle_.control("SAVEPOINT member");
        call.results = run_statements(handle_, call);
        if (in_savepoint) handle_.control("RELEASE member");
        return Fate::done;
    } catch (...) {
        call.failure = reason_of_failure(call);
        call.results.clear();
    }
    return undo_member(in_savepoint);
}

GroupCommit::Fate GroupCommit::undo_member(bool in_savepoint) noexcept
{
    handle_.watch({});
    try {
        if (!handle_.in_transaction()) return Fate::undone;
        if (!in_savepoint) return Fate::failed; // alone: `commit` rolls back
        handle_.control("ROLLBACK TO member");
        handle_.control("RELEASE member");
        return Fate::failed;
    } catch (...) {
        handle_.roll_back();
        return Fate::undone;
    }
}

void GroupCommit::commit()
{
    if (done_.empty()) {
        handle_.roll_back();
        return answer(failed_);
    }
    std::exception_ptr failure;
    Outcome outcome = Outcome::rejected;
    try {
        handle_.watch({}); // a COMMIT that was begun is not stopped
        handle_.commit();
    } catch (const Error& failed) {
        failure = std::current_exception();
        outcome = failed.outcome();
        handle_.roll_back();
    }
    answer(failed_);
    if (failure) commit_failed(std::move(failure), outcome);
    else answer(done_);
}

void GroupCommit::commit_failed(std::exception_ptr failure, Outcome outcome)
{
    // What may be on the disk must not be done twice. And who was alone knows the reason to be his.
    if (outcome == Outcome::unknown || done_.size() == 1) return fail_all(done_, std::move(failure));
    failure = nullptr;
    for (const auto& member : std::exchange(done_, {})) run_alone(member);
}

void GroupCommit::run_alone(const CallPtr& call)
{
    call->results.clear();
    std::vector<CallPtr> one{call};
    if (!begin(one)) return;
    const Fate fate = run_member(*call, false);
    (fate == Fate::done ? done_ : failed_).push_back(call);
    commit();
}

void GroupCommit::fail_all(std::vector<CallPtr>& members, std::exception_ptr failure)
{
    for (const auto& member : members) {
        member->results.clear();
        member->failure = failure;
    }
    failure = nullptr; // the callers are to be the last that hold it
    answer(members);
}

void GroupCommit::answer(std::vector<CallPtr>& calls)
{
    for (const auto& call : calls) answer_(call);
    calls.clear();
}

} // namespace trunkline::db::sqlite
