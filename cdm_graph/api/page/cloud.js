/* The cloud as the page knows it: hosts, and servers in columns.

A hundred thousand objects would cost a hundred megabytes and their turns of the
garbage collector, so a server is a number: its place in typed arrays. A place
that became free is used again. Each host keeps the list of its servers; where a
server is in that list is where its tile is, and it stays there while it can.

The model applies changes as the feed tells them. What changes the frame, hosts
that come and go, it does not follow: it says so, and the caller reads the map
anew. */

const SPARE = 1024;
const NOWHERE = -1;

/* Names by their place, and their places by name. */
class Names {
  constructor(names = []) {
    this.list = [...names];
    this.places = new Map(this.list.map((name, place) => [name, place]));
  }

  place(name) {
    let place = this.places.get(name);
    if (place === undefined) {
      place = this.list.push(name) - 1;
      this.places.set(name, place);
    }
    return place;
  }
}

export class Cloud {
  constructor(document) {
    this.sequence = document.sequence;
    this.zones = new Names(document.zones);
    this.aggregates = document.aggregates;
    this.aggregateById = new Map(document.aggregates.map(({ id }, place) => [id, place]));
    this.projects = new Names(document.projects);
    this.states = new Names(document.states);
    /* The last host is none: what is nowhere is shown there. */
    this.hosts = [...document.hosts, nowhere()];
    this.hostById = new Map(document.hosts.map((host, place) => [host.id, place]));
    this.hostByName = new Map(document.hosts.map((host, place) => [host.name, place]));
    this.domain = domainOf(document.hosts);
    this.#fill(document.instances);
    this.fullLoad = this.#fullLoad();
  }

  get nowhere() {
    return this.hosts.length - 1;
  }

  get count() {
    return this.places.size;
  }

  /* Apply a change; return what it did, or null where nothing is to be seen:
     {kind: created|deleted|moved|changed|frame|host|regrouped, place, host, from} */
  apply(row) {
    this.sequence = row.sequence;
    if (row.kind === 'Instance') return this.#applyToInstance(row);
    if (row.kind === 'ComputeNode') return this.#applyToHost(row);
    if (row.kind === 'HostAggregate') return this.#applyToAggregate(row);
    return null;
  }

  /* The names of the zones that hosts are in. */
  zoneNames() {
    const used = new Set(this.hosts.map(({ zone }) => zone));
    return this.zones.list.filter((_, place) => used.has(place));
  }

  /* The vertex of a host; its name, where it is not known. */
  idOfHost(name) {
    return this.hosts[this.hostByName.get(name)]?.id ?? name;
  }

  /* The name of a host without the domain that all hosts are in. */
  shortName(host) {
    const { name } = this.hosts[host];
    return this.domain && name.endsWith(this.domain) ? name.slice(0, -this.domain.length) : name;
  }

  loadOf(host) {
    const { vcpus, memory_mb: memory } = this.hosts[host];
    const ofVcpus = vcpus ? this.usedVcpus[host] / vcpus : 0;
    const ofMemory = memory ? this.usedMemory[host] / memory : 0;
    return Math.max(ofVcpus, ofMemory);
  }

