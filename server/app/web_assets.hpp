// SPDX-License-Identifier: MIT
#pragma once

#include <http/assets.hpp>

namespace trunkline {

/// The web client as the build put it into the program; empty when it was built without one.
http::AssetTable web_assets();

} // namespace trunkline
