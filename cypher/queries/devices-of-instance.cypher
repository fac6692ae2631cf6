// title: Devices of an instance
// about: The ports, volumes and shares that a server has.
// parameter: instance: string -- UUID of the server.
// parameter: region: string = null -- Only of this region; of all if null.
// column: region: string -- Region of the cloud.
// column: kind: string -- Port, Volume or Share.
// column: device: string -- MAC address of the port, or UUID.
MATCH (i:Instance {uuid: $instance})<-[:ATTACHED_TO]-(d)
WHERE ($region IS NULL OR i.region = $region)
RETURN d.region AS region, labels(d)[0] AS kind, d.id AS device
ORDER BY region, kind, device
