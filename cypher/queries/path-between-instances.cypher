// title: Path between two instances
// about: The shortest ways from one server to another over hosts, aggregates,
//   zones, groups, devices and the pools of volumes, which tells what may
//   befall both at once; no row if they take more than four steps, which lead
//   over other servers. Owners and flavors are no way: almost all servers
//   would be two steps apart.
// parameter: source: string -- UUID of the one server.
// parameter: target: string -- UUID of the other server.
// parameter: limit: integer = 10 -- How many rows at most.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: steps: integer -- Length of the way.
// column: vertices: list of string -- The elements on the way, both servers
//   included.
// column: relations: list of string -- The relations between them.
MATCH (s:Instance {uuid: $source})
WHERE ($region IS NULL OR s.region = $region)
MATCH (t:Instance {region: s.region, uuid: $target})
WHERE t.id <> s.id
MATCH shortestPath(
  (s)-[:HOSTED_ON|MIGRATING_TO|MEMBER_OF|IN_ZONE|ATTACHED_TO*..4]-(t))
MATCH way = allShortestPaths(
  (s)-[:HOSTED_ON|MIGRATING_TO|MEMBER_OF|IN_ZONE|ATTACHED_TO*..4]-(t))
RETURN s.region AS region, length(way) AS steps,
       [each IN nodes(way) | each.id] AS vertices,
       [each IN relationships(way) | type(each)] AS relations
ORDER BY region, vertices, relations
LIMIT $limit
