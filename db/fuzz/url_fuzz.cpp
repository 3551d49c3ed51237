// SPDX-License-Identifier: MIT
#include "url.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    trunkline::db::fuzz::check_url({reinterpret_cast<const char*>(data), size});
    return 0;
}
