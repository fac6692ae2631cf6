// Tell which version of the schema the database has.
MATCH (schema:CdmSchema {name: 'cdm-graph'})
RETURN schema.version AS version
