/* Which answers the capacity tab has, and what is shown of each.

A panel asks a curated question; those on a loss have several, by the kind of what is
lost. What a question means and takes is the daemon's to say (GET /queries); here is
only how an answer becomes a picture. A column has a title and a cell, which is made
of the row by a function of cells.js. What needs elements of a kind is not shown in
a cloud that has none. */

import { bar, count, element, gigabytes, gone, list, megabytes, moment, remaining, taken, text, times } from './cells.js';

const host = { title: 'host', cell: element('host', (row, cloud) => cloud.idOfHost(row.host)) };
const server = { title: 'server', cell: element('name', (row) => row.instance, 'instance') };
const project = { title: 'project', cell: element('project', (row) => `project/${row.project}`) };
const group = { title: 'group', cell: element('name', (row) => row.group, 'group') };
const flavor = { title: 'flavor', cell: element('flavor', (row) => `flavor/${row.flavor}`) };
const zone = (title, name) => ({ title, cell: element(name, (row) => `zone/${row[name]}`) });
const instances = { title: 'servers', cell: list('instances', (uuid) => uuid), isList: true };
const volume = { title: 'volume', cell: element('name', (row) => row.volume, 'volume') };
/* Pools of a back end differ in how their names end: these are never cut off. */
const pool = { title: 'pool', cell: element('pool', (row) => `pool/${row.pool}`), isName: true };
const backend = { title: 'back end', cell: element('backend', (row) => `storage/${row.backend}`), isName: true };
const machine = { title: 'machine', cell: element('name', (row) => `machine/${row.machine}`, 'machine') };
const chassis = { title: 'chassis', cell: element('description', (row) => row.chassis, 'chassis') };
const sized = (title, name) => ({ title, cell: gigabytes(name), isNumber: true });
const projects = { title: 'Projects', cell: list('project_ids', (id) => `project/${id}`), isList: true };
const groups = { title: 'Server groups', cell: list('group_ids', (id) => id), isList: true };
const counted = (title, name = title) => ({ title, cell: count(name), isNumber: true });

/* Of what servers run on. */
const LOSS = [
  counted('hosts'), counted('servers', 'instances'), counted('vCPUs', 'vcpus'), { title: 'memory', cell: megabytes('memory_mb') },
  counted('projects'), counted('groups', 'server_groups'), counted('groups lost', 'groups_lost'), projects, groups,
];

/* What a cloud without such elements is told, instead of panels. */
export const ABSENT = {
  StorageNode: 'There is no block storage in this model; it is read where [collector] collectors names cinder.',
  BaremetalNode: 'There are no bare machines in this model; they are read where [collector] collectors names ironic.',
};

