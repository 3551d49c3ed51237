// SPDX-License-Identifier: MIT
// What nearly every test of the library includes; see ARCHITECTURE.md, "Builds".
#pragma once

#include <precompiled.hpp>

#include <trunkline/db.hpp>

#include <gtest/gtest.h>
