// SPDX-License-Identifier: MIT
#include <trunkline/db/testing/fake_driver.hpp>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>

namespace trunkline::db::testing {

namespace {

/// As a driver would throw it.
std::exception_ptr thrown(ErrorInfo info)
{
    try {
        throw_error(std::move(info));
    } catch (...) {
        return std::current_exception();
    }
}

} // namespace

namespace {

[[noreturn]] void lost(const std::string& what)
{
    ErrorInfo info;
    info.message = "the connection broke";
    info.sqlstate = "08006";
    info.outcome = Outcome::unknown;
    info.statement = what;
    throw ConnectionLost(std::move(info));
}

[[noreturn]] void timed_out(const std::string& what)
{
    ErrorInfo info;
    if (what == "CONNECT") {
        info.message = "the database did not answer in time while connecting";
        info.sqlstate = "08001";
        throw ConnectFailed(std::move(info));
    }
    info.message = "it took too long and was stopped";
    info.sqlstate = "57014";
    info.outcome = Outcome::rejected;
    info.statement = what;
    throw CommandTimeout(std::move(info));
}

} // namespace

bool FakeServer::logged(std::string_view entry) const { return count(entry) > 0; }

std::size_t FakeServer::count(std::string_view entry) const
{
    return static_cast<std::size_t>(std::ranges::count(log_, entry));
}

void FakeServer::release(const std::string& what)
{
    held_.erase(what);
    for (auto& [held, timer] : waiting_)
        if (held == what) timer->cancel();
}

std::size_t FakeServer::held(const std::string& what) const
{
    const auto is_it = [&](const auto& waiting) { return waiting.first == what; };
    return static_cast<std::size_t>(std::ranges::count_if(waiting_, is_it));
}

/// Stands in a list of those who wait for as long as it lives.
class FakeServer::AtGate {
public:
    AtGate(Waiting& waiting, std::string what, asio::steady_timer& gate)
        : waiting_(waiting), place_(waiting.emplace(waiting.end(), std::move(what), &gate))
    {}
    AtGate(const AtGate&) = delete;
    AtGate& operator=(const AtGate&) = delete;
    ~AtGate() { waiting_.erase(place_); }

private:
    Waiting& waiting_;
    Waiting::iterator place_;
};

/// Takes the time that `what` takes, and waits at its gate, if there is one.
asio::awaitable<void> FakeServer::pass(std::string what, std::string entry, Deadline deadline)
{
    using Clock = std::chrono::steady_clock;
    const auto delay = delays_.find(what);
    if (!held_.contains(what) && delay == delays_.end()) co_return;
    const Deadline ready = delay == delays_.end() ? Deadline::min() : Clock::now() + delay->second;
    asio::steady_timer gate(co_await asio::this_coro::executor);
    const AtGate at_gate(waiting_, what, gate);
    while (held_.contains(what) || Clock::now() < ready) {
        gate.expires_at(held_.contains(what) ? deadline : std::min(ready, deadline));
        boost::system::error_code woken;
        co_await gate.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) {
            note(entry);
            throw boost::system::system_error(asio::error::operation_aborted);
        }
        if (Clock::now() >= deadline) {
            note(entry);
            timed_out(what);
        }
    }
}

/// One scripted connection.
class FakeConnection final : public DriverConnection {
public:
    FakeConnection(std::shared_ptr<FakeServer> server, int number)
        : server_(std::move(server)), number_(number), name_(server_->leads_to_)
    {
        server_->most_open_ = std::max(server_->most_open_, ++server_->open_);
    }
    ~FakeConnection() override
    {
        if (closed_) return;
        --server_->open_;
        server_->note("drop " + std::to_string(number_));
    }

    asio::awaitable<std::vector<Result>> run(Query query, Deadline deadline) override;
    asio::awaitable<void> begin(TransactionOptions options, Deadline deadline) override;
    asio::awaitable<void> commit(Deadline deadline) override;
    asio::awaitable<void> rollback(Deadline deadline) override;
    void mark_for_reset() override { server_->note(entry("reset")); }
    asio::awaitable<void> close() override;

