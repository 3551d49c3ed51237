// SPDX-License-Identifier: MIT
#include <mirror/status.hpp>

namespace trunkline::mirror {

namespace {

MirrorWord word_for(const CopierState& copier, const outbox::Backlog& backlog)
{
    switch (copier.word) {
    case CopierState::Word::off: return MirrorWord::off;
    case CopierState::Word::unreachable: return MirrorWord::unreachable;
    case CopierState::Word::refused: return MirrorWord::retrying;
    case CopierState::Word::copying:
    case CopierState::Word::waiting: break; // the session that copies elsewhere leaves its errors in the outbox
    }
    return backlog.last_error ? MirrorWord::retrying : MirrorWord::ok;
}

} // namespace

asio::awaitable<MirrorStatus> mirror_status(db::Executor& db, const Copier& copier, Uuid tenant, Time now)
{
    const auto backlog = co_await outbox::backlog(db, tenant, outbox::mirror_topic);
    const auto dead = co_await outbox::dead_letters(db, tenant, outbox::mirror_topic, dead_letters_shown_max);
    MirrorStatus status;
    status.enabled = copier.config().usable();
    status.state = word_for(copier.state(), backlog);
    status.backlog = backlog.open;
    if (backlog.oldest_open_at)
        status.lag_seconds =
            std::max<std::int64_t>(0, std::chrono::floor<std::chrono::seconds>(now - *backlog.oldest_open_at).count());
    status.delivered = backlog.delivered;
    status.dead = backlog.dead;
    status.last_error = copier.state().error.empty() ? backlog.last_error : std::optional(copier.state().error);
    if (backlog.open > 0 && status.state != MirrorWord::off)
        status.next_attempt_at =
            copier.state().next_attempt_at ? copier.state().next_attempt_at : backlog.next_attempt_at;
    for (const auto& row : dead)
        status.dead_letters.push_back({row.id, row.order_key, row.seq, row.last_error, row.attempts, row.dead_at});
    co_return status;
}

} // namespace trunkline::mirror
