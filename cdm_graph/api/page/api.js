/* What the page asks of the daemon.

An answer that is no success is thrown as a Refusal, with the sentence that
the daemon has said; a daemon that cannot be reached is one too, without a
status. Nothing waits for ever. */

import { wantToken } from './token.js';

const PATIENCE = 20000;

export class Refusal extends Error {
  constructor(sentence, status) {
    super(sentence);
    this.status = status;
  }

  get isAway() {
    return this.status === undefined;
  }
}

export const freshness = () => ask('freshness', {}, {}, 4000);
export const map = () => ask('map', {}, {}, 60000);
export const element = (id) => ask(`elements/${id.split('/').map(encodeURIComponent).join('/')}`);
export const graph = (root, limit) => ask('graph', { root, depth: 1, limit });
export const history = (id) => ask('history', { element: id, limit: 200 });
export const elements = (kind, limit = 500) => ask('elements', { kind, limit });
export const questions = () => ask('queries');

/* Elements by a text. Projects come first: the servers of one have its id too, and
   there are more of these. */
export async function search(text, signal) {
  const [projects, all] = await Promise.all([
    ask('elements', { text, kind: 'Project', limit: 3 }, { signal }), ask('elements', { text, limit: 25 }, { signal }),
  ]);
  const known = new Set(projects.elements.map(({ id }) => id));
  const others = all.elements.filter(({ id }) => !known.has(id));
  return { elements: [...projects.elements, ...others], has_more: all.has_more };
}

export function query(text, parameters) {
  const body = JSON.stringify({ text, parameters });
  const headers = { 'Content-Type': 'application/json' };
  return ask('query', {}, { method: 'POST', body, headers }, 120000);
}

async function ask(path, parameters = {}, options = {}, patience = PATIENCE) {
  const given = new URLSearchParams(parameters).toString();
  const timeout = AbortSignal.timeout(patience);
  const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
  let answer;
  try {
    answer = await fetch(given ? `${path}?${given}` : path, { ...options, signal });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new Refusal('The daemon does not answer.');
  }
  return read(answer);
}

async function read(answer) {
  let document;
  try {
    document = await answer.json();
  } catch {
    throw new Refusal('The daemon did not finish its answer.');
  }
  if (answer.status === 401) wantToken(document.error);
  if (!answer.ok) throw new Refusal(document.error ?? answer.statusText, answer.status);
  return document;
}

/* What the API is like, and an element of each kind. */
export async function schema() {
  const description = await ask('openapi.json');
  const kinds = description.components.schemas.Kind.enum;
  const some = await Promise.all(kinds.map((kind) => elements(kind, 1)));
  return { description, elements: some.flatMap((answer) => answer.elements) };
}
