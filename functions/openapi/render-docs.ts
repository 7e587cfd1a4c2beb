/**
 * The OpenAPI document as one web page: no script, no outside asset, readable without style. The style is inline and allowed by its hash, so
 * the page works under a policy that forbids everything else.
 */
import { createHash } from 'node:crypto';
import { stringify } from 'yaml';
import { docsStyle } from './docs-style.ts';
import { escapeHtml, inline, prose } from './html.ts';
import type { MediaTypeObject, OpenApiDocument, OperationObject, ParameterObject, ResponseObject } from './open-api-document.ts';
import { schemaBlock, typeName } from './render-schema.ts';

export interface Page {
  html: string;
  contentSecurityPolicy: string;
}

interface Endpoint {
  method: string;
  path: string;
  operation: OperationObject;
}

function endpointsOf(document: OpenApiDocument, tag: string): Endpoint[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, operation]) => operation.tags.includes(tag))
      .map(([method, operation]) => ({ method, path, operation })),
  );
}

const scroll = (label: string, table: string): string =>
  `<div class="scroll" role="group" tabindex="0" aria-label="${escapeHtml(label)}">${table}</div>`;

function parameterTable(parameters: readonly ParameterObject[]): string {
  const rows = parameters.map(({ name, in: place, required, description, schema }) => {
    const must = required ? ' <span class="must">required</span>' : '';
    const about = description === undefined ? '' : `<div>${inline(description)}</div>`;
    return `<tr><th scope="row"><code>${escapeHtml(name)}</code>${must}</th><td>${place}</td><td><span class="type">${typeName(schema)}</span>${about}</td></tr>`;
  });
  return `<table><thead><tr><th scope="col">Name</th><th scope="col">In</th><th scope="col">Value</th></tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

function contentBlock(content: Record<string, MediaTypeObject>): string {
  return Object.entries(content)
    .map(([mediaType, { schema, example, 'x-line-schema': line }]) => {
      const text = typeof example === 'string' ? example : stringify(example);
      const shown = example === undefined ? '' : `<pre tabindex="0"><code>${escapeHtml(text)}</code></pre>`;
      const fields = line ? schemaBlock(line) : schema ? schemaBlock(schema) : '';
      const each = line ? ', each line:' : '';
      return `<p><code>${escapeHtml(mediaType)}</code>${each}</p>${scroll(mediaType, fields)}${shown}`;
    })
    .join('');
}

function responseRow([status, response]: [string, ResponseObject]): string {
  const isBad = Number(status) >= 400;
  const content = Object.entries(response.content ?? {}).map(
    ([mediaType, { schema, 'x-line-schema': line = schema }]) =>
      `<code>${escapeHtml(mediaType)}</code>${line ? ` <span class="type">${typeName(line)}</span>` : ''}`,
  );
  const shown = isBad ? '' : `<div>${content.join('<br>')}</div>`;
  return `<tr${isBad ? ' class="bad"' : ''}><th scope="row">${status}</th><td>${inline(response.description)}${shown}</td></tr>`;
}

function responseTable(responses: OperationObject['responses']): string {
  const all = Object.entries(responses);
  const table = (rows: [string, ResponseObject][]): string =>
    `<table><thead><tr><th scope="col">Status</th><th scope="col">Meaning</th></tr></thead><tbody>${rows.map(responseRow).join('')}</tbody></table>`;
  const good = all.filter(([status]) => Number(status) < 400);
  const bad = all.filter(([status]) => Number(status) >= 400);
  return `${scroll('Answers', table(good))}<details><summary>${bad.length} kinds of error</summary>${scroll('Errors', table(bad))}</details>`;
}

function endpointCard({ method, path, operation }: Endpoint): string {
  const { operationId, summary, description, parameters, requestBody, responses } = operation;
  const parts = [
    `<h3>${inline(summary)}</h3>`,
    `<p class="route"><span class="method ${method}">${method.toUpperCase()}</span> <span>${escapeHtml(path)}</span></p>`,
    description === undefined ? '' : prose(description),
    parameters ? `<h4>Parameters</h4>${scroll('Parameters', parameterTable(parameters))}` : '',
    requestBody ? `<h4>Body${requestBody.required ? '' : ' (optional)'}</h4>${contentBlock(requestBody.content)}` : '',
    `<h4>Answers</h4>${responseTable(responses)}`,
  ];
  return `<article id="${escapeHtml(operationId)}">${parts.join('\n')}</article>`;
}

function schemaCard([name, schema]: [string, OpenApiDocument['components']['schemas'][string]]): string {
  const about = typeof schema['description'] === 'string' ? prose(schema['description']) : '';
  return `<article id="schema-${escapeHtml(name)}"><h3><code>${escapeHtml(name)}</code></h3>${about}${scroll(name, schemaBlock(schema))}</article>`;
}

function navigation(document: OpenApiDocument): string {
  const groups = document.tags.map(({ name }) => {
    const links = endpointsOf(document, name).map(
      ({ operation }) => `<li><a href="#${escapeHtml(operation.operationId)}">${inline(operation.summary)}</a></li>`,
    );
    return `<h2>${escapeHtml(name)}</h2><ul>${links.join('')}</ul>`;
  });
  const schemas = Object.keys(document.components.schemas).map(
    (name) => `<li><a href="#schema-${escapeHtml(name)}">${escapeHtml(name)}</a></li>`,
  );
  return `<nav aria-label="Operations">${groups.join('')}<h2>Schemas</h2><ul>${schemas.join('')}</ul></nav>`;
}

function header({ info: { title, version, summary, description }, openapi }: OpenApiDocument): string {
  return `<header><h1>${escapeHtml(title)}</h1><p class="version">${escapeHtml(summary)} · version ${escapeHtml(version)} · <a href="/openapi.json">OpenAPI ${openapi}</a></p>
${prose(description)}</header>`;
}

function content(document: OpenApiDocument): string {
  const groups = document.tags.map(
    (tag) =>
      `<section><h2>${escapeHtml(tag.name)}</h2><p>${inline(tag.description)}</p>${endpointsOf(document, tag.name).map(endpointCard).join('\n')}</section>`,
  );
  const schemas = Object.entries(document.components.schemas).map(schemaCard).join('\n');
  return `<main id="content">${groups.join('\n')}
<section><h2>Schemas</h2><p>The shapes that several operations share.</p>${schemas}</section></main>`;
}

export function renderDocs(document: OpenApiDocument): Page {
  const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(document.info.title)} API</title><style>${docsStyle}</style></head>
<body><a class="skip" href="#content">Skip to the content</a><div class="page">${header(document)}${navigation(document)}${content(document)}</div></body></html>
`;
  const styleHash = createHash('sha256').update(docsStyle).digest('base64');
  return {
    html,
    contentSecurityPolicy: `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  };
}
