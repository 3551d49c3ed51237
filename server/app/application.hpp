// SPDX-License-Identifier: MIT
#pragma once

#include <base/config.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <memory>
#include <string>
#include <vector>

namespace trunkline {

namespace asio = boost::asio;

/// The whole program: builds everything, hands it out, runs it until it is told to stop.
///
/// Threads:  the one that runs `io`.
/// Lifetime: `run` has to complete before it goes away.
class Application {
public:
    /// Throws ConfigError or std::runtime_error in words when a setting cannot be used, the data folder is taken, or
    /// the address cannot be listened at. An unreachable database is no reason: see /readyz.
    Application(asio::io_context& io, Config config, bool insecure_http);
    ~Application();

    /// Where it serves: "http://127.0.0.1:8080".
    std::string url() const;

    /// Serves until `stop`, then ends in order: no new requests, running ones finish, workers stop, the pool drains.
    asio::awaitable<void> run();
    void stop();

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

} // namespace trunkline
