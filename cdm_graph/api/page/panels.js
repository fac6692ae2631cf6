/* Which answers the capacity tab has, and what is shown of each.

A panel asks a curated question; the one on a loss has three, by the kind of place.
What a question means and takes is the daemon's to say (GET /queries); here is only
how an answer becomes a picture. A column has a title and a cell, which is made of
the row by a function of cells.js. */

import { bar, count, element, list, megabytes, moment, taken, text } from './cells.js';

const host = { title: 'host', cell: element('host', (row, cloud) => cloud.idOfHost(row.host)) };
const server = { title: 'server', cell: element('name', (row) => row.instance) };
const project = { title: 'project', cell: element('project', (row) => `project/${row.project}`) };
const group = { title: 'group', cell: element('name', (row) => row.group) };
const flavor = { title: 'flavor', cell: element('flavor', (row) => `flavor/${row.flavor}`) };
const zone = (title, name) => ({ title, cell: element(name, (row) => `zone/${row[name]}`) });
const instances = { title: 'servers', cell: list('instances', (uuid) => uuid), isList: true };
const counted = (title, name = title) => ({ title, cell: count(name), isNumber: true });

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
      columns: [
        counted('hosts'), counted('servers', 'instances'), counted('vCPUs', 'vcpus'),
        { title: 'memory', cell: megabytes('memory_mb') }, counted('projects'), counted('groups', 'server_groups'),
        counted('groups lost', 'groups_lost'),
        { title: 'Projects', cell: list('project_ids', (id) => `project/${id}`), isList: true },
        { title: 'Server groups', cell: list('group_ids', (id) => id), isList: true },
      ] },
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
];
