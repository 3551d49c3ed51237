// SPDX-License-Identifier: MIT
#pragma once

#include <base/task_group.hpp>
#include <mirror/copier.hpp>
#include <support/database.hpp>
#include <support/mariadb_server.hpp>

#include <gtest/gtest.h>

namespace trunkline::mirror {

using namespace std::chrono_literals;

/// A row of the foreign table, as its owner sees it.
struct Seen {
    std::string user_id, username, direction, message, created_at;
    friend auto operator<=>(const Seen&, const Seen&) = default;
};

/// A local database, a real MariaDB with a database of this test's own, and a copier between the two.
class MirrorBed : public ::testing::Test {
protected:
    explicit MirrorBed(db::Engine engine = db::Engine::sqlite);
    ~MirrorBed() override;

    static db::testing::MariadbServer& mysql() { return db::testing::MariadbServer::shared(); }

    /// Makes the table of the contract, which belongs to somebody else; `more` are further columns, `after` what stands
    /// behind the closing parenthesis. Our user may read and append, nothing else.
    void make_table(const std::string& more = {}, const std::string& after = "ENGINE=InnoDB CHARSET=utf8mb4");
    /// Runs SQL as the table's owner.
    std::string owner(const std::string& sql) { return mysql().sql("USE " + config.database + "; " + sql); }
    /// Ends all sessions of our user.
    void cut_sessions();
    std::vector<Seen> seen();
    std::vector<std::string> seen_messages();

    /// Saves a message as the program does: its outbox row in one unit. Answers the row's id.
    Uuid save(const Uuid& conversation, outbox::MirrorPayload payload);
    Uuid save(const Uuid& conversation, const std::string& text);
    outbox::MirrorPayload inbound(const std::string& text) const;

    void start() { start({}); }
    void start(std::function<void()> committed);
    /// Stops the copier in good order, or sees its death through.
    void stop();
    /// As a new process would find things on SQLite.
    void restart(std::function<void()> committed = [] {});
    Copier& copier() { return *copier_; }

    /// Lets things run, and time pass where somebody waits for it, until `reached`; at most a minute.
    void pass_time_until(const std::function<bool()>& reached);
    void pass_time_until_copied();
    std::int64_t open_rows();
    std::int64_t count(const std::string& where);
    /// How many lines of the log contain `text`.
    std::size_t said(std::string_view text) const;

    testing::Database local;
    leases::Bell bell{local.io.get_executor()};
    MirrorConfig config;
    std::vector<std::string> log;
    std::vector<std::string> deaths; // what run() threw

private:
    std::map<Uuid, std::int64_t> last_seq_;
    std::unique_ptr<Copier> copier_;
    std::unique_ptr<TaskGroup> group_;
};

} // namespace trunkline::mirror
