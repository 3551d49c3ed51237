// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/driver.hpp>

namespace trunkline::db::detail {

/// How far a standby was behind when it was asked, and when that was.
struct Lag {
    static constexpr std::chrono::seconds measured_every{1};
    static constexpr std::chrono::seconds answer_max{1};

    std::chrono::nanoseconds behind{};
    Deadline measured_at = Deadline::min(); ///< nothing is known
    bool being_measured = false;            ///< again: until then the others go by what is known

    bool is_due(Deadline now) const noexcept
    {
        if (measured_at == Deadline::min()) return true;
        return now - measured_at >= (being_measured ? measured_every + answer_max : measured_every);
    }
};

/// What to ask a standby: one row, one column, seconds.
///
/// A standby that has replayed all that it was sent, and is being sent things, is not behind, however long nothing has
/// been written. Otherwise it is behind by the age of the transaction it replayed last, by the clocks of both machines:
/// one that has lost its primary grows older from then on. One that was promoted follows nobody.
Query lag_query();
/// What it answered.
std::chrono::nanoseconds lag_in(const Result& answer);

} // namespace trunkline::db::detail
