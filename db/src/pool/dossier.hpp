// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/dossier.hpp>

namespace trunkline::db::detail {

// Why a caller waited in vain, from what the pool knew at that moment. Pure: facts in, verdict out. `facts.cause` and
// `facts.max_size_needed` are what is decided here; nothing reads them.
//
// The rules, in this order:
// - Below `max_size` with a failed attempt to connect that nothing has made good since, or with an attempt that has had
//   no answer for long: connect_failing. Below it with attempts that take their time: slow_connects.
// - The caller's task keeps a connection, and so do most who have one while they wait for a second: nested.
// - A holder stands in the way when it had its connection during the caller's whole wait and for much longer than is
//   usual here. Such a holder is a leak, idle or slow, by what it did meanwhile. They are the cause when without them
//   there would have been room for what comes in; the largest group gives the name.
// - Else everybody took his turn, and there were too many: backlog.
AcquireCause cause_of(const AcquireDossier& facts);

/// Whether a holder does nothing with his connection, and has not for longer than anybody should.
bool has_leaked(const Holder& holder, const AcquireDossier& facts);

/// See AcquireDossier. Nothing unless the cause is a backlog, or when too little was measured.
std::optional<std::size_t> max_size_needed(const AcquireDossier& facts, AcquireCause cause);

/// One paragraph for a person: the cause, the evidence, what to do.
std::string describe(const AcquireDossier& dossier);

} // namespace trunkline::db::detail
