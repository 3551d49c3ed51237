// SPDX-License-Identifier: MIT
#include <trunkline/db/error.hpp>
#include <trunkline/db/task.hpp>

#include <algorithm>

namespace trunkline::db {

TaskPtr task_of(const asio::any_io_executor& executor) noexcept
{
    const auto* found = executor.target<TaskExecutor>();
    return found ? found->task() : nullptr;
}

asio::any_io_executor without_task(const asio::any_io_executor& executor) noexcept
{
    const auto* found = executor.target<TaskExecutor>();
    return found ? found->inner() : executor;
}

asio::any_io_executor with_task(asio::any_io_executor executor, std::string name)
{
    return TaskExecutor(without_task(executor), TaskPtr(new Task(std::move(name))));
}

std::size_t Task::held() const
{
    const std::lock_guard lock(mutex_);
    return held_.size();
}

std::optional<std::source_location> Task::held_place() const
{
    const std::lock_guard lock(mutex_);
    return held_.empty() ? std::nullopt : std::optional(held_.front().place);
}

std::optional<std::source_location> Task::kept_place() const
{
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find(held_, true, &Held::kept);
    return found == held_.end() ? std::nullopt : std::optional(found->place);
}

Task::Hold Task::hold(std::source_location place, bool kept)
{
    const std::lock_guard lock(mutex_);
    held_.push_back({++last_, place, kept});
    return last_;
}

void Task::release(Hold hold) noexcept
{
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find(held_, hold, &Held::hold);
    if (found != held_.end()) held_.erase(found);
}

void refuse_while_holding(const asio::any_io_executor& executor, std::string_view what, std::source_location place)
{
    const TaskPtr task = task_of(executor);
    const auto held = task ? task->held_place() : std::nullopt;
    if (!held) return;
    throw UsageError("the task '" + task->name() + "' is about to wait for " + std::string(what) + " (" +
                     place.file_name() + ":" + std::to_string(place.line()) +
                     ") while it holds a database connection taken at " + held->file_name() + ":" +
                     std::to_string(held->line()) + "; give it back first");
}

} // namespace trunkline::db
