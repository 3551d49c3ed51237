// SPDX-License-Identifier: MIT
#include <trunkline/db/error.hpp>
#include <trunkline/db/task.hpp>

namespace trunkline::db {

TaskPtr task_of(const asio::any_io_executor& executor) noexcept
{
    const auto* found = executor.target<TaskExecutor>();
    return found ? found->task() : nullptr;
}

asio::any_io_executor with_task(asio::any_io_executor executor, std::string name)
{
    if (const auto* outer = executor.target<TaskExecutor>()) executor = outer->inner();
    return TaskExecutor(std::move(executor), TaskPtr(new Task(std::move(name))));
}

std::optional<std::source_location> Task::kept_place() const
{
    for (const Held& held : held_)
        if (held.kept) return held.place;
    return std::nullopt;
}

void refuse_while_holding(const asio::any_io_executor& executor, std::string_view what, std::source_location place)
{
    const TaskPtr task = task_of(executor);
    if (!task || task->held() == 0) return;
    const auto held = task->first_place();
    throw UsageError("the task '" + task->name() + "' is about to wait for " + std::string(what) + " (" +
                     place.file_name() + ":" + std::to_string(place.line()) +
                     ") while it holds a database connection taken at " + held.file_name() + ":" +
                     std::to_string(held.line()) + "; give it back first");
}

} // namespace trunkline::db
