// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/error.hpp>
#include <trunkline/db/options.hpp>

#include <gtest/gtest.h>

namespace trunkline::db::testing {

inline const std::string pg = "postgresql://ada:s3cret@db.crm.example.test:5432/crm";

/// What parse() says against `url`; a test failure when it says nothing.
inline std::string refusal(const std::string& url)
{
    try {
        (void)Options::parse(url);
    } catch (const UsageError& error) {
        return error.what();
    }
    ADD_FAILURE() << "was read: " << url;
    return {};
}

inline void expect_refused(const std::string& url, std::string_view because)
{
    const std::string said = refusal(url);
    EXPECT_NE(said.find(because), std::string::npos) << url << "\nsaid: " << said;
}

inline Options with(const std::string& parameters) { return Options::parse(pg + "?" + parameters); }

} // namespace trunkline::db::testing
