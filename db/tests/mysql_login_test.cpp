// SPDX-License-Identifier: MIT
// Logging in blocks in Connector/C: what that may not do to the loop, and that it works with TLS.
#include <support/mysql_bench.hpp>

#include <trunkline/db/error.hpp>
#include <trunkline/db/testing/fault_proxy.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <boost/system/system_error.hpp>

namespace trunkline::db::testing {
namespace {

using Clock = std::chrono::steady_clock;

/// Of what a client says first when it wants TLS.
constexpr std::size_t wish_for_tls_bytes = 36;

class MysqlLogin : public MysqlBench {
protected:
    /// A server that encrypts.
    static MariadbServer& safe()
    {
        static MariadbServer server(MariadbServer::Has::certificate);
        return server;
    }
    void use(int port, const std::string& parameters)
    {
        options_ = Options::parse("mysql://ada:s3cret@127.0.0.1:" + std::to_string(port) + "/bench" + parameters);
        driver_.reset();
    }
    void use_safe(int port, const std::string& parameters = "?ssl_mode=required")
    {
        (void)safe().url("bench");
        use(port, parameters);
    }

    Beside& go_in(std::chrono::milliseconds limit) { return go(driver().connect(in(limit))); }

    /// It fails at its deadline, and the loop does not notice.
    void expect_given_up(std::chrono::milliseconds limit)
    {
        const auto began = Clock::now();
        Beside& login = go_in(limit);
        const int ticks = ticks_until_over(login);
        const auto took = Clock::now() - began;
        const auto failed = failure<ConnectFailed>([&] { finish(login); });
        EXPECT_EQ(failed.sqlstate(), "08001");
        EXPECT_NE(std::string_view(failed.what()).find("did not answer in time"), std::string_view::npos)
            << failed.what();
        EXPECT_GE(took, limit);
        EXPECT_LT(took, limit + 2s);
        EXPECT_GT(ticks, limit / 5ms / 4) << "the loop was held up";
    }

    /// Takes connections, as the kernel does for whoever listens, and never says a word.
    asio::ip::tcp::acceptor silent{io, {asio::ip::address_v4::loopback(), 0}};
};

TEST_F(MysqlLogin, a_peer_that_never_speaks_is_given_up_at_the_deadline)
{
    for (const char* parameters : {"", "?ssl_mode=required"}) {
        use(silent.local_endpoint().port(), parameters);
        expect_given_up(400ms);
    }
}

TEST_F(MysqlLogin, a_peer_that_falls_silent_in_the_handshake_is_given_up_at_the_deadline)
{
    FaultProxy proxy(safe().port(), FaultProxy::Protocol::bytes);
    use_safe(proxy.port());
    for (const Spot& spot : {after_bytes(From::client, wish_for_tls_bytes), after_bytes(From::server, 300)}) {
        proxy.heal();
        proxy.freeze(spot);
        expect_given_up(400ms);
        proxy.heal();
        EXPECT_EQ(value<int>(*connect(), "SELECT 1"), 1);
    }
}

TEST_F(MysqlLogin, who_gives_up_need_not_wait_and_neither_need_the_threads)
{
    use(silent.local_endpoint().port(), "?ssl_mode=required");
    std::vector<Beside*> logins;
    for (int k = 0; k < 10; ++k) logins.push_back(&go_in(60s)); // more than there are threads
    io.restart();
    io.run_for(50ms);
    const auto began = Clock::now();
    for (Beside* login : logins) cancel(*login);
    for (Beside* login : logins) EXPECT_THROW(finish(*login), boost::system::system_error);
    driver_.reset();
    EXPECT_LT(Clock::now() - began, 2s);
}

TEST_F(MysqlLogin, a_driver_that_goes_while_somebody_logs_in_does_not_wait)
{
    use(silent.local_endpoint().port(), "");
    const auto began = Clock::now();
    {
        asio::io_context other;
        const auto brief = make_mysql_driver(other.get_executor(), options_);
        asio::co_spawn(other, brief->connect(in(60s)), [](std::exception_ptr, std::unique_ptr<DriverConnection>) {});
        other.run_for(50ms);
    }
    EXPECT_LT(Clock::now() - began, 2s);
}

// -- TLS ---------------------------------------------------------------------

TEST_F(MysqlLogin, an_encrypted_session_does_all_that_another_does)
{
    use_safe(safe().port());
    const auto connection = connect();
    const Result said = run(*connection, "SHOW SESSION STATUS LIKE 'Ssl_cipher'");
    EXPECT_NE(said[0].get<std::string>("Value"), "");
    EXPECT_TRUE(connection->alive()) << "what TLS says by itself is no farewell";
    const std::string large(5'000'000, 'x');
    EXPECT_EQ(value<std::string>(*connection, "SELECT concat($1, 'y')", large), large + "y");
    EXPECT_TRUE(connection->alive());
    Beside& slow = go(connection->run(Query(statement("SELECT sleep(0.5)")), in(20s)));
    EXPECT_GT(ticks_until_over(slow), 25) << "the loop turns while the server thinks";
    finish(slow);
    failure<CommandTimeout>([&] { await(connection->run(Query(statement("SELECT sleep(60)")), in(100ms))); });
    EXPECT_EQ(connection->condition(), Condition::idle) << "the server was asked to stop, also with TLS";
    connection->mark_for_reset();
    EXPECT_EQ(value<int>(*connection, "SELECT $1 + 0", 7), 7);
    await(connection->close());
}

TEST_F(MysqlLogin, a_certificate_is_checked_when_that_is_asked_for)
{
    const std::string own = "&ssl_ca=" + safe().certificate();
    use_safe(safe().port(), "?ssl_mode=verify_ca" + own);
    EXPECT_EQ(value<int>(*connect(), "SELECT 1"), 1);
    use_safe(safe().port(), "?ssl_mode=verify_identity" + own);
    EXPECT_EQ(value<int>(*connect(), "SELECT 1"), 1);
    const TemporaryFolder folder;
    const std::string strange = (folder.path() / "strange.pem").string();
    run_program({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1", "-keyout",
                 (folder.path() / "key.pem").string(), "-out", strange});
    use_safe(safe().port(), "?ssl_mode=verify_ca&ssl_ca=" + strange);
    EXPECT_EQ(failure<ConnectFailed>([&] { connect(); }).outcome(), Outcome::not_sent);
}

TEST_F(MysqlLogin, a_server_that_is_slow_with_the_handshake_holds_nobody_up)
{
    FaultProxy proxy(safe().port(), FaultProxy::Protocol::bytes);
    use_safe(proxy.port());
    proxy.delay(after_bytes(From::server, 300), 600ms);
    Beside& login = go_in(20s);
    EXPECT_GT(ticks_until_over(login), 30);
    finish(login);
}

} // namespace
} // namespace trunkline::db::testing
