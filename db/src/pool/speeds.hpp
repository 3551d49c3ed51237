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
/// because then strangers wait for it. A busy machine makes a short one look long now and then, so that goes by a
/// moving average: one run of 40 ms is too much, and so are three of 20 ms.
///
/// A text that is not understood shares with nobody. That costs speed and never truth: each statement has a Sync of its
/// own wherever it runs.
class StatementSpeeds {
public:
    using Duration = PoolPolicy::Duration;
    using Use = PoolPolicy::Use;

    static constexpr Duration quick = std::chrono::milliseconds(2);
    static constexpr Duration slow = std::chrono::milliseconds(10); ///< on average, beside others
    static constexpr int average_over = 4;                          ///< runs; the latest counts most
    static constexpr int proofs = 3;                                ///< quick runs before a text shares
    static constexpr int proofs_again = 50;                         ///< after it was slow beside others
    static constexpr std::size_t texts_max = 1'000;

    Use use_of(std::string_view text) const;
    /// What a text is whose callers said that it may be grouped; that needs no proof.
    StatementKind kind_of_grouped(std::string_view text);
    std::size_t size() const noexcept { return learned_.size(); }

    /// How long it took when it ran alone, or among others.
    void ran_alone(std::string_view text, Duration took);
    void ran_beside(std::string_view text, Duration took);

private:
    struct Learned {
        StatementKind kind = StatementKind::other;
        int missing = proofs; // quick runs until it shares
        Duration average{};   // of the latest beside others
    };
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>()(text); }
    };
    Learned& learned(std::string_view text);

    std::unordered_map<std::string, Learned, Hash, std::equal_to<>> learned_;
};

} // namespace trunkline::db::detail