export const SECTIONS = [
  { title: 'Room for more', panels: [
    { id: 'room', question: 'flavor-capacity', fields: ['cpu_ratio', 'ram_ratio'], none: 'There are no flavors.', columns: [
      flavor,
      { title: 'fit', cell: bar('fits', 'fits_if_pooled'), isBar: true },
      counted('on hosts', 'hosts'),
      counted('at most on one', 'most_on_one'),
      counted('lost', 'lost'),
      { title: 'where', cell: null, opens: { panel: 'where', field: 'flavor', name: 'flavor' } },
    ] },
    { id: 'where', question: 'flavor-capacity-by-host', fields: ['flavor', 'cpu_ratio', 'ram_ratio'],
      none: 'It fits nowhere.', columns: [
        host,
        { title: 'fit', cell: bar('fits'), isBar: true },
        counted('free vCPUs', 'vcpus_free'),
        { title: 'free memory', cell: megabytes('memory_free_mb'), isNumber: true },
      ] },
  ] },
  { title: 'If something fails', panels: [
    { id: 'loss', fields: [], isFigures: true, none: 'There is nothing of that name.',
      questions: { host: 'blast-radius', zone: 'blast-radius-of-zone', aggregate: 'blast-radius-of-aggregate' },
      columns: LOSS },
  ] },
  { title: 'Rules that are broken', panels: [
    { id: 'apart', question: 'anti-affinity-violations', none: 'None.', columns: [group, host, counted('has', 'count'), counted('may have', 'allowed'), instances] },
    { id: 'together', question: 'affinity-violations', none: 'None.', columns: [
      group, counted('servers', 'instances'), { title: 'hosts', cell: list('hosts', (name, cloud) => cloud.idOfHost(name)), isList: true },
    ] },
    { id: 'zones', question: 'zone-violations', none: 'None.', columns: [server, zone('pinned to', 'pinned_zone'), zone('is in', 'zone'), host] },
  ] },
  { title: 'Orphans and placeholders', panels: [
    { id: 'orphans', question: 'instances-on-unknown-hosts', none: 'None.', columns: [server, { title: 'hypervisor', cell: text('node') }, { title: 'host', cell: text('service_host') }, project] },
    { id: 'placeholders', question: 'placeholders', none: 'None.', columns: [server, { title: 'relation', cell: text('relation') }, { title: 'to', cell: text('reference') }] },
    { id: 'nowhere', question: 'instances-without-host', fields: ['shelved'], none: 'None.', columns: [
      server, { title: 'state', cell: text('vm_state') }, { title: 'task', cell: text('task_state') }, { title: 'since', cell: moment('created_at') },
    ] },
  ] },
  { title: 'Hosts and projects', panels: [
    { id: 'overcommitted', question: 'overcommitted-hosts', fields: ['cpu_ratio', 'ram_ratio', 'disk_ratio'], none: 'None.', columns: [
      host, { title: 'vCPUs', cell: taken('vcpus_taken', 'vcpus_limit'), isNumber: true },
      { title: 'memory', cell: taken('memory_taken_mb', 'memory_limit_mb', megabytes), isNumber: true },
      { title: 'disk, GiB', cell: taken('disk_taken_gb', 'disk_limit_gb'), isNumber: true },
    ] },
    { id: 'empty', question: 'empty-hosts', none: 'None.', columns: [
      host, zone('zone', 'zone'), { title: 'status', cell: text('status') }, counted('vCPUs', 'vcpus'), { title: 'memory', cell: megabytes('memory_mb'), isNumber: true },
    ] },
    { id: 'noisy', question: 'noisiest-projects', fields: ['limit'], none: 'No project has servers.', columns: [
      project, { title: 'servers', cell: bar('instances'), isBar: true }, counted('vCPUs', 'vcpus'), { title: 'memory', cell: megabytes('memory_mb'), isNumber: true },
    ] },
  ] },
  { title: 'Room in storage', needs: 'StorageNode', panels: [
    { id: 'pools', question: 'pools-by-free-capacity', fields: ['least_first', 'unavailable'], begin: { least_first: 'true' },
      none: 'No back end that is enabled and up has a pool.', columns: [
        pool,
        { title: 'taken', cell: gone('free_gb', 'total_gb'), isBar: true },
        sized('free', 'free_gb'),
        { title: 'may be promised', cell: remaining('virtual_free_gb'), isNumber: true },
      ] },
    { id: 'overpromised', question: 'oversubscribed-pools', fields: ['ratio'], none: 'None.', columns: [
      pool, { title: 'promised', cell: taken('times_promised', 'times_allowed', times), isNumber: true },
      sized('free', 'free_gb'), { title: 'may be promised', cell: remaining('virtual_free_gb'), isNumber: true },
    ] },
    { id: 'backends', question: 'unavailable-backends', none: 'None.', columns: [
      backend, { title: 'state', cell: text('state') }, { title: 'status', cell: text('status') },
      { title: 'reason', cell: text('reason') }, counted('volumes'), sized('size', 'volumes_gb'),
    ] },
    { id: 'storage-loss', fields: [], isFigures: true, none: 'There is nothing of that name.',
      questions: { 'back end': 'blast-radius-of-backend', pool: 'blast-radius-of-pool' },
      columns: [
        counted('volumes'), sized('size', 'volumes_gb'), counted('snapshots'), counted('projects'), counted('servers', 'instances'),
        projects, { title: 'Servers', cell: list('instance_ids', (uuid) => uuid), isList: true },
      ] },
  ] },
  { title: 'Volumes', needs: 'StorageNode', panels: [
    { id: 'unattached', question: 'unattached-volumes', fields: ['before'], none: 'None.', columns: [
      volume, sized('size', 'size_gb'), counted('snapshots'), project, { title: 'since', cell: moment('updated_at') },
    ] },
    { id: 'failed', question: 'volumes-in-error', none: 'None.', columns: [
      volume, { title: 'status', cell: text('status') }, counted('servers', 'instances'), pool, { title: 'since', cell: moment('updated_at') },
    ] },
    { id: 'under-way', question: 'volumes-in-transition', fields: ['reserved'], none: 'None.', columns: [
      volume, { title: 'status', cell: text('status') }, { title: 'migration', cell: text('migration_status') },
      { title: 'since', cell: moment('updated_at') },
    ] },
    { id: 'drift', question: 'attachment-drift', none: 'None.', columns: [
      volume, { title: 'status', cell: text('status') }, { title: 'server', cell: element('instance', (row) => row.instance) },
      { title: 'only said by', cell: text('said_by') },
    ] },
    { id: 'snapshots', question: 'snapshots-by-volume', none: 'No volume has a snapshot.', columns: [
      volume, { title: 'snapshots', cell: bar('snapshots'), isBar: true }, sized('size', 'snapshots_gb'), counted('in error', 'in_error'),
      { title: 'oldest', cell: moment('oldest') },
    ] },
    { id: 'types', question: 'volume-type-usage', none: 'There are no types.', columns: [
      { title: 'type', cell: text('volume_type') }, { title: 'volumes', cell: bar('volumes'), isBar: true }, sized('size', 'volumes_gb'),
      counted('unattached'), sized('their size', 'unattached_gb'),
    ] },
    { id: 'owners', question: 'projects-by-volume-space', fields: ['limit'], none: 'No project has volumes.', columns: [
      project, { title: 'GiB', cell: bar('volumes_gb'), isBar: true }, counted('volumes'), counted('unattached'), counted('snapshots'),
    ] },
  ] },
  { title: 'Bare metal', needs: 'BaremetalNode', panels: [
    { id: 'machines', question: 'unavailable-machines', none: 'None.', columns: [
      machine, { title: 'state', cell: text('provision_state') }, { title: 'fault', cell: text('fault') },
      { title: 'reason', cell: text('reason') }, counted('servers', 'instances'),
    ] },
    { id: 'chassis', needs: 'Chassis', question: 'hosts-by-chassis', none: 'None.', columns: [
      chassis, counted('machines'), counted('free'), counted('in maintenance', 'in_maintenance'), counted('with fault', 'with_fault'),
      counted('servers', 'instances'),
    ] },
    { id: 'chassis-loss', needs: 'Chassis', question: 'blast-radius-of-chassis', isFigures: true, none: 'There is nothing of that name.', columns: LOSS },
  ] },
];
