// Make nodes of one kind that are not there; it fails if one is.
// They get their size at once, which is what takes the embedded engine long.
// parameter: region
// parameter: rows: list of {id, hash, ...}, attributes by their names
UNWIND $rows AS row
CREATE (:<kind> {
  region: $region,
  <fact>: row.<fact>,
  <moment>: datetime(row.<moment>),
  id: row.id,
  hash: row.hash
})
