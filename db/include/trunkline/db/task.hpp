// SPDX-License-Identifier: MIT
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/require.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <cstdint>
#include <mutex>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::db {

namespace asio = boost::asio;

/// A line of work, and the connections it holds. Coroutines that run on a TaskExecutor belong to its task; whatever
/// they acquire is noted here until it is given back.
///
/// Threads: any. A task runs in one place and its pool may live in another, which notes there what was given back.
class Task : public boost::intrusive_ref_counter<Task> {
public:
    explicit Task(std::string name) : name_(std::move(name)) {}

    const std::string& name() const noexcept { return name_; }
    /// How many connections it holds, those of statements that are under way included.
    std::size_t held() const;
    /// Where the longest-held connection was acquired; nothing when it holds none.
    std::optional<std::source_location> held_place() const;
    /// Where the first was acquired that the task keeps between its statements; nothing when it keeps none.
    std::optional<std::source_location> kept_place() const;

    /// Names what is held; 0 names nothing.
    using Hold = std::uint64_t;
    /// `kept` says: by an object of the task, a Connection or a Transaction; not only for one statement.
    Hold hold(std::source_location place, bool kept = false);
    /// Does nothing when it was released before.
    void release(Hold hold) noexcept;

private:
    struct Held {
        Hold hold;
        std::source_location place;
        bool kept;
    };

    const std::string name_;
    mutable std::mutex mutex_;
    std::vector<Held> held_; // the longest first
    Hold last_ = 0;
};

using TaskPtr = boost::intrusive_ptr<Task>;

/// An executor that carries a task. It runs work just as `Inner` does.
template <class Inner>
class BasicTaskExecutor {
public:
    BasicTaskExecutor(Inner inner, TaskPtr task) noexcept : inner_(std::move(inner)), task_(std::move(task)) {}
    // Executors have to be copied without throwing; intrusive_ptr does so but does not say it.
    BasicTaskExecutor(const BasicTaskExecutor& other) noexcept : inner_(other.inner_), task_(other.task_) {}
    BasicTaskExecutor& operator=(const BasicTaskExecutor& other) noexcept
    {
        inner_ = other.inner_;
        task_ = other.task_;
        return *this;
    }

    const TaskPtr& task() const noexcept { return task_; }
    const Inner& inner() const noexcept { return inner_; }

    template <class Property>
        requires(asio::can_query<const Inner&, Property>::value)
    decltype(auto) query(const Property& property) const noexcept(asio::is_nothrow_query<const Inner&, Property>::value)
    {
        return asio::query(inner_, property);
    }

    template <class Property>
        requires(asio::can_require<const Inner&, Property>::value)
    auto require(const Property& property) const
    {
        using Required = std::decay_t<decltype(asio::require(inner_, property))>;
        return BasicTaskExecutor<Required>(asio::require(inner_, property), task_);
    }

    template <class Property>
        requires(asio::can_prefer<const Inner&, Property>::value)
    auto prefer(const Property& property) const
    {
        using Preferred = std::decay_t<decltype(asio::prefer(inner_, property))>;
        return BasicTaskExecutor<Preferred>(asio::prefer(inner_, property), task_);
    }

    template <class Function>
    void execute(Function&& function) const
    {
        inner_.execute(std::forward<Function>(function));
    }

    friend bool operator==(const BasicTaskExecutor& a, const BasicTaskExecutor& b) noexcept
    {
        return a.inner_ == b.inner_ && a.task_ == b.task_;
    }
    friend bool operator!=(const BasicTaskExecutor& a, const BasicTaskExecutor& b) noexcept { return !(a == b); }

private:
    Inner inner_;
    TaskPtr task_;
};

using TaskExecutor = BasicTaskExecutor<asio::any_io_executor>;

/// The task that `executor` carries, or nothing.
TaskPtr task_of(const asio::any_io_executor& executor) noexcept;

/// `executor` as it is without a task.
asio::any_io_executor without_task(const asio::any_io_executor& executor) noexcept;

/// `executor` with a new task of that name.
asio::any_io_executor with_task(asio::any_io_executor executor, std::string name);

/// The law of the house: throws UsageError when the task of `executor` holds a connection while it is about to wait
/// for `what`, which is not the database. The message names both places.
void refuse_while_holding(const asio::any_io_executor& executor, std::string_view what,
                          std::source_location place = std::source_location::current());

} // namespace trunkline::db
