// SPDX-License-Identifier: MIT
// What nearly every test of the program includes; see ARCHITECTURE.md, "Builds".
#pragma once

#include <base/precompiled.hpp>

#include <trunkline/db.hpp>

#include <gtest/gtest.h>
