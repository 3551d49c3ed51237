// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/types.hpp>

namespace trunkline::db::detail {

/// "2026-11-21", for the engines that keep a date as text: it sorts as dates do, "infinity" and "-infinity" included.
/// Throws an Error (22008) for a year that four digits cannot say.
std::string date_text(Date date);

} // namespace trunkline::db::detail
