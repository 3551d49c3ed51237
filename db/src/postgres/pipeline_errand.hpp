// SPDX-License-Identifier: MIT
#pragma once

#include "postgres/pipeline.hpp"

namespace trunkline::db::postgres {

/// What waits for the loop to do something. When it goes undone the loop has ended: then those who wait go too, because
/// nothing else holds their frames, and their frames hold the pipeline.
class Pipeline::Errand {
public:
    Errand(Self pipeline, void (Pipeline::*then)()) : pipeline_(std::move(pipeline)), then_(then) {}
    Errand(Errand&&) = default;
    ~Errand()
    {
        if (pipeline_) pipeline_->drop_callers();
    }

    void operator()(boost::system::error_code = {})
    {
        const Self pipeline = std::move(pipeline_);
        ((*pipeline).*then_)();
    }

private:
    Self pipeline_;
    void (Pipeline::*then_)();
};

} // namespace trunkline::db::postgres
