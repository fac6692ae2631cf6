// Statuses of volumes: few are in error, and only Cinder tells them.
CREATE INDEX volume_status IF NOT EXISTS
FOR (n:Volume) ON (n.status)
