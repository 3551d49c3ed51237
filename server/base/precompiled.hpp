// SPDX-License-Identifier: MIT
// What nearly every file of the program includes; see ARCHITECTURE.md, "Builds".
#pragma once

#include <algorithm>
#include <chrono>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include <base/json.hpp>
#include <trunkline/db/executor.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/describe.hpp>
