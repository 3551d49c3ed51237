-- What the mirror has delivered, by what the foreign table shows of it. The foreign table has no key of ours, so after
-- an attempt whose end is unknown the mirror counts the equal rows there against the equal ones here. Goes with the
-- outbox row, 30 days after the delivery.
CREATE TABLE mirror_deliveries (
    outbox_id {uuid} PRIMARY KEY REFERENCES outbox (id) ON DELETE CASCADE,
    fingerprint TEXT NOT NULL
) {strict};
CREATE INDEX mirror_deliveries_by_fingerprint ON mirror_deliveries (fingerprint);
