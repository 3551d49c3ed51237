// SPDX-License-Identifier: MIT
#pragma once

#include "../bounded.hpp"