    Condition condition() const noexcept override
    {
        return server_->broken_.contains(number_) ? Condition::broken : condition_;
    }
    std::string server() const override { return name_; }
    Role role() const noexcept override
    {
        const auto found = server_->roles_.find(name_);
        return found == server_->roles_.end() ? Role::unknown : found->second;
    }
    std::uint64_t queries() const noexcept override { return queries_; }
    std::uint64_t cancelled() const noexcept override { return cancelled_; }

private:
    std::string entry(std::string_view what) const { return std::to_string(number_) + ": " + std::string(what); }
    asio::awaitable<void> call(std::string what, Deadline deadline);

    std::shared_ptr<FakeServer> server_;
    int number_;
    std::string name_;
    Condition condition_ = Condition::idle;
    std::uint64_t queries_ = 0;
    std::uint64_t cancelled_ = 0;
    bool closed_ = false;
};

asio::awaitable<void> FakeConnection::call(std::string what, Deadline deadline)
{
    server_->note(entry(what));
    std::exception_ptr failure;
    try {
        co_await server_->pass(what, entry("stopped " + what), deadline);
    } catch (...) {
        ++cancelled_;
        failure = std::current_exception();
    }
    if (server_->losses_.erase(what) > 0) server_->broken_.insert(number_);
    if (condition() == Condition::broken) lost(what);
    const auto failing = server_->failures_.find(what);
    if (!failure && failing != server_->failures_.end()) failure = thrown(failing->second);
    if (!failure) co_return;
    if (condition_ == Condition::in_transaction) condition_ = Condition::in_failed_transaction;
    std::rethrow_exception(failure);
}

asio::awaitable<std::vector<Result>> FakeConnection::run(Query query, Deadline deadline)
{
    std::vector<Result> results;
    for (const Statement& statement : query.statements()) {
        const std::string sql(statement.text().on(Engine::postgresql));
        co_await call(sql, deadline);
        ++queries_;
        if (sql == "BEGIN") condition_ = Condition::in_transaction; // by hand, as programs sometimes do
        if (sql.starts_with("ROLLBACK TO")) condition_ = Condition::in_transaction;
        const auto answer = server_->answers_.find(sql);
        if (answer != server_->answers_.end()) results.push_back(answer->second);
        else results.emplace_back(std::vector<std::string>(), std::vector<Value>(), 1);
    }
    co_return results;
}

asio::awaitable<void> FakeConnection::begin(TransactionOptions options, Deadline deadline)
{
    co_await call("BEGIN", deadline);
    if (options.isolation == Isolation::serializable) server_->note(entry("serializable"));
    condition_ = Condition::in_transaction;
}

asio::awaitable<void> FakeConnection::commit(Deadline deadline)
{
    co_await call("COMMIT", deadline);
    condition_ = Condition::idle;
}

asio::awaitable<void> FakeConnection::rollback(Deadline deadline)
{
    co_await call("ROLLBACK", deadline);
    condition_ = Condition::idle;
}

asio::awaitable<void> FakeConnection::close()
{
    co_await server_->pass("CLOSE", entry("stopped CLOSE"), Deadline::max());
    --server_->open_;
    closed_ = true;
    server_->note("close " + std::to_string(number_));
}

class FakeDriver final : public Driver {
public:
    explicit FakeDriver(std::shared_ptr<FakeServer> server) : server_(std::move(server)) {}

    asio::awaitable<std::unique_ptr<DriverConnection>> connect(Deadline deadline) override
    {
        co_await server_->pass("CONNECT", "stopped CONNECT", deadline);
        if (!server_->refusal_.empty()) {
            server_->note("refuse");
            ErrorInfo info;
            info.message = server_->refusal_;
            info.sqlstate = server_->refusal_sqlstate_;
            throw ConnectFailed(std::move(info));
        }
        const int number = ++server_->last_number_;
        server_->note("open " + std::to_string(number));
        co_return std::make_unique<FakeConnection>(server_, number);
    }
    std::size_t max_connections() const noexcept override { return server_->connections_max; }
    std::string describe() const override { return "a script"; }

private:
    std::shared_ptr<FakeServer> server_;
};

std::unique_ptr<Driver> fake_driver(std::shared_ptr<FakeServer> server)
{
    return std::make_unique<FakeDriver>(std::move(server));
}

} // namespace trunkline::db::testing