  /* The end of the scale of loads: at least all of a host, and where more is
     promised than there is, as much. It stays until the map is read anew, since
     colours that move while nothing does would be read as news. */
  #fullLoad() {
    const loads = this.hosts.slice(0, -1).map((_, host) => this.loadOf(host));
    return Math.max(1, Math.ceil(loads.reduce((most, load) => Math.max(most, load), 0) * 2) / 2);
  }

  /* -- filling -- */

  #fill(columns) {
    const count = columns.id.length;
    this.#allocate(count + SPARE);
    this.ids = [...columns.id];
    this.names = [...columns.name];
    this.places = new Map(columns.id.map((id, place) => [id, place]));
    this.free = [];
    this.members = this.hosts.map(() => []);
    this.usedVcpus = new Float64Array(this.hosts.length);
    this.usedMemory = new Float64Array(this.hosts.length);
    for (let place = 0; place < count; place++) {
      this.state[place] = columns.state[place];
      this.project[place] = columns.project[place];
      this.vcpus[place] = columns.vcpus[place];
      this.memory[place] = columns.memory_mb[place];
      this.created[place] = columns.created[place] ?? NaN;
      const host = columns.host[place];
      this.host[place] = host === NOWHERE ? this.nowhere : host;
      this.members[this.host[place]].push(place);
    }
    this.members.forEach((members, host) => this.#settle(members, host));
  }

  #allocate(capacity) {
    this.capacity = capacity;
    for (const [name, type] of Object.entries(COLUMNS)) {
      const column = new type(capacity);
      if (this[name]) column.set(this[name]);
      this[name] = column;
    }
  }

  /* Order the servers of a host, so that each list gives the same picture. */
  #settle(members, host) {
    members.sort((one, other) => this.created[one] - this.created[other] || (this.ids[one] < this.ids[other] ? -1 : 1));
    members.forEach((place, slot) => {
      this.slot[place] = slot;
      this.usedVcpus[host] += this.vcpus[place];
      this.usedMemory[host] += this.memory[place];
    });
  }

  /* -- changes -- */

  #applyToInstance(row) {
    const place = this.places.get(row.id);
    if (row.what === 'deleted') return place === undefined ? null : this.#remove(place);
    if (place === undefined) return row.what === 'created' ? this.#create(row) : null;
    const from = this.host[place];
    const host = this.#hostAfter(row, from);
    this.#leave(place);
    this.#read(place, row.changed);
    this.#enter(place, host, host === from ? this.slot[place] : undefined);
    if (host !== from) return { kind: 'moved', place, host, from };
    return row.what === 'changed' ? { kind: 'changed', place, host, from } : null;
  }

  #create(row) {
    if (this.places.size + this.free.length >= this.capacity) this.#allocate(this.capacity * 2);
    const place = this.free.pop() ?? this.ids.length;
    this.ids[place] = row.id;
    this.names[place] = row.name;
    this.places.set(row.id, place);
    this.state[place] = this.states.place('');
    this.project[place] = this.projects.place('');
    this.vcpus[place] = this.memory[place] = 0;
    this.created[place] = NaN;
    this.#read(place, row.changed);
    const host = this.#hostAfter(row, this.nowhere);
    this.#enter(place, host);
    return { kind: 'created', place, host, from: host };
  }

  #remove(place) {
    const host = this.host[place];
    const slot = this.slot[place];
    const gone = { id: this.ids[place], name: this.names[place] };
    this.#leave(place);
    this.#closeGap(host, slot);
    this.places.delete(this.ids[place]);
    this.ids[place] = this.names[place] = '';
    this.free.push(place);
    return { kind: 'deleted', place: NOWHERE, host, from: host, slot, gone };
  }

  #read(place, changed) {
    const take = (name, apply) => {
      if (changed[name]) apply(changed[name].after);
    };
    take('name', (name) => { this.names[place] = name ?? ''; });
    take('vm_state', (state) => { this.state[place] = this.states.place(state ?? ''); });
    take('project_id', (project) => { this.project[place] = this.projects.place(project ?? ''); });
    take('vcpus', (vcpus) => { this.vcpus[place] = vcpus ?? 0; });
    take('memory_mb', (memory) => { this.memory[place] = memory ?? 0; });
    take('created_at', (moment) => { this.created[place] = moment ? Date.parse(moment) / 1000 : NaN; });
  }

  /* A relation tells the host for sure; a hostname may have two. */
  #hostAfter(row, before) {
    const hosted = row.related.find((each) => each.relation === 'HOSTED_ON');
    if (hosted) return this.hostById.get(hosted.target) ?? this.nowhere;
    if (row.unrelated.some((each) => each.relation === 'HOSTED_ON')) return this.nowhere;
    if (!row.changed.node) return before;
    return this.hostByName.get(row.changed.node.after) ?? this.nowhere;
  }

  #leave(place) {
    const host = this.host[place];
    this.usedVcpus[host] -= this.vcpus[place];
    this.usedMemory[host] -= this.memory[place];
  }

  #enter(place, host, slot) {
    const members = this.members[host];
    if (slot === undefined) {
      const from = this.host[place];
      if (this.members[from][this.slot[place]] === place) this.#closeGap(from, this.slot[place]);
      slot = members.push(place) - 1;
    }
    this.host[place] = host;
    this.slot[place] = slot;
    this.usedVcpus[host] += this.vcpus[place];
    this.usedMemory[host] += this.memory[place];
  }

  /* The last tile takes the place of one that went: one tile moves, not all. */
  #closeGap(host, slot) {
    const members = this.members[host];
    const last = members.pop();
    if (slot < members.length) {
      members[slot] = last;
      this.slot[last] = slot;
    }
  }

  #applyToHost(row) {
    const host = this.hostById.get(row.id);
    if (host === undefined || row.what === 'deleted') return { kind: 'frame' };
    const shown = SHOWN_OF_HOSTS.filter((name) => row.changed[name]);
    for (const name of shown) this.hosts[host][name] = row.changed[name].after;
    if (this.#regroup(this.hosts[host], row)) return { kind: 'regrouped', place: NOWHERE, host, from: host };
    return shown.length ? { kind: 'host', place: NOWHERE, host, from: host } : null;
  }

  #regroup(host, { related, unrelated }) {
    const left = unrelated.filter(isOfFrame);
    const joined = related.filter(isOfFrame);
    for (const { relation, target } of left) {
      if (relation === 'IN_ZONE') host.zone = null;
      else host.aggregates = host.aggregates.filter((place) => this.aggregates[place].id !== target);
    }
    for (const { relation, target } of joined) {
      if (relation === 'IN_ZONE') host.zone = this.zones.place(target.slice(target.indexOf('/') + 1));
      else host.aggregates = [...new Set([...host.aggregates, this.#aggregate(target)])];
    }
    return left.length + joined.length > 0;
  }

  /* The place of an aggregate; the name of one that is new may come later. */
  #aggregate(id) {
    if (!this.aggregateById.has(id)) this.aggregateById.set(id, this.aggregates.push({ id, name: id }) - 1);
    return this.aggregateById.get(id);
  }

  #applyToAggregate({ id, what, name }) {
    if (what === 'deleted') return null;
    const aggregate = this.aggregates[this.#aggregate(id)];
    if (aggregate.name === name) return null;
    aggregate.name = name;
    return { kind: 'regrouped', place: NOWHERE, host: this.nowhere, from: this.nowhere };
  }
}

const SHOWN_OF_HOSTS = ['status', 'state', 'vcpus', 'memory_mb'];
const isOfFrame = ({ relation }) => relation === 'IN_ZONE' || relation === 'MEMBER_OF';

const COLUMNS = {
  host: Int32Array,
  slot: Int32Array,
  state: Uint16Array,
  project: Int32Array,
  vcpus: Int32Array,
  memory: Int32Array,
  created: Float64Array,
};

function domainOf(hosts) {
  const domains = new Set(hosts.map(({ name }) => (name.includes('.') ? name.slice(name.indexOf('.')) : '')));
  return domains.size === 1 ? [...domains][0] : '';
}

function nowhere() {
  return {
    id: null, name: 'on no host', service_host: null, zone: null, aggregates: [], vcpus: 0, memory_mb: 0,
    status: 'enabled', state: 'up', isNowhere: true,
  };
}
