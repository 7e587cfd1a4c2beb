import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { operations } from '../../../functions/http/index.ts';
import { buildOpenApi, documentedRequests } from '../../../functions/openapi/build-openapi.ts';
import { renderDocs } from '../../../functions/openapi/render-docs.ts';

const document = buildOpenApi(operations, '1.2.3');
const { html, contentSecurityPolicy } = renderDocs(document);

describe('the documentation page', () => {
  test('shows every operation and every schema, each under its own anchor', () => {
    const ids = [...html.matchAll(/ id="([^"]+)"/g)].map((match) => match[1]);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(expect.arrayContaining(documentedRequests(operations).map(({ id }) => id)));
    expect(ids).toEqual(expect.arrayContaining(Object.keys(document.components.schemas).map((name) => `schema-${name}`)));
  });

  test('says what it is about before its list of operations, which a narrow window shows above everything else', () => {
    const places = ['<h1>', '<nav', '<main'].map((part) => html.indexOf(part));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });

  test('links only to places that are there', () => {
    const targets = [...html.matchAll(/href="#([^"]+)"/g)].map((match) => match[1]);
    expect(targets.filter((target) => !html.includes(` id="${target}"`))).toEqual([]);
  });

  test('needs no script and nothing from outside, and its policy allows nothing but its own style', () => {
    const style = /<style>(.*?)<\/style>/s.exec(html)?.[1] ?? '';
    expect(html).not.toMatch(/<script|<link|<img|style="|https?:\/\//);
    expect(contentSecurityPolicy).toContain(`style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`);
    expect(contentSecurityPolicy).toContain("default-src 'none'");
  });

  test('shows markup in texts as text', () => {
    const summary = '<img src=x onerror=alert(1)> `<b>`';
    const page = renderDocs({ ...document, info: { ...document.info, summary } });
    expect(page.html).not.toContain('<img');
    expect(page.html).toContain('&lt;img');
  });
});
