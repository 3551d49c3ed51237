// SPDX-License-Identifier: MIT
#pragma once

#include "policy.hpp"
#include "statement_kind.hpp"

#include <string>
#include <string_view>
#include <unordered_map>

namespace trunkline::db::detail {

/// Which statements may share a connection with those of strangers: short ones that read, or that insert. What a text
/// does is read off its words; that it is short is learned from how long it took, and unlearned when it takes long,
/// because then strangers wait for it.
///
/// A busy machine makes a short one look long now and then. So what counts is a moving average, what comes within one
/// pause counts once, and it takes several pauses; only what is longer than any pause is unlearned at once. Afterwards a
/// text is tried beside others again, one call at a time, because where many wait for a connection of their own it would
/// otherwise wait with them. What is soon unlearned again then rests for longer.
///
/// A text that is not understood shares with nobody. That costs speed and never truth: each statement has a Sync of its
/// own wherever it runs.
class StatementSpeeds {
public:
    using Duration = PoolPolicy::Duration;
    using Time = std::chrono::steady_clock::time_point;
    using Use = PoolPolicy::Use;

    static constexpr Duration quick = std::chrono::milliseconds(2);
    static constexpr Duration slow = std::chrono::milliseconds(10); ///< on average, beside others
    static constexpr int average_over = 4;                          ///< runs; the latest counts most
    static constexpr Duration hopeless = std::chrono::milliseconds(200);
    static constexpr Duration pause = std::chrono::milliseconds(100);
    static constexpr int pauses_max = 3; ///< within `pauses_forgiven_after` of one another
    static constexpr Duration pauses_forgiven_after = std::chrono::seconds(10);

    static constexpr int proofs = 3;        ///< quick runs before a text shares
    static constexpr int proofs_again = 10; ///< after it was slow beside others
    static constexpr Duration trial_max = std::chrono::seconds(1);
    static constexpr Duration rest_min = std::chrono::seconds(1), rest_max = std::chrono::seconds(16);
    static constexpr std::size_t texts_max = 1'000;

    explicit StatementSpeeds(Time (*now)() = &std::chrono::steady_clock::now) : now_(now) {}

    /// How the call that comes now uses its connection. It may be a trial.
    Use use_for_next(std::string_view text);
    /// What a text does, as far as its words tell.
    StatementKind kind_of(std::string_view text);
    std::size_t size() const noexcept { return learned_.size(); }

    /// How long it took when it ran alone, or among others.
    void ran_alone(std::string_view text, Duration took);
    void ran_beside(std::string_view text, Duration took);

private:
    struct Learned {
        StatementKind kind = StatementKind::other;
        int missing = proofs; // quick runs until it shares
        Duration average{};   // of the latest beside others
        int pauses = 0;
        Time last_pause;
        Time unlearned;
        Duration rest{}; // from then on; none when it never shared
        bool on_trial = false;
        Time next_trial;
    };
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>()(text); }
    };
    Learned& learned(std::string_view text);
    bool begin_trial(Learned& about) const;
    static void prove(Learned& about);
    void end_trial(Learned& about, Duration took);
    void unlearn(Learned& about);

    Time (*now_)();
    std::unordered_map<std::string, Learned, Hash, std::equal_to<>> learned_;
};

} // namespace trunkline::db::detail
