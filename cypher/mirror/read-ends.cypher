// Tell the ends of the relations of one type.
// parameter: region
MATCH (source:<source>)-[:<relation>]->(target:<target>)
WHERE source.region = $region
RETURN source.id AS source, target.id AS target
