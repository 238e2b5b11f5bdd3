// Draws /openapi.json for people. Everything is set as text, so the document cannot run here.

/** @param {string} name @param {Record<string, string>} attributes @param {...(Node|string)} children */
function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** Text in which `code` is marked as Markdown does. @param {string} text */
function prose(text) {
  return text.split('`').map((piece, index) => (index % 2 ? element('code', {}, piece) : piece));
}

/** Every schema a schema refers to, by name, so that a reader needs no second page. */
function referred(schema, schemas, found = {}) {
  for (const match of JSON.stringify(schema).matchAll(/#\/components\/schemas\/([\w.-]+)/g)) {
    const name = match[1];
    if (name in found || !(name in schemas)) continue;
    found[name] = schemas[name];
    referred(schemas[name], schemas, found);
  }
  return found;
}

function schemaView(label, schema, schemas) {
  const text = JSON.stringify({ ...schema, ...nonEmpty('where', referred(schema, schemas)) }, null, 2);
  return element('details', {}, element('summary', {}, label), element('pre', {}, text));
}

function nonEmpty(name, value) {
  return Object.keys(value).length ? { [name]: value } : {};
}

function rows(pairs) {
  const drawn = pairs.map(([name, text]) =>
    element('tr', {}, element('td', {}, name), element('td', {}, ...prose(text))));
  return element('table', {}, element('tbody', {}, ...drawn));
}

function parametersView(parameters) {
  const shown = parameters.map((p) =>
    [p.name, `${p.in}${p.required ? ', required' : ''}. ${p.description ?? p.schema?.description ?? ''}`]);
  return shown.length ? [element('h3', {}, 'Parameters'), rows(shown)] : [];
}

function bodyView(body, schemas) {
  const kinds = Object.entries(body?.content ?? {});
  return kinds.length
    ? [element('h3', {}, 'Body'), ...kinds.map(([type, { schema }]) => schemaView(type, schema, schemas))]
    : [];
}

function answersView(responses, components) {
  const whole = Object.entries(responses).map(([status, answer]) => {
    const name = answer.$ref?.split('/').pop();
    return [status, name ? components.responses[name] : answer];
  });
  const schemas = whole.flatMap(([status, answer]) =>
    Object.entries(answer.content ?? {})
      .filter(([type]) => type !== 'application/problem+json')
      .map(([type, { schema }]) => schemaView(`${status} ${type}`, schema, components.schemas)));
  return [element('h3', {}, 'Answers'), rows(whole.map(([s, a]) => [s, a.description])), ...schemas];
}

/** @param {string} name such as `submit_job` */
function spoken(name) {
  const words = name.replaceAll('_', ' ');
  return words[0].toUpperCase() + words.slice(1);
}

function operationView(method, path, operation, shared, components) {
  return element('section', { id: operation.operationId },
    element('h2', {}, element('span', { class: 'method' }, method.toUpperCase()), path),
    element('p', {}, ...prose(`${operation.summary}.`)),
    element('p', { class: 'note' }, ...prose(operation.description ?? '')),
    ...parametersView([...shared, ...(operation.parameters ?? [])]),
    ...bodyView(operation.requestBody, components.schemas),
    ...answersView(operation.responses, components));
}

function draw(api) {
  document.querySelector('#title').textContent = `${api.info.title} API ${api.info.version}`;
  document.querySelector('#intro').replaceChildren(...prose(api.info.description));
  const index = document.querySelector('#index');
  const list = document.querySelector('#operations');
  let tag = '';
  for (const [path, item] of Object.entries(api.paths)) {
    const { parameters = [], ...operations } = item;
    for (const [method, operation] of Object.entries(operations)) {
      if (operation.tags[0] !== tag) index.append(element('h2', {}, (tag = operation.tags[0])));
      index.append(element('a', { href: `#${operation.operationId}` }, spoken(operation.operationId)));
      list.append(operationView(method, path, operation, parameters, api.components));
    }
  }
  document.querySelector(location.hash || 'body')?.scrollIntoView();
}

try {
  const answer = await fetch('/openapi.json');
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  draw(await answer.json());
} catch (error) {
  document.querySelector('#intro').textContent = `The document could not be loaded: ${error.message}`;
}
