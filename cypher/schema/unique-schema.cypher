// There is one node that tells the version of the schema.
CREATE CONSTRAINT unique_schema IF NOT EXISTS
FOR (schema:CdmSchema) REQUIRE schema.name IS UNIQUE
