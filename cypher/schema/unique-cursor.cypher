// A region has one cursor.
CREATE CONSTRAINT unique_cursor IF NOT EXISTS
FOR (cursor:CdmCursor) REQUIRE cursor.region IS UNIQUE
