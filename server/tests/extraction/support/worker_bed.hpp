// SPDX-License-Identifier: MIT
#pragma once

#include <extraction/extraction_worker.hpp>
#include <extraction/support/crm_bed.hpp>

#include <base/task_group.hpp>

namespace trunkline::extraction::testing {

/// A CrmBed with a worker that runs when the test starts it.
struct WorkerBed : CrmBed {
    explicit WorkerBed(db::Engine engine, std::size_t connections_max = 5) : CrmBed(engine, connections_max) {}
    ~WorkerBed() { stop(); }

    void start()
    {
        ExtractionWorker::Options options;
        options.log = [this](LogLevel, std::string_view text) { log.emplace_back(text); };
        worker = std::make_unique<ExtractionWorker>(crm, bell, results, std::move(options));
        auto report = [this](std::string_view, std::exception_ptr failure) { deaths.push_back(describe(failure)); };
        group = std::make_unique<TaskGroup>(database.io.get_executor(), report);
        group->start("extraction", worker->run(database.pool(), database.clock));
    }
    void stop()
    {
        if (!group) return;
        group->cancel();
        database.run(group->join());
        group.reset();
    }

    /// Lets the worker do what it can do now, until it waits for time or the bell. Nobody else may wait for time.
    void until_idle()
    {
        database.until([this] {
            database.settle();
            return database.clock.sleepers() == 1;
        });
    }
    /// Lets time pass, half a second at a time, whenever the worker waits for it, until `reached`; at most a day of it.
    void pass_time_until(const std::function<bool()>& reached)
    {
        const Time give_up = database.clock.now() + std::chrono::days(1);
        for (until_idle(); !reached(); until_idle()) {
            if (database.clock.now() > give_up)
                throw std::runtime_error("what was waited for did not happen within a day");
            database.clock.advance(std::chrono::milliseconds(500));
        }
    }
    std::int64_t open_rows() { return count("outbox", "topic = 'extraction' AND done_at IS NULL AND dead_at IS NULL"); }

    /// Says something in a conversation, as the web chat does.
    void say(const http::Actor& actor, const Uuid& conversation, std::string text)
    {
        conversations::Draft draft;
        draft.content = std::move(text);
        draft.created_at = database.clock.now();
        const conversations::Topics topics{.mirror = false, .extraction = true};
        const conversations::Owner owner = owner_of(actor);
        auto saving = conversations::save_message(database.pool(), owner, conversation, draft, topics);
        ASSERT_TRUE(database.run(std::move(saving)));
    }

    leases::Bell bell{database.io.get_executor()};
    ReadingResults results;
    std::vector<std::string> log, deaths;
    std::unique_ptr<ExtractionWorker> worker;
    std::unique_ptr<TaskGroup> group;
};

} // namespace trunkline::extraction::testing
