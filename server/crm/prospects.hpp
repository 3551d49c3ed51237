// SPDX-License-Identifier: MIT
#pragma once

#include <crm/clients.hpp>

namespace trunkline::crm {

// What the house itself does to clients when it has read a conversation. Each is meant for one short transaction.

/// Somebody who was spoken with for the first time. All values are in normal form, and none is "".
struct Prospect {
    std::string full_name;
    /// Nobody gave this name: it was made from the address, and `fill_empty` replaces it.
    bool name_is_stand_in = false;
    std::optional<std::string> email, phone, whatsapp, nationality; ///< e-mail or phone is there
};

struct ProspectMade {
    Client client;
    bool created = false; ///< false: there was one with this address, also if it was made this very moment
};

/// Makes a client of status prospect whose first and last contact is now; of two at once with the same address one is
/// made.
asio::awaitable<ProspectMade> insert_prospect(db::Executor& db, const Editor& editor, const Prospect& prospect,
                                              Time now);

/// What was learnt of a client, in normal form.
struct Learnt {
    std::optional<std::string> full_name, email, phone, whatsapp, nationality;
};

struct Filled {
    Client client;
    std::vector<std::string> fields; ///< which were empty and are not now: "phone"
};

/// Writes what was learnt into fields that are empty, and never replaces a value. A name is empty when it is "" or only
/// a stand-in. An address that another client has is left out. Nothing when there is no such client.
asio::awaitable<std::optional<Filled>> fill_empty(db::Executor& db, const Editor& editor, const Uuid& client,
                                                  const Learnt& learnt, Time now);

/// Notes that the client was spoken with at `at`: the last interaction never goes back. A member of
/// the unit that writes the reason, an interaction or a case: that is audited, and this is not.
void touch_last_interaction(db::Batch& unit, const Uuid& tenant, const Uuid& client, Time at);

} // namespace trunkline::crm
