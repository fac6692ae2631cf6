// Note up to which change of which model the region was written.
// parameter: region
// parameter: epoch
// parameter: sequence
// parameter: synchronized_at: float or null
MERGE (cursor:CdmCursor {region: $region})
SET cursor.epoch = $epoch,
    cursor.sequence = $sequence,
    cursor.synchronized_at = $synchronized_at
