// SPDX-License-Identifier: MIT
#include "group.hpp"

namespace trunkline::db::sqlite {

namespace {

using Steady = std::chrono::steady_clock;

constexpr std::chrono::milliseconds look_at_waiters{20};
/// Of members that were undone by one of them: without him they can go on together. Then each goes alone.
constexpr int tries_together = 2;

Instant later(Instant from, std::chrono::nanoseconds by)
{
    const auto duration = std::chrono::duration_cast<Instant::duration>(by);
    return duration < Instant::max() - from ? from + duration : Instant::max();
}

} // namespace

Watch GroupCommit::watch_for(const Call& call, Instant now) const
{
    return {.until = std::min(call.deadline, later(now, command_timeout_)),
            .stop = &call.stop,
            .gone = &call.seat->gone,
            .closing = &closing_};
}

void GroupCommit::run(std::vector<CallPtr>& members)
{
    for (int tries = 0; tries < tries_together; ++tries) {
        if (!begin(members)) return;
        undone_ = false;
        run_members(members);
        if (!undone_) return commit();
        answer(failed_); // whoever undid it is among them
        members = std::exchange(done_, {});
    }
    let_each_run_alone(members);
}

void GroupCommit::run_members(std::vector<CallPtr>& members)
{
    const bool in_savepoints = members.size() > 1;
    std::size_t next = 0;
    const std::function<void()> let_go = [&] {
        callers_.take_back(std::span(members).subspan(next));
        members.resize(next);
    };
    const auto began = Steady::now();
    for (auto now = began; next < members.size() && !undone_; now = Steady::now()) {
        if (next > 0 && now - began >= limits_.group_time_max) break;
        const CallPtr member = members[next++];
        Watch watch = watch_for(*member, now);
        watch.slow = began + limits_.group_time_max;
        watch.on_slow = &let_go;
        if (!done_.empty()) watch.gives_way = now + limits_.group_time_max;
        if (refuse_late(*member, now)) failed_.push_back(member);
        else run_member(member, in_savepoints, watch);
    }
    handle_.watch({});
    let_go();
    callers_.take_back(std::exchange(slow_, {})); // in front of those behind it
}

bool GroupCommit::begin(std::vector<CallPtr>& members)
{
    const auto give_up = later(Steady::now(), command_timeout_);
    for (bool locked = false;; locked = true) {
        std::exception_ptr failure;
        const auto now = Steady::now();
        std::erase_if(members, [&](const CallPtr& member) {
            const bool refused = refuse_late(*member, now, locked);
            if (refused) callers_.answer(std::span(&member, 1));
            return refused;
        });
        if (members.empty()) return false;
        try {
            // A short watch, so that each waiter's own patience is looked at while another process writes.
            handle_.watch({.until = Steady::now() + look_at_waiters, .closing = &closing_});
            handle_.control(Control::begin_to_write);
            return true;
        } catch (const CommandTimeout&) {
            if (Steady::now() < give_up) continue;
            failure = gave_up_on_lock();
        } catch (const Stopped&) {
            failure = closing_down(Outcome::not_sent);
        } catch (...) {
            failure = std::current_exception();
        }
        fail_all(members, std::exchange(failure, nullptr));
        return false;
    }
}

bool GroupCommit::refuse_late(Call& call, Instant now, bool locked) const
{
    if (call.stopped()) call.failure = why_stopped(call, Outcome::not_sent);
    else if (call.late(now)) call.failure = locked ? gave_up_on_lock() : gave_up_waiting();
    else if (closing_) call.failure = closing_down(Outcome::not_sent);
    return call.failure != nullptr;
}

void GroupCommit::run_member(const CallPtr& member, bool in_savepoint, const Watch& watch)
{
    Call& call = *member;
    handle_.watch(watch);
    try {
        if (in_savepoint) handle_.control(Control::savepoint);
        call.results = run_statements(handle_, call);
        if (in_savepoint) handle_.control(Control::release);
        return done_.push_back(member);
    } catch (const Stopped&) { // if nobody stopped it, it gave way
        if (call.stopped() || closing_) call.failure = reason_of_failure(call);
    } catch (...) {
        call.failure = reason_of_failure(call);
    }
    call.results.clear();
    (call.failure ? failed_ : slow_).push_back(member);
    undone_ = !undo_member(in_savepoint);
}

/// False when the transaction is lost with it.
bool GroupCommit::undo_member(bool in_savepoint) noexcept
{
    handle_.watch({});
    try {
        if (in_savepoint && handle_.found_damage()) handle_.roll_back(); // the others are run again without him
        if (!handle_.in_transaction()) return false;
        if (!in_savepoint) return true; // alone: `commit` rolls back
        handle_.control(Control::roll_back_to);
        handle_.control(Control::release);
        return true;
    } catch (...) {
        handle_.roll_back();
        return false;
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
        handle_.control(Control::commit);
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
    let_each_run_alone(std::exchange(done_, {}));
}

/// When their turn comes: the line looks after their deadlines until then.
void GroupCommit::let_each_run_alone(std::span<const CallPtr> members)
{
    for (const auto& member : members) {
        member->results.clear();
        member->alone = true;
    }
    callers_.take_back(members);
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
    if (!calls.empty()) callers_.answer(calls);
    calls.clear();
}

} // namespace trunkline::db::sqlite
