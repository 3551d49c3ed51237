// SPDX-License-Identifier: MIT
#include <mirror/copier.hpp>

#include <base/task_group.hpp>
#include <trunkline/db/task.hpp>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fmt/format.h>

namespace trunkline::mirror {

namespace {

constexpr const char* stays_here = "; messages are kept here and copied when it takes them";

std::string named(const Letter& letter)
{
    return fmt::format("message {} (conversation {}, seq {})", to_string(letter.payload.message_id),
                       to_string(letter.claim.order_key), letter.claim.seq);
}

std::string with_advice(const std::string& what, std::string_view advice)
{
    return advice.empty() ? what : what + "; " + std::string(advice);
}

} // namespace

Copier::Copier(MirrorConfig config, leases::Bell& bell) : Copier(std::move(config), bell, Options()) {}

Copier::Copier(MirrorConfig config, leases::Bell& bell, Options options)
    : config_(std::move(config)),
      bell_(bell),
      options_(std::move(options)),
      target_(config_.database + ":" + config_.table),
      connection_(config_),
      lane_("mirror")
{
    if (const auto problem = config_.problem()) state_.error = *problem;
    else if (config_.enabled) state_.word = CopierState::Word::copying;
}

asio::awaitable<void> Copier::run(db::Pool& pool, Clock& clock)
{
    if (!config_.usable()) {
        if (config_.enabled) say(LogLevel::warning, state_.error);
        co_return;
    }
    for (;;) {
        switch (co_await round(pool, clock)) {
        case Next::more: break;
        case Next::idle: co_await bell_.wait(clock, options_.look_every); break;
        case Next::wait: co_await clock.sleep_until(*state_.next_attempt_at); break;
        }
    }
}

asio::awaitable<Copier::Next> Copier::round(db::Pool& pool, Clock& clock)
{
    using Word = CopierState::Word;
    try {
        if (!table_) {
            co_await on_lane(connection_, [this] { open_session(); });
            tell_of_table();
        }
        auto claimed =
            co_await outbox::claim(pool, outbox::mirror_topic, clock.now(), options_.lease, options_.rows_max);
        if (!claimed.empty()) {
            last_word_ = clock.now();
            co_return co_await copy(pool, clock, std::move(claimed));
        }
        co_await stay_awake(clock);
        note_well(clock.now());
        co_return Next::idle;
    } catch (const MysqlError& error) {
        note_trouble(error, clock.now());
    } catch (const LockHeldElsewhere& held) {
        note(Word::waiting, held.what(), "; this one waits its turn", clock.now(), options_.look_for_lock_every);
    } catch (const TargetUnfit& unfit) {
        ++failures_;
        note(Word::refused, unfit.what(), stays_here, clock.now(), wait_after_failure());
    } catch (const db::Error& error) {
        ++failures_;
        note(state_.word, fmt::format("waits for the program's own database: {}", error.what()), "", clock.now(),
             wait_after_failure());
    }
    co_return Next::wait;
}

asio::awaitable<Copier::Next> Copier::copy(db::Pool& pool, Clock& clock, std::vector<outbox::Claimed> claimed)
{
    const auto letters = co_await open_all(pool, clock, std::move(claimed));
    if (letters.empty()) co_return Next::more;
    const auto delivered = co_await delivered_equals(pool, target_, letters);
    std::vector<Fate> fates;
    std::optional<MysqlError> failure;
    const auto started = std::chrono::steady_clock::now();
    try {
        co_await on_lane(connection_, [&] { fates = deliver(connection_, *table_, target_, letters, delivered); });
    } catch (const MysqlError& error) {
        failure = error;
    }
    warn_if_slow(letters.size(), started);
    if (failure) {
        note_trouble(*failure, clock.now());
        co_await put_back(pool, *state_.next_attempt_at, letters, failure->what());
        co_return Next::wait;
    }
    options_.committed();
    co_await settle(pool, clock, letters, fates);
    note_well(clock.now());
    co_return Next::more;
}

asio::awaitable<std::vector<Letter>> Copier::open_all(db::Pool& pool, Clock& clock,
                                                      std::vector<outbox::Claimed> claimed)
{
    std::vector<Letter> letters;
    for (auto& row : claimed) {
        const auto id = row.id;
        auto letter = read_letter(row);
        if (letter) {
            letters.push_back(std::move(*letter));
            continue;
        }
        say(LogLevel::error, fmt::format("outbox row {} is given up: {}", to_string(id), letter.refusal().detail));
        co_await outbox::bury(pool, row, clock.now(), letter.refusal().detail);
    }
    co_return letters;
}

asio::awaitable<void> Copier::settle(db::Pool& pool, Clock& clock, std::span<const Letter> letters,
                                     std::span<const Fate> fates)
{
    std::vector<const Letter*> arrived;
    for (std::size_t i = 0; i < letters.size(); ++i) {
        if (fates[i].word != Fate::Word::delivered) continue;
        arrived.push_back(&letters[i]);
        say(LogLevel::debug, "copied " + named(letters[i]));
    }
    co_await note_delivered(pool, target_, arrived, clock.now());
    if (arrived.size() < letters.size()) co_await settle_failures(pool, clock, letters, fates);
}

asio::awaitable<void> Copier::settle_failures(db::Pool& pool, Clock& clock, std::span<const Letter> letters,
                                              std::span<const Fate> fates)
{
    const Time now = clock.now();
    auto transaction = co_await pool.begin();
    for (std::size_t i = 0; i < letters.size(); ++i) {
        const auto& claim = letters[i].claim;
        if (fates[i].word == Fate::Word::refused) {
            say(LogLevel::error, named(letters[i]) + " is given up: " + fates[i].why);
            co_await outbox::bury(transaction, claim, now, fates[i].why);
        } else if (fates[i].word == Fate::Word::failed) {
            say(LogLevel::warning, named(letters[i]) + " is tried again later: " + fates[i].why);
            co_await outbox::retry(transaction, claim, now + options_.backoff.after(claim.attempts), fates[i].why);
        }
    }
    co_await transaction.commit();
}

asio::awaitable<void> Copier::put_back(db::Pool& pool, Time next_at, std::span<const Letter> letters, std::string why)
{
    auto transaction = co_await pool.begin();
    for (const Letter& letter : letters) co_await outbox::retry(transaction, letter.claim, next_at, why);
    co_await transaction.commit();
}

/// An idle session says a word now and then: so it lives, and a server that went away is noticed.
asio::awaitable<void> Copier::stay_awake(Clock& clock)
{
    if (clock.now() - last_word_ < options_.ping_after) co_return;
    co_await on_lane(connection_, [this] { connection_.ping(); });
    last_word_ = clock.now();
}

void Copier::open_session()
{
    connection_.connect();
    take_lock();
    TargetTable table(connection_, config_);
    table.try_rights(connection_);
    table_ = std::move(table);
}

void Copier::take_lock()
{
    const auto answer = connection_.query("SELECT cast(get_lock(?, 1) AS CHAR)", {config_.lock_name()});
    if (answer.size() == 1 && answer[0][0] == "1") return;
    connection_.close();
    throw LockHeldElsewhere(config_.lock_name());
}

void Copier::warn_if_slow(std::size_t messages, std::chrono::steady_clock::time_point started) const
{
    const auto took = std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - started);
    if (took > config_.slow_insert)
        say(LogLevel::warning,
            fmt::format("inserting {} messages at {} took {} ms", messages, config_.address(), took.count()));
}

