// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace trunkline::db::testing {

/// Who says something.
enum class From { client, server };

/// What the messages of PostgreSQL's protocol that carry no letter are called here.
inline constexpr char startup_message = '#';
inline constexpr char cancel_request = '!';
inline constexpr char encryption_request = '?'; ///< for TLS or GSS, and the server's answer to it

/// A place in what one side says. Counting begins when the fault is set, and goes over all connections.
///
/// A *reply* is what a server answers to one statement, up to its CommandComplete, EmptyQueryResponse or
/// ErrorResponse; a *turn* is everything up to a ReadyForQuery, and that too. Notices and the like, which a server
/// sends unasked, belong to a turn and to no reply.
struct Spot {
    enum class Piece { byte, message, reply, turn };

    From from = From::server;
    Piece piece = Piece::message;
    std::optional<char> type; ///< of messages: which ones count; all when empty
    std::size_t nth = 1;
    bool after = false; ///< behind the piece instead of before it
    bool every = false; ///< there, and at each one that follows
};

Spot before(From from, std::optional<char> type = {}, std::size_t nth = 1);
Spot after(From from, std::optional<char> type = {}, std::size_t nth = 1);
/// Behind the nth byte; 0 is before anything is said.
Spot after_bytes(From from, std::size_t bytes);
Spot reply(std::size_t nth = 1);
Spot turn(std::size_t nth = 1);
/// The same spot, and all like it that follow.
Spot every(Spot spot);

/// Stands on a port of 127.0.0.1 between clients and a server, passes on what they say, and does to it what networks
/// and poolers do, at the place that a test names:
///
///     FaultProxy proxy(server.port());
///     proxy.cut(before(From::server, 'Z', 3));     // the third ReadyForQuery never arrives
///     proxy.freeze(after(From::client, 'S'));      // nothing moves once the next Sync was passed on
///
/// A fault that names a spot strikes once, there, and hits the connection on which it was reached; when several are
/// set for one spot they strike in the order in which they were set. What was said before the spot has been passed
/// on. A fault without a spot hits every connection at once.
///
/// With `Protocol::postgresql` the proxy knows messages and passes each on when it is there as a whole. Once a
/// connection is encrypted, and with `Protocol::bytes`, only spots of bytes are ever reached. It stands before one
/// address; a client that does not log in through it is not seen.
///
/// Threads: it runs on a thread of its own, so clients may block; the calls may be made on any other thread, and have
/// taken effect when they return. None of them waits for a client or a server.
/// Lifetime: the destructor ends every connection and the thread.
class FaultProxy {
public:
    enum class Protocol { bytes, postgresql };

    /// Before `host:port`, which need not be there yet. Throws boost::system::system_error when there is no free port.
    explicit FaultProxy(int port, Protocol protocol = Protocol::postgresql, const std::string& host = "127.0.0.1");
    FaultProxy(const FaultProxy&) = delete;
    FaultProxy& operator=(const FaultProxy&) = delete;
    ~FaultProxy();

    /// Where clients find it, at 127.0.0.1.
    int port() const noexcept;

    /// Both sides see an orderly end (FIN); nothing more is passed on.
    void cut(Spot spot);
    void cut();
    /// Both sides see a reset (RST).
    void reset(Spot spot);
    void reset();
    /// The connection stays, and nothing moves on it in either direction, its end included, until `thaw`; then it goes
    /// on as if nothing had been. Without a spot: all connections, and those still to come.
    void freeze(Spot spot);
    void freeze();
    void thaw();
    /// What this side says arrives so much later, from the spot on for once.
    void delay(Spot spot, std::chrono::milliseconds time);
    /// What this side says from the spot on disappears; the other side is heard.
    void swallow(Spot spot);
    /// What this side says from the spot on is passed on in single bytes with pauses, so that they arrive as such.
    void split(Spot spot);
    /// The piece that begins at the spot disappears; what follows is passed on. Not for bytes.
    void drop(Spot spot);
    /// The piece that begins at the spot arrives after the next one of its kind, however long that takes. Not for
    /// bytes.
    void swap(Spot spot);
    /// New connections are reset as soon as they are made, and counted all the same.
    void refuse();

    /// Forgets the faults that have not struck, accepts connections again, and thaws. What has struck, has.
    void heal();

    struct Counts {
        std::size_t connections = 0;     ///< made so far, refused ones and those for a cancel request included
        std::size_t cancel_requests = 0; ///< that came whole
        std::size_t open = 0;            ///< with at least one side still there
        std::size_t strikes = 0;         ///< of faults that name a spot
    };
    Counts counts() const;

    /// A message that came in.
    struct Said {
        std::size_t connection = 0; ///< from 1
        From from{};
        char type{};
        friend bool operator==(const Said&, const Said&) = default;
    };
    /// The messages since `forget`, whatever became of them, in the order in which they came; the first 100,000.
    std::vector<Said> said() const;
    void forget();

private:
    class Impl;
    const std::unique_ptr<Impl> impl_;
};

} // namespace trunkline::db::testing
