// SPDX-License-Identifier: MIT
// Beast's own code, compiled once for all.
#include <boost/beast/src.hpp>
