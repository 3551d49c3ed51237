// SPDX-License-Identifier: MIT
// Asio's own code, compiled once for all.
#include <boost/asio/impl/src.hpp>
