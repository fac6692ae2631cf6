// Tell up to which change of which model the region was written.
// parameter: region
MATCH (cursor:CdmCursor {region: $region})
RETURN cursor.epoch AS epoch,
       cursor.sequence AS sequence,
       cursor.synchronized_at AS synchronized_at
