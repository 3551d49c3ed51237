// SPDX-License-Identifier: MIT
#pragma once

#include <support/postgres_server.hpp>

#include <trunkline/db/pool.hpp>
#include <trunkline/db/testing/fault_proxy.hpp>

#include <boost/asio/io_context.hpp>

#include <functional>
#include <list>

namespace trunkline::db::testing {

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// One pool that reaches a real PostgreSQL through a proxy of its own, one exchange with it, and one fault.
///
/// `act` says to `note` what it was answered, so that a wrong answer is seen even if a fault follows it.
class FaultScene {
public:
    using Work = std::function<asio::awaitable<void>(FaultScene&)>;
    using SetFault = std::function<void(FaultProxy&)>;

    static constexpr auto command_timeout = 400ms;
    static constexpr auto connect_timeout = 1s;
    static constexpr auto acquire_timeout = 6s;
    static constexpr std::size_t max_size = 2;

    FaultScene(asio::io_context& io, std::string name, bool writes, SetFault set_fault = {});

    Pool& pool() { return *pool_; }
    FaultProxy& proxy() { return proxy_; }
    const std::string& name() const noexcept { return name_; }
    /// The row that the exchange writes into `faults`.
    const Uuid& id() const noexcept { return id_; }
    /// What an answer has to be, and was.
    template <class T>
    void note(const T& wanted, const T& answered)
    {
        if (wanted != answered) wrong_answer_ = true;
    }

    /// `prepare`, then the fault, then `act`.
    asio::awaitable<void> play(Work prepare, Work act);
    /// After the fault: what was said of it is the truth, and the pool is whole. Adds a test failure for each that is
    /// not so.
    asio::awaitable<void> judge();

    bool succeeded() const noexcept { return !failure_; }
    std::optional<Outcome> outcome() const;
    std::chrono::nanoseconds took() const noexcept { return took_; }
    /// Its name, and how it ended.
    std::string story() const;

private:
    void check_truth(bool written);
    asio::awaitable<bool> eventually(std::function<bool()> reached, std::chrono::seconds limit);
    asio::awaitable<void> use_again();
    std::string ask_sessions(const std::string& what) const;

    std::string name_;
    bool writes_; // the scene's row
    SetFault set_fault_;
    FaultProxy proxy_;
    std::optional<Pool> pool_;
    Uuid id_ = new_uuid();
    std::optional<ErrorInfo> failure_;
    std::string what_;
    bool not_an_error_ = false; // it failed with something that is no db::Error
    bool wrong_answer_ = false;
    std::chrono::nanoseconds took_{};
};

/// Plays one exchange with many faults, some scenes at a time, and judges them.
class FaultStage {
public:
    /// `writes` says whether the exchange writes the scene's row.
    FaultStage(FaultScene::Work prepare, FaultScene::Work act, bool writes = true)
        : prepare_(std::move(prepare)), act_(std::move(act)), writes_(writes)
    {}

    /// The messages of the exchange when nothing befalls it.
    std::vector<FaultProxy::Said> undisturbed();
    void add(std::string name, FaultScene::SetFault set_fault);
    /// Before each message of the exchange, or each `stride`th, and behind the last one of each side.
    using Deed = std::function<void(FaultProxy&, Spot)>;
    void add_everywhere(const std::string& name, Deed deed, std::size_t stride = 1);
    /// What is to be expected of a scene besides what is expected of all.
    void play(std::function<void(const FaultScene&)> expect = {});

private:
    FaultScene::Work prepare_;
    FaultScene::Work act_;
    bool writes_;
    std::vector<FaultProxy::Said> messages_;
    std::list<std::pair<std::string, FaultScene::SetFault>> waiting_;
};

} // namespace trunkline::db::testing
