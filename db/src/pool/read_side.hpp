// SPDX-License-Identifier: MIT
#pragma once

#include "lag.hpp"
#include "lease.hpp"

namespace trunkline::db::detail {

/// Where the reads of a pool go: to a standby while there is one that is fresh enough, else to the primary.
///
/// Wherever they go, the server lets them write nothing: sessions with standbys are set read only for their life, and
/// elsewhere each read is made so in its own trip, or has a transaction of its own that is. A statement that is known to
/// be short shares a connection with others there as it does in the pool.
///
/// Lifetime: shared by the pool and its calls.
class ReadSide {
public:
    using Self = std::shared_ptr<ReadSide>;
    using Results = std::vector<Result>;

    /// `replicas` connects to standbys; none when there are none.
    static Self make(asio::any_io_executor executor, std::shared_ptr<Slots> primary, std::unique_ptr<Driver> replicas);

    static asio::awaitable<Results> run(Self self, Query query);
    static asio::awaitable<Transaction> begin(Self self, TransactionOptions options,
                                              std::optional<std::chrono::nanoseconds> limit,
                                              std::source_location place);

    /// The connections to standbys; none when there are none.
    const std::shared_ptr<Slots>& replicas() const noexcept { return replicas_; }
    const Slots& primary() const noexcept { return *primary_; }
    ReadStats stats() const;
    /// " · reads: …", or nothing.
    std::string describe() const;

private:
    /// One call: what is asked, by whom, and until when.
    struct Asked {
        Asked(Slot::Holding by, Deadline until) : holding(std::move(by)), not_after(until) {}
        Slot::Holding holding;
        Deadline not_after;
    };
    /// What is there for the call: a part of a connection, or a session of its own, or nothing.
    struct Found {
        explicit operator bool() const noexcept { return shared || session; }
        std::optional<Lease> shared;
        std::shared_ptr<Session> session;
        bool refuses_writes = false; ///< the server does, whatever is asked
    };

    ReadSide(std::shared_ptr<Slots> primary, std::shared_ptr<Slots> replicas)
        : primary_(std::move(primary)), replicas_(std::move(replicas))
    {}

    static asio::awaitable<Found> find_standby(Self self, const Asked& asked);
    static asio::awaitable<Found> find_primary(Self self, const Asked& asked);
    static Found found(Lease lease);
    static asio::awaitable<bool> is_fresh(Self self, const Found& place, Lag& lag, Deadline not_after);
    static asio::awaitable<Result> ask(const Found& place, Query question, Deadline not_after);
    static asio::awaitable<Results> run_on(Found place, Query query, Deadline not_after);
    bool can_be_told(const Query& query) const;
    bool worth_asking() const;
    Deadline patience(Deadline not_after) const;

    const std::shared_ptr<Slots> primary_;
    const std::shared_ptr<Slots> replicas_;
    std::map<PoolPolicy::CohortId, Lag> lags_; // of each standby
    std::optional<std::chrono::nanoseconds> lag_;
    std::uint64_t on_replica_ = 0;
    std::uint64_t on_primary_ = 0;
};

/// What `Pool::read()` answers.
class ReadView final : public Executor {
public:
    explicit ReadView(ReadSide::Self reads) : reads_(std::move(reads)) {}

private:
    asio::awaitable<std::vector<Result>> do_run(Query query) override
    {
        return ReadSide::run(reads_, std::move(query));
    }
    asio::awaitable<Transaction> do_begin(TransactionOptions options, std::optional<std::chrono::nanoseconds> limit,
                                          std::source_location place) override
    {
        return ReadSide::begin(reads_, options, limit, place);
    }
    void do_after_commit(std::function<void()> posted) override { posted(); }
    Engine do_engine() const noexcept override { return reads_->primary().options().engine; }

    ReadSide::Self reads_;
};

} // namespace trunkline::db::detail