asio::awaitable<TargetCheck> Copier::check()
{
    TargetCheck found;
    if (!config_.usable()) {
        found.summary = config_.problem().value_or("the mirror is off (CRM_MYSQL_ENABLED)");
        co_return found;
    }
    MysqlConnection connection(config_);
    co_await on_lane(connection, [&] { found = check_now(connection); });
    say(found);
    co_return found;
}

void Copier::say(const TargetCheck& found) const
{
    say(found.fit ? LogLevel::info : LogLevel::warning, found.summary);
    for (const auto& remark : found.remarks) say(LogLevel::warning, remark);
}

void Copier::tell_of_table()
{
    const auto found = fitness_of(*table_);
    if (told_ != found) say(found);
    told_ = found;
}

std::string Copier::where() const
{
    return fmt::format("the table '{}' of '{}' at {}", config_.table, config_.database, config_.address());
}

TargetCheck Copier::fitness_of(const TargetTable& table) const
{
    std::string also;
    for (const auto& name : table.extras()) also += (also.empty() ? "; also filled: " : ", ") + name;
    return {true, where() + " is fit for the mirror" + also, table.remarks()};
}

TargetCheck Copier::check_now(MysqlConnection& connection) const
{
    try {
        connection.connect();
        const TargetTable table(connection, config_);
        table.try_rights(connection);
        return fitness_of(table);
    } catch (const MysqlError& error) {
        return {false,
                with_advice(fmt::format("cannot copy into {}: {}", where(), error.what()), error.advice()) + stays_here,
                {}};
    } catch (const TargetUnfit& unfit) {
        return {false, fmt::format("cannot copy into {}: {}", where(), unfit.what()) + stays_here, {}};
    }
}

template <class Work>
asio::awaitable<void> Copier::on_lane(MysqlConnection& connection, Work work)
{
    db::refuse_while_holding(co_await asio::this_coro::executor, "MySQL");
    bool over = false;
    co_await race(run_noting_end(std::move(work), over), cut_when_cancelled(connection, over));
}

template <class Work>
asio::awaitable<void> Copier::run_noting_end(Work work, bool& over)
{
    struct Note {
        bool& over;
        ~Note() { over = true; }
    } note{over};
    co_await lane_.run(std::move(work));
}

asio::awaitable<void> Copier::cut_when_cancelled(MysqlConnection& connection, const bool& over)
{
    asio::steady_timer never(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
    boost::system::error_code cancelled;
    co_await never.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    if (!over) connection.interrupt();
    throw boost::system::system_error(cancelled);
}

void Copier::note_trouble(const MysqlError& error, Time now)
{
    ++failures_;
    if (error.trouble() == Trouble::connection || !connection_.is_open()) {
        connection_.close();
        table_.reset();
    }
    const bool away = error.trouble() == Trouble::connection;
    // What is wrong with the table may be another table by the next time: look at it again.
    if (!away) table_.reset();
    note(away ? CopierState::Word::unreachable : CopierState::Word::refused, with_advice(error.what(), error.advice()),
         stays_here, now, wait_after_failure());
}

void Copier::note(CopierState::Word word, std::string error, std::string_view consequence, Time now, Millis wait)
{
    const bool news = state_.word != word || state_.error.empty();
    const bool fine = word == CopierState::Word::waiting;
    const auto level = !news ? LogLevel::debug : fine ? LogLevel::info : LogLevel::warning;
    say(level, fmt::format("{}: {}{}", config_.address(), error, consequence));
    if (!trouble_since_) trouble_since_ = now;
    state_ = {word, std::move(error), now + wait};
}

void Copier::note_well(Time now)
{
    failures_ = 0;
    if (state_.error.empty()) return;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now - trouble_since_.value_or(now)).count();
    say(LogLevel::info,
        fmt::format("{}: copying again, after {} s", config_.address(), std::max<std::int64_t>(0, seconds)));
    trouble_since_.reset();
    state_ = {CopierState::Word::copying, {}, {}};
}

} // namespace trunkline::mirror
