// SPDX-License-Identifier: MIT
#include <base/crypto.hpp>

#include <sodium.h>

#include <array>
#include <stdexcept>

namespace trunkline {

namespace {

constexpr unsigned long long passes = 2;
constexpr std::size_t memory_bytes = 19456 * 1024;

void start_sodium()
{
    static const bool ready = sodium_init() >= 0;
    if (!ready) throw std::runtime_error("libsodium could not be initialised");
}

std::string hash_now(const std::string& password)
{
    start_sodium();
    std::array<char, crypto_pwhash_STRBYTES> hash{};
    if (crypto_pwhash_str_alg(hash.data(), password.data(), password.size(), passes, memory_bytes,
                              crypto_pwhash_ALG_ARGON2ID13) != 0)
        throw std::bad_alloc();
    return hash.data();
}

bool verify_now(const std::string& password, const std::string& hash)
{
    start_sodium();
    return crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0;
}

} // namespace

std::string random_token()
{
    start_sodium();
    std::array<unsigned char, 32> bits{};
    randombytes_buf(bits.data(), bits.size());
    constexpr auto variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
    std::string token(sodium_base64_ENCODED_LEN(bits.size(), variant), '\0');
    sodium_bin2base64(token.data(), token.size(), bits.data(), bits.size(), variant);
    token.pop_back(); // sodium ends it with a zero
    return token;
}

std::string sha256_hex(std::string_view text)
{
    start_sodium();
    std::array<unsigned char, crypto_hash_sha256_BYTES> digest{};
    crypto_hash_sha256(digest.data(), reinterpret_cast<const unsigned char*>(text.data()), text.size());
    std::string hex(digest.size() * 2 + 1, '\0');
    sodium_bin2hex(hex.data(), hex.size(), digest.data(), digest.size());
    hex.pop_back();
    return hex;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept
{
    return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

db::asio::awaitable<std::string> Passwords::hash(std::string password)
{
    auto work = [password = std::move(password)] { return hash_now(password); };
    co_return co_await lane_.run(std::move(work));
}

db::asio::awaitable<bool> Passwords::verify(std::string password, std::string hash)
{
    auto work = [password = std::move(password), hash = std::move(hash)] { return verify_now(password, hash); };
    co_return co_await lane_.run(std::move(work));
}

db::asio::awaitable<bool> Passwords::verify_nothing(std::string password)
{
    auto work = [password = std::move(password)] {
        static const std::string decoy = hash_now(random_token()); // of something nobody knows
        return verify_now(password, decoy);
    };
    co_await lane_.run(std::move(work));
    co_return false;
}

} // namespace trunkline
