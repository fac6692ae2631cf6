// Note which version of the schema the database has.
// parameter: version
MERGE (schema:CdmSchema {name: 'cdm-graph'})
SET schema.version = $version
