// SPDX-License-Identifier: MIT
#include <mirror/delivery.hpp>

#include <algorithm>

namespace trunkline::mirror {

namespace {

using Letters = std::vector<const Letter*>;

/// A transaction that is rolled back unless committed. (Not for tables without them: there each insert stands alone.)
class Transaction {
public:
    Transaction(MysqlConnection& connection, bool wanted) : connection_(connection), open_(wanted)
    {
        if (open_) connection_.execute("START TRANSACTION");
    }
    ~Transaction() { rollback(); }
    Transaction(const Transaction&) = delete;

    void commit()
    {
        if (!std::exchange(open_, false)) return;
        connection_.execute("COMMIT");
    }

    void rollback() noexcept
    {
        if (!std::exchange(open_, false)) return;
        try {
            connection_.execute("ROLLBACK");
        } catch (...) {
            connection_.close(); // which rolls back too
        }
    }

private:
    MysqlConnection& connection_;
    bool open_;
};

std::size_t bytes_of(const Letter& letter)
{
    return letter.payload.message.size() + letter.payload.username.size() + 500;
}

/// The next letters that go into one statement.
std::span<const Letter* const> next_chunk(std::span<const Letter* const> rest, std::size_t bytes_max)
{
    std::size_t count = 0, bytes = 0;
    while (count < rest.size() && (count == 0 || bytes + bytes_of(*rest[count]) <= bytes_max))
        bytes += bytes_of(*rest[count++]);
    return rest.first(count);
}

/// All or none. False when the server refused a row: some of them has to be left out.
bool insert_together(MysqlConnection& connection, const TargetTable& table, std::span<const Letter* const> letters)
{
    Transaction transaction(connection, true);
    try {
        while (!letters.empty()) {
            const auto chunk = next_chunk(letters, table.statement_bytes_max());
            table.insert(connection, chunk);
            letters = letters.subspan(chunk.size());
        }
    } catch (const MysqlError& error) {
        if (error.trouble() == Trouble::row || error.trouble() == Trouble::unclear) return false;
        throw;
    }
    transaction.commit();
    return true;
}

Fate insert_alone(MysqlConnection& connection, const TargetTable& table, const Letter* letter)
{
    try {
        table.insert(connection, std::span(&letter, 1));
        return {};
    } catch (const MysqlError& error) {
        if (error.trouble() == Trouble::row) return {Fate::Word::refused, error.what()};
        if (error.trouble() == Trouble::unclear) return {Fate::Word::failed, error.what()};
        throw;
    }
}

std::vector<bool> look(MysqlConnection& connection, const TargetTable& table, std::string_view target,
                       std::span<const Letter> letters, const std::map<std::string, std::int64_t>& delivered)
{
    std::vector<std::string> fingerprints;
    Letters in_doubt;
    for (const Letter& letter : letters) {
        fingerprints.push_back(letter.in_doubt() ? fingerprint(target, letter) : std::string());
        if (letter.in_doubt()) in_doubt.push_back(&letter);
    }
    if (in_doubt.empty()) return std::vector<bool>(letters.size(), false);
    return already_there(letters, fingerprints, table.look(connection, in_doubt, target), delivered);
}

} // namespace

std::vector<bool> already_there(std::span<const Letter> letters, std::span<const std::string> fingerprints,
                                Standing standing, const std::map<std::string, std::int64_t>& delivered)
{
    for (const auto& [fingerprint, count] : delivered)
        if (const auto found = standing.equals.find(fingerprint); found != standing.equals.end())
            found->second -= count;
    std::vector<bool> there(letters.size(), false);
    for (std::size_t i = 0; i < letters.size(); ++i) {
        if (!letters[i].in_doubt()) continue;
        there[i] = standing.message_ids.contains(to_string(letters[i].payload.message_id));
        if (there[i]) continue;
        const auto beyond = standing.equals.find(fingerprints[i]);
        there[i] = beyond != standing.equals.end() && beyond->second-- > 0;
    }
    return there;
}

std::vector<Fate> deliver(MysqlConnection& connection, const TargetTable& table, std::string_view target,
                          std::span<const Letter> letters, const std::map<std::string, std::int64_t>& delivered)
{
    const auto there = look(connection, table, target, letters, delivered);
    std::vector<Fate> fates(letters.size());
    Letters missing;
    for (std::size_t i = 0; i < letters.size(); ++i) {
        if (there[i]) continue;
        if (auto why = table.misfit(letters[i])) fates[i] = {Fate::Word::refused, std::move(*why)};
        else missing.push_back(&letters[i]);
    }
    if (missing.empty() || (table.transactional() && insert_together(connection, table, missing))) return fates;
    Transaction transaction(connection, table.transactional());
    for (const Letter* letter : missing)
        fates[static_cast<std::size_t>(letter - letters.data())] = insert_alone(connection, table, letter);
    transaction.commit();
    return fates;
}

} // namespace trunkline::mirror
