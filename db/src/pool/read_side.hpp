// SPDX-License-Identifier: MIT
#pragma once

#include "lag.hpp"
#include "lease.hpp"

namespace trunkline::db::detail {

/// Where the reads of a pool go: to a standby while there is one that is fresh enough, else to the primary.
///
/// Wherever they go, the server lets them write nothing: sessions with standbys are set read only for their life, and
/// on the primary a SELECT is made read only in its own trip, and all else has a transaction of its own that is. A
/// statement that is known to be short shares a connection with others as it does in the pool.
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
        Query* read = nullptr; ///< when it is a statement that reads, and so may share
    };
    /// What keeps writes out.
    enum class Guard {
        session,     ///< a standby's takes none, whatever is asked
        trip,        ///< the statement is made read only in its trip
        transaction, ///< it has one of its own
    };
    /// What is there for the call: a part of a connection, or a session of its own, or nothing.
    struct Found {
        explicit operator bool() const noexcept { return shared || session; }
        std::optional<Lease> shared;
        std::shared_ptr<Session> session;
        PoolPolicy::CohortId server{};
        Role role = Role::unknown;
        Guard guard = Guard::transaction;
    };

    ReadSide(std::shared_ptr<Slots> primary, std::shared_ptr<Slots> replicas)
        : primary_(std::move(primary)), replicas_(std::move(replicas))
    {}

    static asio::awaitable<Found> find_standby(Self self, const Asked& asked);
    static asio::awaitable<Found> find_primary(Self self, const Asked& asked);
    static asio::awaitable<Found> find(std::shared_ptr<Slots> among, const Asked& asked, Deadline patience);
    static asio::awaitable<bool> is_fresh(Self self, const Found& place, Lag& lag, Deadline not_after);
    static asio::awaitable<Results> ask(const Found& place, Query question, Deadline not_after);
    static asio::awaitable<Results> run_on(const Found& place, Query query, Deadline not_after);
    bool is_plain_read(const Query& query) const;
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
