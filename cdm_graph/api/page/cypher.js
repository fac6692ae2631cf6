/* What the page knows of Cypher: to colour a statement, and to complete it.

It is no parser. The database has one, and says what is wrong and where. */

export const KEYWORDS = [
  'MATCH', 'OPTIONAL MATCH', 'WHERE', 'RETURN', 'WITH', 'UNWIND', 'ORDER BY', 'LIMIT', 'SKIP', 'DISTINCT', 'AS', 'AND', 'OR',
  'NOT', 'IN', 'IS NULL', 'IS NOT NULL', 'STARTS WITH', 'ENDS WITH', 'CONTAINS', 'CASE', 'WHEN', 'THEN', 'ELSE', 'END', 'DESC',
  'UNION', 'EXISTS', 'true', 'false', 'null',
];
const FUNCTIONS = ['count', 'collect', 'sum', 'avg', 'min', 'max', 'size', 'labels', 'type', 'coalesce', 'toLower', 'datetime', 'shortestPath', 'nodes', 'relationships'];
const WORDS = new Set(KEYWORDS.flatMap((keyword) => keyword.toUpperCase().split(' ')));

const TOKENS = [
  ['comment', /\/\/[^\n]*|\/\*[^]*?(?:\*\/|$)/y],
  ['string', /'(?:\\.|[^'\\])*'?|"(?:\\.|[^"\\])*"?/y],
  ['label', /:\s*[A-Za-z_]\w*(?:\|:?\w+)*/y],
  ['parameter', /\$\w+/y],
  ['number', /\b\d+(?:\.\d+)?\b/y],
  ['word', /[A-Za-z_]\w*/y],
  ['plain', /[^]/y],
];

/* Return the parts of a statement as [kind, text]. */
export function tokens(text) {
  const found = [];
  for (let at = 0; at < text.length;) {
    const [kind, part] = tokenAt(text, at);
    const named = kind === 'word' && WORDS.has(part.toUpperCase()) ? 'keyword' : kind;
    found.push([named, part]);
    at += part.length;
  }
  return found;
}

function tokenAt(text, at) {
  for (const [kind, pattern] of TOKENS) {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found) return [kind, found[0]];
  }
  return ['plain', text[at]];
}

/* Return what may stand at the end of a text: {from, options}. Labels and types
   follow a colon, properties a dot. */
export function completions(text, schema) {
  const [, before, word] = /(^|[^\w])(\w*)$/.exec(text);
  const from = text.length - word.length;
  const options = poolOf(text.slice(0, from), before, schema)
    .filter((option) => option.toLowerCase().startsWith(word.toLowerCase()) && option !== word);
  return { from, options: options.slice(0, 12) };
}

function poolOf(text, before, { labels, relations, properties }) {
  if (before === '.') return properties;
  if (before === ':' || before === '|') return isInRelation(text) ? relations : labels;
  if (before === '{' || /\{[^}]*,\s*$/.test(text)) return properties;
  return [...KEYWORDS, ...FUNCTIONS];
}

/* Whether a bracket of a relation is open: [r:TYPE] */
const isInRelation = (text) => text.lastIndexOf('[') > Math.max(text.lastIndexOf(']'), text.lastIndexOf('('));

/* Read the schema from the description of the API, and from an element of each
   kind: whatever the daemon serves, the page completes. */
export function schemaOf(description, elements) {
  const { Kind, Relation } = description.components.schemas;
  const properties = new Set(['region']);
  for (const element of elements) Object.keys(element).forEach((name) => name !== 'label' && name !== 'kind' && properties.add(name));
  return { labels: Kind.enum, relations: Relation.enum, properties: [...properties].toSorted() };
}
