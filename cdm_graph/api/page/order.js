/* The order in which elements are drawn and listed: what there is little of first. */

const ORDER = [
  'AvailabilityZone', 'HostAggregate', 'Chassis', 'BaremetalNode', 'ComputeNode', 'StorageNode', 'StoragePool', 'Project', 'Flavor',
  'VolumeType', 'ServerGroup', 'Instance', 'Volume', 'VolumeSnapshot',
];
const rank = (kind) => (ORDER.includes(kind) ? ORDER.indexOf(kind) : ORDER.length);

export function byKind(one, other) {
  return rank(one.kind) - rank(other.kind) || (one.label < other.label ? -1 : one.label > other.label ? 1 : one.id < other.id ? -1 : 1);
}
