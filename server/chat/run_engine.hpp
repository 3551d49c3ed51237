// SPDX-License-Identifier: MIT
#pragma once

#include <agents/registry.hpp>
#include <base/task_group.hpp>
#include <chat/journal.hpp>
#include <chat/run_viewers.hpp>
#include <events/hub.hpp>

#include <boost/asio/steady_timer.hpp>

namespace trunkline::chat {

/// Produces answers. A run belongs to the server: it goes on whether anybody looks or not, until it is finished, fails,
/// or is stopped, and what was said is then a message of the conversation. A run whose process died is ended by the
/// next one: `failed: interrupted`, with what the journal holds.
///
/// Threads: one. Lifetime: `run` has to complete before the engine goes away.
class RunEngine final : private Journal::Listener {
public:
    struct Options {
        Journal::Options journal;
        std::size_t answer_bytes_max = 256 * 1024;
        std::int64_t turns_max = 50; ///< how much of the conversation an agent reads
        std::chrono::milliseconds recover_every{5'000};
        std::chrono::milliseconds lost_after{15'000}; ///< a run of ours that never started
        std::chrono::milliseconds journal_kept_for{3'600'000};
        std::chrono::milliseconds stop_wait{
            10'000}; ///< how long `stop`, and the end of the server, wait for the end of a run
        leases::Backoff backoff{std::chrono::milliseconds(100), std::chrono::milliseconds(5'000)};
    };

    RunEngine(db::Pool& pool, Clock& clock, asio::any_io_executor executor, events::Hub& hub,
              const agents::Registry& registry, Topics topics, Options options);
    RunEngine(db::Pool& pool, Clock& clock, asio::any_io_executor executor, events::Hub& hub,
              const agents::Registry& registry, Topics topics)
        : RunEngine(pool, clock, std::move(executor), hub, registry, topics, Options{})
    {}
    ~RunEngine();

    /// Ends what dead processes left, writes the journal, forgets old ones, until it is cancelled; then the runs that
    /// are left end as `failed: interrupted`.
    asio::awaitable<void> run();

    /// The name of this process in the runs' rows.
    const Uuid& owner() const noexcept { return owner_; }
    Time lease_from(Time now) const { return now + options_.journal.lease; }

    /// Starts to answer. Never waits: made for `after_commit`, when the run's row is there.
    struct Start {
        Run run;
        Owner user;
        http::Role role = http::Role::customer;
        bool continues = false;
    };
    void start(Start start);

    /// Ends a run as stopped, wherever it is produced, and waits a while for its end. One that has ended stays as it
    /// is.
    asio::awaitable<void> stop(RunRow run);

    /// A run of this user that is being produced here.
    bool produces(const Uuid& user, const Uuid& run) const;
    std::size_t running() const noexcept { return active_.size(); }
    RunViewers& viewers() noexcept { return viewers_; }

    /// Ends what nobody produces any more; `all_others`: the other owners are dead, whatever their leases say.
    asio::awaitable<void> recover(bool all_others);

private:
    struct Active;
    class Writer;
    enum class Stop { no, asked, lost };

    void on_written(const Uuid& run, const RunEvent& event) override;
    void on_lost(const Uuid& run) override;

    asio::awaitable<void> produce(std::shared_ptr<Active> run);
    asio::awaitable<void> answer(Active& run);
    Ending ending_of(const Active& run, std::exception_ptr failure) const;
    asio::awaitable<void> end(Active& run, Ending ending);
    asio::awaitable<std::optional<Ended>> end_patiently(Ending ending);
    asio::awaitable<void> end_abandoned(RunRow run, RunStatus status, std::optional<std::string> reason);
    asio::awaitable<void> tell_ended(Owner user, Ended ended);
    asio::awaitable<void> until_given_up();
    asio::awaitable<void> lose_patience();
    asio::awaitable<void> look_after();
    asio::awaitable<void> keep_writing();

    db::Pool& pool_;
    Clock& clock_;
    events::Hub& hub_;
    const agents::Registry& registry_;
    Topics topics_;
    Options options_;
    asio::any_io_executor executor_;
    Uuid owner_ = db::new_uuid();

    Journal journal_;
    RunViewers viewers_;
    TaskGroup runs_;
    std::map<Uuid, std::shared_ptr<Active>> active_;
    bool stopping_ = false;
    bool gave_up_ = false;         // the server stops and the database stays away
    asio::steady_timer giving_up_; // never expires; cancelled when that is so
};

} // namespace trunkline::chat
