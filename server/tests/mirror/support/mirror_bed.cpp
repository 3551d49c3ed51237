// SPDX-License-Identifier: MIT
#include <mirror/support/mirror_bed.hpp>

#include <algorithm>

namespace trunkline::mirror {

namespace {

constexpr const char* our_user = "'trunkline'@'127.0.0.1'";

MirrorConfig as_owner(const MirrorConfig& config, const std::string& socket)
{
    MirrorConfig owner = config;
    owner.socket = socket;
    owner.user = "root";
    owner.password.clear();
    return owner;
}

} // namespace

MirrorBed::MirrorBed(db::Engine engine) : local(engine)
{
    static int databases = 0;
    config.enabled = true;
    config.host = "127.0.0.1";
    config.port = static_cast<std::uint16_t>(mysql().port());
    config.user = "trunkline";
    config.password = "it's a \"secret\"";
    config.database = "crm" + std::to_string(++databases);
    mysql().sql("CREATE DATABASE " + config.database + "; CREATE USER IF NOT EXISTS " + our_user +
                " IDENTIFIED BY 'it''s a \"secret\"'");
}

MirrorBed::~MirrorBed()
{
    stop();
    mysql().thaw();
    mysql().start(); // whatever became of the test
    mysql().set_read_only(false);
    mysql().sql("DROP DATABASE " + config.database);
}

void MirrorBed::make_table(const std::string& more, const std::string& after)
{
    owner(
        "CREATE TABLE messages (id BIGINT AUTO_INCREMENT PRIMARY KEY, user_id VARCHAR(100) NOT NULL, username VARCHAR(100) NOT NULL,"
        " direction ENUM('in', 'out') NOT NULL, message TEXT NOT NULL, created_at TIMESTAMP NOT NULL DEFAULT current_timestamp()" +
        more + ") " + after + "; GRANT SELECT, INSERT ON " + config.database + ".messages TO " + our_user);
}

void MirrorBed::cut_sessions()
{
    const std::string ids =
        mysql().sql("SELECT group_concat('KILL ', id SEPARATOR '; ') FROM information_schema.processlist"
                    " WHERE user = 'trunkline'");
    try {
        if (ids != "NULL") mysql().sql(ids);
    } catch (const std::runtime_error&) {
        // It had gone by itself.
    }
}

std::vector<Seen> MirrorBed::seen()
{
    MysqlConnection reader(as_owner(config, mysql().socket()));
    reader.connect();
    std::vector<Seen> rows;
    for (const auto& row : reader.query(
             "SELECT user_id, username, direction, message, cast(created_at AS CHAR) FROM messages ORDER BY id"))
        rows.push_back({*row[0], *row[1], *row[2], *row[3], *row[4]});
    return rows;
}

std::vector<std::string> MirrorBed::seen_messages()
{
    std::vector<std::string> messages;
    for (const auto& row : seen()) messages.push_back(row.message);
    return messages;
}

outbox::MirrorPayload MirrorBed::inbound(const std::string& text) const
{
    return {db::new_uuid(), "in", "customer-7", "Ada Lovelace", text, local.clock.now(), {}};
}

Uuid MirrorBed::save(const Uuid& conversation, const std::string& text) { return save(conversation, inbound(text)); }

Uuid MirrorBed::save(const Uuid& conversation, outbox::MirrorPayload payload)
{
    const Uuid id = db::new_uuid();
    db::Batch unit;
    unit.add("INSERT INTO outbox (id, tenant_id, topic, order_key, seq, payload, attempts, next_at, created_at)"
             " VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $7)",
             id, local.tenant, outbox::mirror_topic, conversation, ++last_seq_[conversation],
             serialize(to_json(payload)), local.clock.now());
    local.run(local.pool().run(std::move(unit)));
    bell.ring();
    return id;
}

void MirrorBed::start(std::function<void()> committed)
{
    Copier::Options options;
    options.log = [this](LogLevel level, std::string_view text) {
        if (level != LogLevel::debug) log.emplace_back(text);
    };
    if (committed) options.committed = std::move(committed);
    copier_ = std::make_unique<Copier>(config, bell, std::move(options));
    auto report = [this](std::string_view, std::exception_ptr failure) { deaths.push_back(describe(failure)); };
    group_ = std::make_unique<TaskGroup>(local.io.get_executor(), report);
    group_->start("mirror", copier_->run(local.pool(), local.clock));
}

void MirrorBed::stop()
{
    if (!group_) return;
    group_->cancel();
    local.run(group_->join());
    group_.reset();
    copier_.reset();
}

void MirrorBed::restart(std::function<void()> committed)
{
    stop();
    local.run(outbox::void_all_leases(local.pool()));
    start(std::move(committed));
}

void MirrorBed::pass_time_until(const std::function<bool()>& reached)
{
    const auto give_up = std::chrono::steady_clock::now() + 60s;
    while (!reached()) {
        if (std::chrono::steady_clock::now() > give_up) throw std::runtime_error("what was waited for did not happen");
        local.io.restart();
        if (local.io.run_one_for(2ms) == 0 && local.clock.sleepers() > 0) local.clock.advance(500ms);
    }
}

void MirrorBed::pass_time_until_copied()
{
    pass_time_until([this] { return open_rows() == 0; });
}

std::int64_t MirrorBed::open_rows() { return count("done_at IS NULL AND dead_at IS NULL"); }

std::int64_t MirrorBed::count(const std::string& where)
{
    const db::unsafe_sql text("SELECT count(*) FROM outbox WHERE " + where);
    return local.run(local.pool().fetch_value<std::int64_t>(text));
}

std::size_t MirrorBed::said(std::string_view text) const
{
    return static_cast<std::size_t>(
        std::ranges::count_if(log, [&](const std::string& line) { return line.find(text) != std::string::npos; }));
}

} // namespace trunkline::mirror
