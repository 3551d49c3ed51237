// SPDX-License-Identifier: MIT
#include <app/application.hpp>
#include <app/database_start.hpp>
#include <base/log.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/signal_set.hpp>

#include <CLI/CLI.hpp>

#include <csignal>
#include <fstream>
#include <iostream>
#include <sstream>

extern char** environ;

namespace trunkline {
namespace {

Config::Environment environment()
{
    Config::Environment all;
    for (char** one = environ; *one; ++one) {
        const std::string_view pair = *one;
        const std::size_t equals = pair.find('=');
        if (equals != std::string_view::npos) all[std::string(pair.substr(0, equals))] = pair.substr(equals + 1);
    }
    return all;
}

std::string dotenv()
{
    std::ifstream file(".env");
    std::ostringstream text;
    if (file) text << file.rdbuf();
    return text.str();
}

struct Arguments {
    Config::Environment flags;
    bool insecure_http = false;
};

/// The page of `--help` that lists what only the environment can say.
std::string environment_help()
{
    std::ostringstream page;
    page << "Settings without an option come from the environment or from a file .env in the current folder:\n";
    for (const Setting& setting : all_settings())
        if (setting.flag.empty() && !setting.help.empty()) page << "  " << setting.name << "  " << setting.help << '\n';
    page << "Each option can be set there too: --listen is TRUNKLINE_LISTEN.";
    return page.str();
}

/// Reads the command line; the program's exit code when that is all there is to do.
std::optional<int> parse_arguments(int argc, char** argv, Arguments& arguments)
{
    CLI::App app("Trunkline answers your clients, remembers every message, and fills your CRM.", "trunkline");
    app.set_version_flag("--version", std::string("trunkline " TRUNKLINE_VERSION));
    app.footer(environment_help());
    std::map<std::string_view, std::string> given;
    for (const Setting& setting : all_settings()) {
        if (setting.flag.empty()) continue;
        const std::string initial = setting.initial.empty() ? "" : " [" + std::string(setting.initial) + "]";
        app.add_option(std::string(setting.flag), given[setting.name], std::string(setting.help) + initial);
    }
    app.add_flag("--insecure-http", arguments.insecure_http,
                 "serve beyond this machine without https: passwords can be read on the way");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& ended) {
        return app.exit(ended);
    }
    for (const auto& [name, value] : given)
        if (!value.empty()) arguments.flags[std::string(name)] = value;
    return std::nullopt;
}

int serve(const Arguments& arguments)
{
    Config config = Config::load(environment(), arguments.flags, dotenv());
    asio::io_context io(1);
    Application application(io, std::move(config), arguments.insecure_http);
    std::exception_ptr failure;
    bool ended = false;
    std::signal(SIGPIPE, SIG_IGN); // a peer that went away is an error of the write, not the end of the program
    asio::signal_set signals(io, SIGINT, SIGTERM);
    asio::co_spawn(io, application.run(), [&](std::exception_ptr how) {
        failure = how;
        ended = true;
        signals.cancel();
    });
    std::function<void(const boost::system::error_code&, int)> on_signal =
        [&](const boost::system::error_code& cancelled, int) {
            if (cancelled || ended) return;
            application.stop();
            // A second signal means now.
            signals.async_wait([](const boost::system::error_code& failed, int) {
                if (!failed) std::_Exit(130);
            });
        };
    signals.async_wait(on_signal);
    io.run();
    if (failure) std::rethrow_exception(failure);
    return 0;
}

} // namespace
} // namespace trunkline

int main(int argc, char** argv)
{
    trunkline::Arguments arguments;
    if (const auto exit_code = trunkline::parse_arguments(argc, argv, arguments)) return *exit_code;
    try {
        return trunkline::serve(arguments);
    } catch (const std::exception& error) {
        std::cerr << "trunkline cannot serve: " << error.what() << '\n';
        return 1;
    }
}
