// An element is unique in its region: without this a MERGE reads all nodes.
CREATE CONSTRAINT unique_<kind> IF NOT EXISTS
FOR (element:<kind>) REQUIRE (element.region, element.id) IS UNIQUE
